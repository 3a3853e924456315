#include "services/s3/policy_document.h"

#include <algorithm>

#include "base/text.h"
#include "services/s3/errors.h"
#include "services/s3/input.h"

namespace cairn::s3 {
namespace {

constexpr size_t kPolicyBytesMax = 20 << 10;

/// Strings that stand alone or in a list.
template <class F>
void each_text(const Json& value, F&& f) {
  if (value.is_string()) f(value.get_ref<const std::string&>());
  if (value.is_array())
    for (const Json& item : value)
      if (item.is_string()) f(item.get_ref<const std::string&>());
}

std::vector<const Json*> statements(const Json& policy) {
  std::vector<const Json*> list;
  const Json& statement = policy.at("Statement");
  if (statement.is_object()) list.push_back(&statement);
  if (statement.is_array())
    for (const Json& item : statement) list.push_back(&item);
  return list;
}

void require(const Json& statement, const char* field, const char* negated) {
  if (!statement.contains(field) && !statement.contains(negated)) throw Error(kMalformedPolicy, "Missing required field {}", field);
}

void check_statement(const Json& statement, std::string_view bucket) {
  if (!statement.is_object()) throw Error(kMalformedPolicy, "Policies must be valid JSON and the first byte must be '{{'");
  if (!statement.contains("Effect")) throw Error(kMalformedPolicy, "Missing required field Effect");
  if (const std::string effect = text_of(statement, "Effect"); effect != "Allow" && effect != "Deny")
    throw Error(kMalformedPolicy, "Invalid effect: {}", effect);
  require(statement, "Principal", "NotPrincipal");
  require(statement, "Action", "NotAction");
  require(statement, "Resource", "NotResource");
  const std::string own = fmt::format("arn:aws:s3:::{}", bucket);
  for (const char* field : {"Resource", "NotResource"}) {
    if (!statement.contains(field)) continue;
    each_text(statement.at(field), [&](const std::string& resource) {
      if (resource != own && !resource.starts_with(own + "/") && !resource.starts_with(own + "*"))
        throw Error(kMalformedPolicy, "Policy has invalid resource").with("Detail", resource);
    });
  }
}

bool names_everyone(const Json& statement) {
  if (statement.contains("NotPrincipal")) return true;
  const Json& principal = statement.at("Principal");
  bool everyone = false;
  const auto look = [&](const std::string& name) { everyone = everyone || name == "*"; };
  each_text(principal, look);
  if (principal.is_object())
    for (const auto& [kind, names] : principal.items())
      if (kind == "AWS" || kind == "CanonicalUser") each_text(names, look);
  return everyone;
}

/// A condition on one of these, with a value free of wildcards, makes a statement for everyone one for somebody.
bool is_confined(const Json& statement) {
  static constexpr std::string_view kConfining[] = {"aws:principalaccount",
                                                    "aws:principalarn",
                                                    "aws:principalorgid",
                                                    "aws:principalorgpaths",
                                                    "aws:sourceaccount",
                                                    "aws:sourcearn",
                                                    "aws:sourceip",
                                                    "aws:sourceorgid",
                                                    "aws:sourceorgpaths",
                                                    "aws:sourceowner",
                                                    "aws:sourcevpc",
                                                    "aws:sourcevpce",
                                                    "aws:userid",
                                                    "s3:dataaccesspointaccount",
                                                    "s3:dataaccesspointarn",
                                                    "s3:x-amz-server-side-encryption-aws-kms-key-id"};
  const auto conditions = statement.find("Condition");
  if (conditions == statement.end() || !conditions->is_object()) return false;
  for (const auto& [op, keys] : conditions->items()) {
    const std::string name = text::lower(op);
    if (name.find("not") != std::string::npos || name.ends_with("ifexists") || name == "null" || !keys.is_object()) continue;
    for (const auto& [key, values] : keys.items()) {
      if (std::ranges::find(kConfining, text::lower(key)) == std::end(kConfining)) continue;
      bool fixed = true, any = false;
      each_text(values, [&](const std::string& value) {
        any = true;
        fixed = fixed && value.find('*') == std::string::npos && value.find("${") == std::string::npos && value != "0.0.0.0/0" &&
                value != "::/0";
      });
      if (any && fixed) return true;
    }
  }
  return false;
}

}  // namespace

Json checked_policy(std::string_view text, std::string_view bucket) {
  if (text.size() > kPolicyBytesMax)
    throw Error(kMalformedPolicy, "Policy exceeds the maximum allowed document size of {} bytes", kPolicyBytesMax);
  Result<Json> policy = text.starts_with('{') ? json::parse(text) : failure("no object");
  if (!policy || !policy->is_object()) throw Error(kMalformedPolicy, "Policies must be valid JSON and the first byte must be '{{'");
  if (!policy->contains("Statement")) throw Error(kMalformedPolicy, "Missing required field Statement");
  const std::vector<const Json*> list = statements(*policy);
  if (list.empty()) throw Error(kMalformedPolicy, "Could not parse the policy: Statement is empty!");
  for (const Json* statement : list) check_statement(*statement, bucket);
  return std::move(*policy);
}

bool is_public(const Json& policy) {
  for (const Json* statement : statements(policy))
    if (text_of(*statement, "Effect") == "Allow" && names_everyone(*statement) && !is_confined(*statement)) return true;
  return false;
}

}  // namespace cairn::s3
