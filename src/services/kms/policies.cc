#include <array>

#include "api/operation.h"
#include "services/kms/access.h"
#include "services/kms/documents.h"
#include "services/kms/key.h"
#include "services/kms/page.h"
#include "services/kms/policy_document.h"

namespace cairn::kms {
namespace {

constexpr std::string_view kPolicyName = "default";  // the only one that a key can have

std::string policy_name(const api::Call& call) { return call.in.value("PolicyName", std::string(kPolicyName)); }

void check_policy_name(const api::Call& call) {
  if (policy_name(call) != kPolicyName) throw Error(kNotFound, "No such policy exists");
}

void get_key_policy(api::Call& call) {
  const Key key = open_key(call, {.action = "GetKeyPolicy", .more = {{"kms:PolicyName", policy_name(call)}}});
  check_policy_name(call);
  call.out = {{"Policy", call.state->get(documents::policy(key.id)).value()}, {"PolicyName", kPolicyName}};
}

/// Differs from AWS: principals that do not exist are not refused, and a refusal's message says where in the policy it is.
void put_key_policy(api::Call& call) {
  const bool bypass = call.in.value("BypassPolicyLockoutSafetyCheck", false);
  const Key key =
      open_key(call, {.action = "PutKeyPolicy",
                      .more = {{"kms:PolicyName", policy_name(call)}, {"kms:BypassPolicyLockoutSafetyCheck", bypass ? "true" : "false"}}});
  check_policy_name(call);
  const std::string text = call.in["Policy"].get<std::string>();
  if (!could_put_policy(call, key, checked_policy(text)) && !bypass)
    throw Error(kMalformedPolicyDocument, "The new key policy will not allow you to update the key policy in the future.");
  call.state->put(documents::policy(key.id), text);
  answer_nothing(call, key);
}

void list_key_policies(api::Call& call) {
  open_key(call, {.action = "ListKeyPolicies"});
  call.out["PolicyNames"] = Json::array();
  each_of_page(call, 1, 100, 1000, [&](size_t) { call.out["PolicyNames"].push_back(kPolicyName); });
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"GetKeyPolicy", get_key_policy},
    {"ListKeyPolicies", list_key_policies},
    {"PutKeyPolicy", put_key_policy},
});

}  // namespace
}  // namespace cairn::kms

namespace cairn::services {
extern const api::Family kms_policies;
const api::Family kms_policies{.service = "kms", .operations = kms::kOperations, .decides = api::Decides::kHandler};
}  // namespace cairn::services
