#include <algorithm>
#include <array>

#include "api/operation.h"
#include "api/ports.h"
#include "services/kms/access.h"
#include "services/kms/key.h"
#include "services/kms/material.h"
#include "services/kms/page.h"

namespace cairn::kms {
namespace {

constexpr int kPeriodDays = 365;
constexpr int kOnDemandMax = 25;
constexpr size_t kListed = 100, kListedMax = 1000;

void enable_key_rotation(api::Call& call) {
  const int days = call.in.value("RotationPeriodInDays", kPeriodDays);
  const Key before = open_key(call, {.action = "EnableKeyRotation", .more = {{"kms:RotationPeriodInDays", std::to_string(days)}}});
  check_enabled(before);
  Key key = before;
  const bool is_same = before.rotates && before.rotation_days == days;
  key.rotates = true;
  key.rotation_days = days;
  if (!is_same) key.next_rotation = call.now + std::chrono::days(days);
  save(*call.state, key, &before);
  answer_nothing(call, key);
}

void disable_key_rotation(api::Call& call) {
  const Key before = open_key(call, {.action = "DisableKeyRotation"});
  check_enabled(before);
  Key key = before;
  key.rotates = false;
  key.next_rotation.reset();
  save(*call.state, key, &before);
  answer_nothing(call, key);
}

/// A key that waits for its end is not rotated.
void get_key_rotation_status(api::Call& call) {
  const Key key = open_key(call, {.action = "GetKeyRotationStatus", .accounts = Accounts::kAny});
  const bool rotates = key.rotates && !key.deletion;
  call.out = {{"KeyRotationEnabled", rotates}, {"KeyId", key.id}};
  if (!rotates) return;
  call.out["RotationPeriodInDays"] = key.rotation_days;
  call.out["NextRotationDate"] = timestamps::iso8601_millis(*key.next_rotation);
}

/// Differs from AWS: the rotation is done when it is answered, so GetKeyRotationStatus never shows one in progress.
void rotate_key_on_demand(api::Call& call) {
  const Key before = open_key(call, {.action = "RotateKeyOnDemand"});
  check_enabled(before);
  if (before.rotations_on_demand >= kOnDemandMax)
    throw Error(kLimitExceeded,
                "The on-demand rotations limit has been reached for the given keyId. No more on-demand rotations can be performed for this "
                "key: {}",
                before.arn());
  Key key = before;
  add_material(*call.state, *call.ports->random, *call.ports->sealer, call.now, "ON_DEMAND", key);
  ++key.rotations_on_demand;
  save(*call.state, key, &before);
  call.out["KeyId"] = key.id;
}

void list_key_rotations(api::Call& call) {
  const Key key = open_key(call, {.action = "ListKeyRotations"});
  std::vector<Material> materials = materials_of(*call.state, key);
  if (call.in.value("IncludeKeyMaterial", "ROTATIONS_ONLY") == "ROTATIONS_ONLY")
    std::erase_if(materials, [](const Material& material) { return material.rotation.empty(); });
  call.out["Rotations"] = Json::array();
  each_of_page(call, materials.size(), kListed, kListedMax, [&](size_t i) {
    const Material& material = materials[i];
    Json entry = {{"KeyId", key.id}, {"KeyMaterialId", material.id}};
    entry["KeyMaterialState"] = material.id == key.material ? "CURRENT" : "NON_CURRENT";
    if (!material.rotation.empty()) {
      entry["RotationDate"] = timestamps::iso8601_millis(material.created);
      entry["RotationType"] = material.rotation;
    }
    call.out["Rotations"].push_back(std::move(entry));
  });
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"DisableKeyRotation", disable_key_rotation},
    {"EnableKeyRotation", enable_key_rotation},
    {"GetKeyRotationStatus", get_key_rotation_status},
    {"ListKeyRotations", list_key_rotations},
    {"RotateKeyOnDemand", rotate_key_on_demand},
});

}  // namespace
}  // namespace cairn::kms

namespace cairn::services {
extern const api::Family kms_rotation;
const api::Family kms_rotation{.service = "kms", .operations = kms::kOperations, .decides = api::Decides::kHandler};
}  // namespace cairn::services
