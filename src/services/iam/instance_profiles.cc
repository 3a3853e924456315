#include "api/authorize.h"
#include "api/operation.h"
#include "api/ports.h"
#include "services/iam/entities.h"
#include "services/iam/input.h"

/// Instance profiles: a role in the form that instances are given.
namespace cairn::iam {
namespace {

using identity::InstanceProfile;

constexpr size_t kProfilesMax = 1000;  // of an account

InstanceProfile named_profile(api::Call& call) {
  const std::string name = text_of(call.in, "InstanceProfileName");
  std::optional<InstanceProfile> profile = identity::find_instance_profile(*call.state, call.account, name);
  if (!profile) throw Error(kNoSuchEntity, "Instance Profile {} cannot be found.", name);
  return std::move(*profile);
}

Json show_profile(api::Call& call, const InstanceProfile& profile, Shown how) {
  Json out{{"Path", profile.path},
           {"InstanceProfileName", profile.name},
           {"InstanceProfileId", profile.id},
           {"Arn", profile.arn()},
           {"CreateDate", timestamps::iso8601(profile.created)},
           {"Roles", Json::array()}};
  if (!profile.role.empty()) out["Roles"].push_back(show(entity_named(call, Kind::kRole, profile.role), Shown::kBrief));
  if (how == Shown::kDetails && !profile.tags.empty()) out["Tags"] = show_tags(profile.tags);
  return out;
}

void create_instance_profile(api::Call& call) {
  const std::string name = text_of(call.in, "InstanceProfileName");
  if (identity::find_instance_profile(*call.state, call.account, name))
    throw Error(kAlreadyExists, "Instance Profile {} already exists.", name);
  if (count_below(call, identity::instance_profile_prefix(call.account), kProfilesMax) == kProfilesMax)
    throw over_quota("InstanceProfilesPerAccount", kProfilesMax);
  InstanceProfile profile{.account = call.account,
                          .name = name,
                          .id = identity::new_id(*call.ports->random, "AIPA"),
                          .path = path_given(call.in),
                          .created = call.now};
  add_tags(profile.tags, tags_given(call.in));
  identity::save(*call.state, profile);
  call.out["InstanceProfile"] = show_profile(call, profile, Shown::kDetails);
}

void get_instance_profile(api::Call& call) { call.out["InstanceProfile"] = show_profile(call, named_profile(call), Shown::kDetails); }

void list_instance_profiles(api::Call& call) {
  const std::string path = text_of(call.in, "PathPrefix", "/");
  list_page(call, identity::instance_profile_prefix(call.account), "InstanceProfiles", [&](const state::Item& item) -> std::optional<Json> {
    const InstanceProfile profile = identity::decode_instance_profile(call.account, item.value);
    if (!profile.path.starts_with(path)) return std::nullopt;
    return show_profile(call, profile, Shown::kBrief);
  });
}

void list_instance_profiles_for_role(api::Call& call) {
  const Entity role = named_entity(call, Kind::kRole);
  list_page(call, identity::role_profile_prefix(call.account, role.name), "InstanceProfiles",
            [&](const state::Item& item) -> std::optional<Json> {
              const auto profile = identity::find_instance_profile(*call.state, call.account, item.value);
              return profile ? std::optional(show_profile(call, *profile, Shown::kBrief)) : std::nullopt;
            });
}

void delete_instance_profile(api::Call& call) {
  const InstanceProfile profile = named_profile(call);
  if (!profile.role.empty()) throw in_use("remove roles from instance profile");
  call.state->erase(identity::instance_profile_key(call.account, profile.name));
}

void add_role(api::Call& call) {
  InstanceProfile profile = named_profile(call);
  const Entity role = named_entity(call, Kind::kRole);
  // Whoever hands a role to a machine must be allowed to.
  api::require(call, {.action = "iam:PassRole", .resource = role.arn()});
  if (!profile.role.empty()) throw over_quota("InstanceSessionsPerInstanceProfile", 1);
  profile.role = role.name;
  identity::save(*call.state, profile);
  call.state->put(identity::role_profile_key(call.account, role.name, profile.name), profile.name);
}

void remove_role(api::Call& call) {
  InstanceProfile profile = named_profile(call);
  const Entity role = named_entity(call, Kind::kRole);
  if (profile.role != role.name)
    throw Error(kNoSuchEntity, "The role with name {} cannot be found in the instance profile {}.", role.name, profile.name);
  profile.role.clear();
  identity::save(*call.state, profile);
  call.state->erase(identity::role_profile_key(call.account, role.name, profile.name));
}

void tag_instance_profile(api::Call& call) {
  InstanceProfile profile = named_profile(call);
  add_tags(profile.tags, tags_given(call.in));
  identity::save(*call.state, profile);
}

void untag_instance_profile(api::Call& call) {
  InstanceProfile profile = named_profile(call);
  remove_tags(profile.tags, list_of(call.in, "TagKeys"));
  identity::save(*call.state, profile);
}

void list_instance_profile_tags(api::Call& call) { list_page(call, show_tags(named_profile(call).tags), "Tags"); }

constexpr auto kOperations = std::to_array<api::Operation>({
    {"AddRoleToInstanceProfile", add_role},
    {"CreateInstanceProfile", create_instance_profile},
    {"DeleteInstanceProfile", delete_instance_profile},
    {"GetInstanceProfile", get_instance_profile},
    {"ListInstanceProfileTags", list_instance_profile_tags},
    {"ListInstanceProfiles", list_instance_profiles},
    {"ListInstanceProfilesForRole", list_instance_profiles_for_role},
    {"RemoveRoleFromInstanceProfile", remove_role},
    {"TagInstanceProfile", tag_instance_profile},
    {"UntagInstanceProfile", untag_instance_profile},
});

}  // namespace
}  // namespace cairn::iam

namespace cairn::services {
extern const api::Family iam_instance_profiles;
const api::Family iam_instance_profiles{.service = "iam", .operations = iam::kOperations};
}  // namespace cairn::services
