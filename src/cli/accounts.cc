#include "cli/accounts.h"

#include <cstdio>

#include "cli/client.h"
#include "env/clock.h"

namespace cairn::cli {
namespace {

constexpr const char* kOwnerProfile = "owner";  // in the data directory's credentials file

int fail(std::string_view command, std::string_view message) {
  fmt::print(stderr, "cairn {}: {}\n", command, message);
  return kCouldNot;
}

Result<Json> call(const TargetOptions& options, std::string_view operation, const Json& input) {
  Result<Target> target = find_target(options, system_surroundings());
  if (!target) return tl::unexpected(target.error());
  Client client(std::move(*target), env::system_clock());
  Result<Json, CallFailure> answer = client.call("cairn", fmt::format("Cairn.{}", operation), input);
  if (!answer) return failure("{}", answer.error().message);
  return std::move(*answer);
}

}  // namespace

int create_account(const TargetOptions& options, const std::string& name) {
  const Result<Json> answer = call(options, "CreateAccount", {{"Name", name}});
  if (!answer) return fail("account create", answer.error().message);
  const std::string id = answer->at("Account").value("Id", "");
  fmt::print("{}\n", id);
  fmt::print(stderr, "Its root user's credentials: cairn root credentials --account {}\n", id);
  return kDone;
}

int list_accounts(const TargetOptions& options) {
  const Result<Json> answer = call(options, "ListAccounts", Json::object());
  if (!answer) return fail("account list", answer.error().message);
  for (const Json& account : answer->at("Accounts")) fmt::print("{}  {}\n", account.value("Id", ""), account.value("Name", ""));
  return kDone;
}

int root_credentials(RootCredentialsOptions options) {
  const Surroundings around = system_surroundings();
  options.target.data = data_directory(options.target, around);
  options.target.profile = kOwnerProfile;
  if (options.target.endpoint_url.empty()) {
    const std::optional<std::string> endpoint = endpoint_of_data(options.target.data, around);
    if (!endpoint) return fail("root credentials", fmt::format("no server has been started in {}; start it first", options.target.data));
    options.target.endpoint_url = *endpoint;
  }
  Json input = Json::object();
  if (!options.account.empty()) input["AccountId"] = options.account;
  if (options.replace) input["Replace"] = true;
  const Result<Json> answer = call(options.target, "CreateRootCredentials", input);
  if (!answer) return fail("root credentials", answer.error().message);
  const Json& made = answer->at("Credentials");
  fmt::print("[root-{}]\naws_access_key_id = {}\naws_secret_access_key = {}\n", made.value("AccountId", ""), made.value("AccessKeyId", ""),
             made.value("SecretAccessKey", ""));
  return kDone;
}

}  // namespace cairn::cli
