#include <array>

#include "services/cloudformation/resource_type.h"

namespace cairn::cloudformation {
namespace {

constexpr auto kProperties = std::to_array<Property>({
    {"BypassPolicyLockoutSafetyCheck"},
    {"Description"},
    {"EnableKeyRotation"},
    {"Enabled"},
    {"KeyPolicy"},
    {"KeySpec", On::kReplace},
    {"KeyUsage", On::kReplace},
    {"MultiRegion", On::kReplace},
    {"Origin", On::kReplace},
    {"PendingWindowInDays"},
    {"RotationPeriodInDays"},
    {"Tags"},
});
constexpr std::array<std::string_view, 2> kAttributes = {"Arn", "KeyId"};
constexpr std::array<std::string_view, 1> kIdentifiers = {"KeyId"};

void set_rotation(Doing& doing) {
  Json in = doing.members({{"RotationPeriodInDays"}});
  in["KeyId"] = doing.physical;
  if (doing.flag("EnableKeyRotation")) doing.call("kms", "EnableKeyRotation", std::move(in));
  else doing.call("kms", "DisableKeyRotation", {{"KeyId", doing.physical}});
}

void create(Doing& doing) {
  Json in = doing.members({{"BypassPolicyLockoutSafetyCheck"},
                           {"Description"},
                           {"KeyPolicy", "Policy"},
                           {"KeySpec"},
                           {"KeyUsage"},
                           {"MultiRegion"},
                           {"Origin"}});
  if (in.contains("MultiRegion") && !to_flag(in["MultiRegion"])) in.erase("MultiRegion");
  if (!doing.tags().empty()) in["Tags"] = doing.tags();
  const Json key = doing.call("kms", "CreateKey", std::move(in)).at("KeyMetadata");
  doing.physical = key.at("KeyId").get<std::string>();
  doing.attributes["KeyId"] = doing.physical;
  doing.attributes["Arn"] = key.at("Arn");
  if (doing.flag("EnableKeyRotation")) set_rotation(doing);
  if (!doing.flag("Enabled", true)) doing.call("kms", "DisableKey", {{"KeyId", doing.physical}});
}

void tag(Doing& doing) { retag(doing, {.service = "kms", .id_member = "KeyId"}, doing.physical); }

void update(Doing& doing) {
  const bool is_enabled = doing.flag("Enabled", true);
  if (doing.changed("Enabled") && is_enabled) doing.call("kms", "EnableKey", {{"KeyId", doing.physical}});
  if (doing.changed("Description"))
    doing.call("kms", "UpdateKeyDescription", {{"KeyId", doing.physical}, {"Description", doing.text("Description")}});
  if (doing.changed("KeyPolicy") && doing.has("KeyPolicy")) {
    Json in = doing.members({{"KeyPolicy", "Policy"}, {"BypassPolicyLockoutSafetyCheck"}});
    in["KeyId"] = doing.physical;
    in["PolicyName"] = "default";
    doing.call("kms", "PutKeyPolicy", std::move(in));
  }
  if (doing.changed("EnableKeyRotation") || doing.changed("RotationPeriodInDays")) set_rotation(doing);
  if (doing.changed("Enabled") && !is_enabled) doing.call("kms", "DisableKey", {{"KeyId", doing.physical}});
  tag(doing);
}

void remove(Doing& doing) {
  Json in = doing.members({{"PendingWindowInDays"}});
  in["KeyId"] = doing.physical;
  doing.call_unless({"NotFoundException", "KMSInvalidStateException"}, "kms", "ScheduleKeyDeletion", std::move(in));
}

void read(Doing& doing) {
  const Json id{{"KeyId", doing.physical}};
  const auto found = doing.call_unless({"NotFoundException"}, "kms", "DescribeKey", id);
  doing.is_gone = !found || found->at("KeyMetadata").at("KeyState") == "PendingDeletion";
  if (doing.is_gone) return;
  read_members(doing, found->at("KeyMetadata"), {{"Description"}, {"Enabled"}, {"KeySpec"}, {"KeyUsage"}, {"MultiRegion"}, {"Origin"}});
  if (doing.has("KeyPolicy")) {
    const Json policy = doing.call("kms", "GetKeyPolicy", {{"KeyId", doing.physical}, {"PolicyName", "default"}});
    doing.live["KeyPolicy"] = document_of(policy.at("Policy"));
  }
  if (doing.has("EnableKeyRotation") || doing.has("RotationPeriodInDays"))
    read_members(doing, doing.call("kms", "GetKeyRotationStatus", id),
                 {{"EnableKeyRotation", "KeyRotationEnabled"}, {"RotationPeriodInDays"}});
  if (doing.has("Tags")) read_tags(doing, doing.call("kms", "ListResourceTags", id).at("Tags"));
}

bool find(Doing& doing) {
  const auto found = doing.call_unless({"NotFoundException"}, "kms", "DescribeKey", {{"KeyId", doing.id("KeyId")}});
  if (!found || found->at("KeyMetadata").at("KeyState") == "PendingDeletion") return false;
  if (!is_own_arn(doing, found->at("KeyMetadata").at("Arn").get<std::string>())) return false;
  doing.physical = found->at("KeyMetadata").at("KeyId").get<std::string>();
  doing.attributes["KeyId"] = doing.physical;
  doing.attributes["Arn"] = found->at("KeyMetadata").at("Arn");
  return true;
}

}  // namespace

extern const ResourceType kms_key;
const ResourceType kms_key{.name = "AWS::KMS::Key",
                           .properties = kProperties,
                           .create = create,
                           .update = update,
                           .remove = remove,
                           .read = read,
                           .find = find,
                           .identifiers = kIdentifiers,
                           .tag = tag,
                           .attributes = kAttributes};

}  // namespace cairn::cloudformation
