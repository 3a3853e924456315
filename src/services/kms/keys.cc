#include <array>

#include "api/operation.h"
#include "api/ports.h"
#include "api/system_tags.h"
#include "services/kms/access.h"
#include "services/kms/documents.h"
#include "services/kms/key.h"
#include "services/kms/material.h"
#include "services/kms/page.h"
#include "services/kms/policy_document.h"
#include "services/kms/tag_set.h"

namespace cairn::kms {
namespace {

constexpr size_t kListed = 100, kListedMax = 1000;
constexpr int kWindowDays = 30, kWindowDaysMin = 7, kWindowDaysMax = 30;

/// This server makes one kind of key.
void check_kind(const Json& in) {
  if (in.contains("KeySpec") && in.contains("CustomerMasterKeySpec"))
    throw Error(aws::kValidation,
                "You cannot specify KeySpec and CustomerMasterKeySpec in the same request. CustomerMasterKeySpec is deprecated.");
  const std::string spec = in.value("KeySpec", in.value("CustomerMasterKeySpec", "SYMMETRIC_DEFAULT"));
  const std::string origin = in.value("Origin", "AWS_KMS");
  if (spec != "SYMMETRIC_DEFAULT" && !in.contains("KeyUsage"))
    throw Error(aws::kValidation, "You must specify a KeyUsage value for all KMS keys except for symmetric encryption keys.");
  if (spec != "SYMMETRIC_DEFAULT")
    throw Error(kUnsupportedOperation, "Keys of the KeySpec {} are not supported here; SYMMETRIC_DEFAULT is.", spec);
  if (const std::string usage = in.value("KeyUsage", "ENCRYPT_DECRYPT"); usage != "ENCRYPT_DECRYPT")
    throw Error(aws::kValidation, "KeyUsage {} is not compatible with KeySpec {}", usage, spec);
  if (origin != "AWS_KMS") throw Error(kUnsupportedOperation, "Keys of the Origin {} are not supported here; AWS_KMS is.", origin);
  if (in.contains("CustomKeyStoreId") || in.contains("XksKeyId"))
    throw Error(kUnsupportedOperation, "Custom key stores are not supported here.");
  if (in.value("MultiRegion", false)) throw Error(kUnsupportedOperation, "Multi-Region keys are not supported here.");
}

/// Differs from AWS: symmetric encryption keys of one region only; other KeySpecs, imported material, custom key stores and multi-Region
/// keys answer UnsupportedOperationException.
void create_key(api::Call& call) {
  const Json& in = call.in;
  const Json tag_list = in.value("Tags", Json::array());
  ConditionKeys conditions = describe_tags(tag_list);
  const bool bypass = in.value("BypassPolicyLockoutSafetyCheck", false);
  conditions.insert(conditions.end(), {{"kms:KeySpec", in.value("KeySpec", in.value("CustomerMasterKeySpec", "SYMMETRIC_DEFAULT"))},
                                       {"kms:KeyUsage", in.value("KeyUsage", "ENCRYPT_DECRYPT")},
                                       {"kms:KeyOrigin", in.value("Origin", "AWS_KMS")},
                                       {"kms:MultiRegion", in.value("MultiRegion", false) ? "true" : "false"},
                                       {"kms:BypassPolicyLockoutSafetyCheck", bypass ? "true" : "false"}});
  require_own(call, "CreateKey", "*", conditions);
  if (api::has_own_tags(call, tag_list)) require_own(call, "TagResource", "*", conditions);
  check_kind(in);
  Tags tags;
  add_tags(call, tag_list, tags);

  Key key{.id = call.ports->random->uuid(), .account = call.account, .region = call.region, .created = call.now};
  key.description = in.value("Description", "");
  const std::string policy = in.value("Policy", default_policy(call.account));
  if (!could_put_policy(call, key, checked_policy(policy)) && !bypass)
    throw Error(kMalformedPolicyDocument, "The new key policy will not allow you to update the key policy in the future.");
  add_material(*call.state, *call.ports->random, *call.ports->sealer, call.now, "", key);
  save(*call.state, key, nullptr);
  call.state->put(documents::owned(key.account, key.region, key.id), "");
  call.state->put(documents::policy(key.id), policy);
  write_tags(*call.state, key, tags);
  show_key(call, key);
  call.out["KeyMetadata"] = metadata(key);
}

void describe_key(api::Call& call) {
  check_grant_tokens(call);
  const Named named = find_key(call, call.in["KeyId"].get<std::string>(), Names::kKeysAndAliases);
  require(call, named, {.action = "DescribeKey", .accounts = Accounts::kAny});
  call.out["KeyMetadata"] = metadata(named.key);
}

void list_keys(api::Call& call) {
  require_own(call, "ListKeys");
  call.out["Keys"] = Json::array();
  for (const state::Item& item : list_page(call, documents::owned_in(call.account, call.region), kListed, kListedMax)) {
    const std::optional<Key> key = key_of_id(call, item.key);
    if (key) call.out["Keys"].push_back({{"KeyId", key->id}, {"KeyArn", key->arn()}});
  }
}

void set_enabled(api::Call& call, bool enabled) {
  const Key before = open_key(call, {.action = enabled ? "EnableKey" : "DisableKey"});
  check_not_pending(before);
  Key key = before;
  key.enabled = enabled;
  save(*call.state, key, &before);
  answer_nothing(call, key);
}

void enable_key(api::Call& call) { set_enabled(call, true); }
void disable_key(api::Call& call) { set_enabled(call, false); }

void schedule_key_deletion(api::Call& call) {
  const int days = call.in.value("PendingWindowInDays", kWindowDays);
  const Key before =
      open_key(call, {.action = "ScheduleKeyDeletion", .more = {{"kms:ScheduleKeyDeletionPendingWindowInDays", std::to_string(days)}}});
  if (days < kWindowDaysMin || days > kWindowDaysMax)
    throw Error(aws::kValidation,
                "1 validation error detected: Value '{}' at 'pendingWindowInDays' failed to satisfy constraint: Member must have value {} "
                "than or equal to {}",
                days, days < kWindowDaysMin ? "greater" : "less", days < kWindowDaysMin ? kWindowDaysMin : kWindowDaysMax);
  check_not_pending(before);
  Key key = before;
  key.enabled = false;
  key.deletion = call.now + std::chrono::days(days);
  save(*call.state, key, &before);
  call.out = {{"KeyId", key.arn()},
              {"DeletionDate", timestamps::iso8601_millis(*key.deletion)},
              {"KeyState", key.state()},
              {"PendingWindowInDays", days}};
}

void cancel_key_deletion(api::Call& call) {
  const Key before = open_key(call, {.action = "CancelKeyDeletion"});
  if (!before.deletion) throw Error(kInvalidState, "{} is not pending deletion.", before.arn());
  Key key = before;
  key.deletion.reset();
  save(*call.state, key, &before);
  call.out["KeyId"] = key.arn();
}

void update_key_description(api::Call& call) {
  const Key before = open_key(call, {.action = "UpdateKeyDescription"});
  check_not_pending(before);
  Key key = before;
  key.description = call.in.value("Description", "");
  save(*call.state, key, &before);
  answer_nothing(call, key);
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"CancelKeyDeletion", cancel_key_deletion},
    {"CreateKey", create_key},
    {"DescribeKey", describe_key},
    {"DisableKey", disable_key},
    {"EnableKey", enable_key},
    {"ListKeys", list_keys},
    {"ScheduleKeyDeletion", schedule_key_deletion},
    {"UpdateKeyDescription", update_key_description},
});

}  // namespace
}  // namespace cairn::kms

namespace cairn::services {
extern const api::Family kms_keys;
const api::Family kms_keys{.service = "kms", .operations = kms::kOperations, .decides = api::Decides::kHandler};
}  // namespace cairn::services
