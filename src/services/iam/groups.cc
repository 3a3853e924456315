#include "api/operation.h"
#include "api/ports.h"
#include "services/iam/entities.h"
#include "services/iam/input.h"

/// Groups, and who is in them.
namespace cairn::iam {
namespace {

constexpr size_t kGroupsMax = 300;        // of an account
constexpr size_t kGroupsPerUserMax = 10;  // that a user is in

void create_group(api::Call& call) {
  const std::string name = text_of(call.in, "GroupName");
  if (identity::find_entity(*call.state, Kind::kGroup, call.account, name))
    throw Error(kAlreadyExists, "Group with name {} already exists.", name);
  if (count_below(call, identity::entity_prefix(Kind::kGroup, call.account), kGroupsMax) == kGroupsMax)
    throw over_quota("GroupsPerAccount", kGroupsMax);
  const Entity group{.kind = Kind::kGroup,
                     .account = call.account,
                     .name = name,
                     .id = identity::new_id(*call.ports->random, "AGPA"),
                     .path = path_given(call.in),
                     .created = call.now};
  identity::save(*call.state, group);
  call.out["Group"] = show(group, Shown::kBrief);
}

void get_group(api::Call& call) {
  const Entity group = named_entity(call, Kind::kGroup);
  call.out["Group"] = show(group, Shown::kBrief);
  list_page(call, identity::member_prefix(call.account, group.name), "Users", [&](const state::Item& item) -> std::optional<Json> {
    return show(entity_named(call, Kind::kUser, item.value), Shown::kBrief);
  });
}

void list_groups(api::Call& call) {
  const std::string path = text_of(call.in, "PathPrefix", "/");
  list_page(call, identity::entity_prefix(Kind::kGroup, call.account), "Groups", [&](const state::Item& item) -> std::optional<Json> {
    const Entity group = identity::decode_entity(Kind::kGroup, call.account, item.value);
    if (!group.path.starts_with(path)) return std::nullopt;
    return show(group, Shown::kBrief);
  });
}

/// Members know their groups by name, so that each is written anew.
void rename(api::Call& call, Entity& group, const std::string& name) {
  const bool is_new =
      identity::entity_key(Kind::kGroup, call.account, name) != identity::entity_key(Kind::kGroup, call.account, group.name);
  if (is_new && identity::find_entity(*call.state, Kind::kGroup, call.account, name))
    throw Error(kAlreadyExists, "Group with name {} already exists.", name);
  state::Transaction& state = *call.state;
  const std::string before = group.name, members = identity::member_prefix(call.account, before);
  constexpr size_t kMembersMax = 500;  // that fit into one journal entry
  const state::Page page = state.list(members, members, kMembersMax);
  if (page.more) throw Error(kLimitExceeded, "A group of more than {} users cannot be renamed.", kMembersMax);
  for (const std::string& arn : group.attached) state.erase(identity::usage_key(call.account, arn, identity::Usage::kAttached, group));
  state.erase(identity::entity_key(Kind::kGroup, call.account, before));
  group.name = name;
  for (const std::string& arn : group.attached) state.put(identity::usage_key(call.account, arn, identity::Usage::kAttached, group), name);
  for (const state::Item& item : page.items) {
    state.erase(item.key);
    state.put(identity::member_key(call.account, name, item.value), item.value);
    Entity user = entity_named(call, Kind::kUser, item.value);
    std::ranges::replace(user.groups, before, name);
    identity::save(state, user);
  }
}

/// Differs from AWS: a group of more than 500 users cannot be renamed.
void update_group(api::Call& call) {
  Entity group = named_entity(call, Kind::kGroup);
  if (has(call.in, "NewGroupName")) rename(call, group, text_of(call.in, "NewGroupName"));
  if (has(call.in, "NewPath")) group.path = text_of(call.in, "NewPath");
  identity::save(*call.state, group);
}

void delete_group(api::Call& call) {
  const Entity group = named_entity(call, Kind::kGroup);
  if (count_below(call, identity::member_prefix(call.account, group.name), 1) > 0) throw in_use("remove users from group");
  if (!group.attached.empty()) throw in_use("detach all policies");
  if (!group.inline_policies.empty()) throw in_use("delete policies");
  call.state->erase(identity::entity_key(Kind::kGroup, call.account, group.name));
}

void add_user_to_group(api::Call& call) {
  const Entity group = named_entity(call, Kind::kGroup);
  Entity user = named_entity(call, Kind::kUser);
  if (std::ranges::find(user.groups, group.name) != user.groups.end()) return;
  if (user.groups.size() >= kGroupsPerUserMax) throw over_quota("GroupsPerUser", kGroupsPerUserMax);
  user.groups.push_back(group.name);
  call.state->put(identity::member_key(call.account, group.name, user.name), user.name);
  identity::save(*call.state, user);
}

void remove_user_from_group(api::Call& call) {
  const Entity group = named_entity(call, Kind::kGroup);
  Entity user = named_entity(call, Kind::kUser);
  std::erase(user.groups, group.name);
  call.state->erase(identity::member_key(call.account, group.name, user.name));
  identity::save(*call.state, user);
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"AddUserToGroup", add_user_to_group},
    {"CreateGroup", create_group},
    {"DeleteGroup", delete_group},
    {"GetGroup", get_group},
    {"ListGroups", list_groups},
    {"RemoveUserFromGroup", remove_user_from_group},
    {"UpdateGroup", update_group},
});

}  // namespace
}  // namespace cairn::iam

namespace cairn::services {
extern const api::Family iam_groups;
const api::Family iam_groups{.service = "iam", .operations = iam::kOperations};
}  // namespace cairn::services
