#include "api/operation.h"
#include "base/text.h"
#include "services/iam/entities.h"
#include "services/iam/input.h"

/// The credential report: who has a password, keys and MFA, as CSV.
namespace cairn::iam {
namespace {

constexpr size_t kUsersMax = 10'000;

/// A document of each account: when the report was asked for.
std::string report_key(const api::Call& call) { return fmt::format("iam-report/{}", call.account.str()); }

std::string shown_time(const std::optional<Time>& time) {
  return time ? timestamps::iso8601(*time).substr(0, 19) + "+00:00" : std::string("N/A");
}

/// Two keys' columns each: active, last rotated, last used when, where, for what.
std::string key_columns(api::Call& call, const std::vector<std::string>& ids) {
  std::string columns;
  for (size_t i = 0; i < 2; ++i) {
    std::optional<identity::AccessKey> key;
    if (i < ids.size()) key = identity::find_access_key(*call.state, aws::AccessKeyId(ids[i]));
    columns += fmt::format(",{},{},N/A,N/A,N/A", key && key->active ? "true" : "false",
                           shown_time(key ? std::optional(key->created) : std::nullopt));
  }
  return columns;
}

/// Made anew at once; AWS makes one at most every four hours, and takes some seconds.
void generate(api::Call& call) {
  call.state->put(report_key(call), timestamps::iso8601(call.now));
  call.out = {{"State", "COMPLETE"}};
}

/// Differs from AWS: the report shows the account as it is when it is fetched, and does not say when passwords and keys were last used.
void get(api::Call& call) {
  const std::optional<std::string> generated = call.state->get(report_key(call));
  if (!generated) throw Error(kReportNotPresent, "No report exists. Call GenerateCredentialReport to generate a new report.");
  std::string csv =
      "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,password_next_rotation,mfa_active,"
      "access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,access_key_1_last_used_region,"
      "access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,access_key_2_last_used_date,"
      "access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,cert_1_last_rotated,cert_2_active,cert_2_last_rotated";
  constexpr std::string_view kNoCertificates = ",false,N/A,false,N/A";
  const std::optional<identity::Account> account = identity::find_account(*call.state, call.account);
  csv += fmt::format("\n<root_account>,arn:aws:iam::{}:root,{},not_supported,no_information,not_supported,not_supported,{}{}{}",
                     call.account.str(), shown_time(account ? std::optional(account->created) : std::nullopt),
                     account && !account->mfa_devices.empty() ? "true" : "false",
                     key_columns(call, account ? account->access_keys : std::vector<std::string>()), kNoCertificates);
  const std::string prefix = identity::entity_prefix(Kind::kUser, call.account);
  for (const state::Item& item : call.state->list(prefix, prefix, kUsersMax).items) {
    const Entity user = identity::decode_entity(Kind::kUser, call.account, item.value);
    const bool has_password = !user.password.empty();
    csv += fmt::format("\n{},{},{},{},{},{},N/A,{}{}{}", user.name, user.arn(), shown_time(user.created), has_password ? "true" : "false",
                       has_password ? "no_information" : "N/A", shown_time(user.password_created),
                       user.mfa_devices.empty() ? "false" : "true", key_columns(call, user.access_keys), kNoCertificates);
  }
  call.out = {{"Content", text::base64(csv)}, {"ReportFormat", "text/csv"}, {"GeneratedTime", *generated}};
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"GenerateCredentialReport", generate},
    {"GetCredentialReport", get, api::Runs::kPool},
});

}  // namespace
}  // namespace cairn::iam

namespace cairn::services {
extern const api::Family iam_credential_report;
const api::Family iam_credential_report{.service = "iam", .operations = iam::kOperations};
}  // namespace cairn::services
