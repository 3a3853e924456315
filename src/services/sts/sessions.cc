#include "services/sts/sessions.h"

#include <algorithm>

#include "api/mfa.h"
#include "api/operation.h"
#include "api/ports.h"
#include "aws/policy/policy.h"
#include "base/text.h"
#include "identity/policies.h"
#include "identity/policy_words.h"

namespace cairn::sts {
namespace {

using identity::Session;

constexpr size_t kPolicyArnsMax = 10;
constexpr size_t kTagsMax = 50;
constexpr size_t kPackedBytesMax = 2560;  // of policies and tags together; AWS's packed form is not public

bool same_key(const std::string& a, const std::string& b) { return text::equals_ignoring_case(a, b); }

std::string compact(std::string_view policy) { return json::dump(*json::parse(policy)); }

void take_policies(api::Call& call, Session& session) {
  if (has(call.in, "Policy")) {
    const std::string policy = text_of(call.in, "Policy");
    if (const auto parsed = aws::policy::Policy::parse(policy, aws::policy::Kind::kSession); !parsed)
      throw Error(kMalformedPolicy, "{}", identity::refusal_words(parsed.error()));
    session.limits.policies.push_back(compact(policy));
  }
  const auto arns = call.in.find("PolicyArns");
  if (arns == call.in.end()) return;
  if (arns->size() > kPolicyArnsMax)
    throw Error(
        aws::kValidation,
        "1 validation error detected: Value at 'policyArns' failed to satisfy constraint: Member must have length less than or equal to {}",
        kPolicyArnsMax);
  for (const Json& descriptor : *arns) {
    std::string arn = descriptor.value("arn", "");
    const std::optional<identity::IamArn> parts = identity::parse_arn(arn);
    const bool is_ours = parts && parts->type == "policy" && (parts->account == "aws" || parts->account == session.account.str());
    if (!is_ours) throw Error(aws::kValidation, "{} is invalid", arn);
    if (!identity::managed_policy_text(*call.state, arn)) throw Error(kMalformedPolicy, "Policy {} does not exist.", arn);
    session.limits.policy_arns.push_back(std::move(arn));
  }
}

std::vector<std::pair<std::string, std::string>> tags_given(const Json& in) {
  std::vector<std::pair<std::string, std::string>> tags;
  if (const auto list = in.find("Tags"); list != in.end())
    for (const Json& tag : *list) tags.emplace_back(tag.value("Key", ""), tag.value("Value", ""));
  return tags;
}

std::vector<std::string> keys_given(const Json& in) {
  const auto list = in.find("TransitiveTagKeys");
  return list != in.end() ? list->get<std::vector<std::string>>() : std::vector<std::string>();
}

}  // namespace

std::string text_of(const Json& in, std::string_view member) {
  const auto it = in.find(member);
  return it != in.end() && it->is_string() ? it->get<std::string>() : std::string();
}

bool has(const Json& in, std::string_view member) { return in.find(member) != in.end(); }

void take_tags(api::Call& call, Session& session, std::vector<std::pair<std::string, std::string>> tags,
               std::vector<std::string> transitive_keys) {
  if (tags.size() > kTagsMax) throw Error(kInvalidParameterValue, "The number of tags passed exceeds the maximum of {}.", kTagsMax);
  for (size_t i = 0; i < tags.size(); ++i) {
    if (text::lower(tags[i].first).starts_with("aws:"))
      throw Error(kInvalidParameterValue, "Tag keys that begin with aws: are reserved for system use.");
    for (size_t j = 0; j < i; ++j)
      if (same_key(tags[i].first, tags[j].first))
        throw Error(kInvalidParameterValue, "Duplicate tag keys found. Please note that Tag keys are case insensitive.");
  }
  for (const std::string& key : transitive_keys)
    if (std::ranges::none_of(tags, [&](const auto& tag) { return same_key(tag.first, key); }))
      throw Error(kInvalidParameterValue, "The specified transitive tag key must be included in the requested tags.");

  // What the calling session hands on cannot be changed by whoever takes the next role.
  if (const aws::Session* calling = call.principal.session.get(); calling != nullptr) {
    for (const std::string& key : calling->transitive_tags) {
      if (std::ranges::any_of(tags, [&](const auto& tag) { return same_key(tag.first, key); }))
        throw Error(kInvalidParameterValue,
                    "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling "
                    "session.");
      const auto inherited = std::ranges::find_if(calling->tags, [&](const auto& tag) { return same_key(tag.first, key); });
      if (inherited == calling->tags.end()) continue;
      session.limits.tags.push_back(*inherited);
      session.limits.transitive_tags.push_back(key);
    }
  }
  for (auto& tag : tags) session.limits.tags.push_back(std::move(tag));
  for (std::string& key : transitive_keys) session.limits.transitive_tags.push_back(std::move(key));
}

void take_given_tags(api::Call& call, Session& session) { take_tags(call, session, tags_given(call.in), keys_given(call.in)); }

void take_given_policies(api::Call& call, Session& session) {
  take_policies(call, session);
  size_t bytes = 0;
  for (const std::string& text : session.limits.policies) bytes += text.size();
  for (const std::string& arn : session.limits.policy_arns) bytes += arn.size();
  for (const auto& [key, value] : session.limits.tags) bytes += key.size() + value.size();
  if (bytes == 0) return;
  const size_t percent = (bytes * 100 + kPackedBytesMax - 1) / kPackedBytesMax;
  if (percent > 100)
    throw Error(kPackedPolicyTooLarge, "Packed policy consumes {}% of allotted space, please use smaller policy.", percent);
  call.out["PackedPolicySize"] = percent;
}

bool use_mfa_code(api::Call& call) {
  const std::string serial = text_of(call.in, "SerialNumber"), code = text_of(call.in, "TokenCode");
  if (serial.empty() && code.empty()) return false;
  if (serial.empty() || code.empty())
    throw Error(aws::kAccessDenied, "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code. ");
  using Kind = aws::Principal::Kind;
  const bool has_devices = call.principal.kind == Kind::kUser || call.principal.kind == Kind::kRoot;
  std::optional<identity::MfaDevice> device = identity::find_mfa_device(*call.state, serial);
  if (!has_devices || !device || !device->enabled || device->account != call.principal.account || device->user != call.principal.user_name)
    throw Error(aws::kAccessDenied,
                "MultiFactorAuthentication failed, unable to validate MFA code.  Please verify your MFA serial number is valid and "
                "associated with this user.");
  if (!api::use_mfa_code(call, *device, code))
    throw Error(aws::kAccessDenied, "MultiFactorAuthentication failed with invalid MFA one time pass code. ");
  return true;
}

void give_out(api::Call& call, Session& session, int duration_seconds) {
  session.issued = std::chrono::floor<std::chrono::seconds>(call.now);
  session.expires = session.issued + std::chrono::seconds(duration_seconds);
  identity::draw_credentials(*call.ports->random, session);
  call.out["Credentials"] = {{"AccessKeyId", session.access_key.str()},
                             {"SecretAccessKey", session.secret.reveal()},
                             {"SessionToken", identity::seal_token(*call.ports->sealer, *call.ports->random, session)},
                             {"Expiration", timestamps::iso8601(session.expires)}};
}

void describe_session(const Session& session, aws::policy::Context& context) {
  if (session.kind == Session::Kind::kRole) context.add("sts:RoleSessionName", session.name);
  if (!session.source_identity.empty()) context.add("sts:SourceIdentity", session.source_identity);
  for (const std::string& key : session.limits.transitive_tags) context.add("sts:TransitiveTagKeys", key);
  for (const auto& [key, value] : session.limits.tags) {
    context.add("aws:RequestTag/" + key, value);
    context.add("aws:TagKeys", key);
  }
}

void refuse_sessions(const api::Call& call) {
  using Kind = aws::Principal::Kind;
  const bool is_long_term = call.principal.kind == Kind::kRoot || call.principal.kind == Kind::kUser;
  if (call.principal.session != nullptr || !is_long_term)
    throw Error(aws::kAccessDenied, "Cannot call {} with session credentials", call.model->name);
}

}  // namespace cairn::sts
