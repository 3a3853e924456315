#pragma once
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "aws/policy/context.h"
#include "services/ssm/name.h"

namespace cairn::ssm {

/// One version of a parameter. Texts that nobody set are empty.
struct Version {
  int64_t number = 1;
  std::string type;   // String, StringList, SecureString
  std::string value;  // a SecureString's: the ciphertext, base64
  std::string key;    // SecureString: as it was named
  std::string description, pattern;
  std::string data_type = "text";
  std::string tier = "Standard";
  std::string user;  // ARN of who put it
  Time modified;
  bool is_secure() const { return type == "SecureString"; }
};

/// A parameter with its newest version; the former ones are documents of their own.
struct Parameter : ParameterName {
  std::string id;
  Version now;
  std::map<std::string, std::string> tags;
};

constexpr size_t kVersionsMax = 100;        // of a parameter: the oldest goes
constexpr int64_t kParametersMax = 10'000;  // of an account in a region

std::string encode(const Parameter& parameter);
Parameter decode_parameter(const ParameterName& name, std::string_view document);

namespace documents {
std::string parameters_in(const aws::AccountId& account, const aws::Region& region);
std::string parameter(const ParameterName& name);
std::string versions_of(std::string_view id);
}  // namespace documents

std::optional<Parameter> find_parameter(state::Transaction& state, const ParameterName& name);
/// The same, by what a call names.
std::optional<Parameter> find_parameter(state::Transaction& state, const Named& named);
void put_parameter(state::Transaction& state, const Parameter& parameter);
/// Counts it. Throws ParameterLimitExceeded.
void add_parameter(state::Transaction& state, const Parameter& parameter);
void erase_parameter(state::Transaction& state, const Parameter& parameter);

/// The newest version becomes a former one.
void keep_version(state::Transaction& state, const Parameter& parameter);
std::optional<Version> find_version(state::Transaction& state, const Parameter& parameter, int64_t number);
std::vector<Version> former_versions(state::Transaction& state, const Parameter& parameter);  // oldest first

/// May the caller do `action` (GetParameter) with it, whether or not it is there? Throws AccessDenied.
void require(api::Call& call, std::string_view action, const ParameterName& name, aws::policy::Context context = {});
/// What is not about one parameter. `resource`: what follows arn:aws:ssm:REGION:ACCOUNT:
void require_own(api::Call& call, std::string_view action, const std::string& resource, aws::policy::Context context = {});

/// A page of documents: NextToken, and what to read on behind.
std::string read_token(const Json& in, const std::string& folder);  // throws InvalidNextToken
std::string token_of(const std::string& key, const std::string& folder);
/// A page of the account's parameters whose names begin with `prefix`: up to `limit` that `takes` took; it leaves what is not asked for.
void each_of_page(api::Call& call, const std::string& prefix, int64_t limit, const std::function<bool(const Parameter&)>& takes);

}  // namespace cairn::ssm
