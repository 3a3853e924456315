#include "api/operation.h"
#include "api/ports.h"
#include "services/iam/boundaries.h"
#include "services/iam/entities.h"
#include "services/iam/input.h"

/// Users.
namespace cairn::iam {
namespace {

constexpr size_t kUsersMax = 5000;  // of an account

void create_user(api::Call& call) {
  const std::string name = text_of(call.in, "UserName");
  if (identity::find_entity(*call.state, Kind::kUser, call.account, name))
    throw Error(kAlreadyExists, "User with name {} already exists.", name);
  if (count_below(call, identity::entity_prefix(Kind::kUser, call.account), kUsersMax) == kUsersMax)
    throw over_quota("UsersPerAccount", kUsersMax);
  Entity user{.kind = Kind::kUser,
              .account = call.account,
              .name = name,
              .id = identity::new_id(*call.ports->random, "AIDA"),
              .path = path_given(call.in),
              .created = call.now};
  add_tags(user.tags, tags_given(call.in));
  if (has(call.in, "PermissionsBoundary")) set_boundary(call, user, text_of(call.in, "PermissionsBoundary"));
  identity::save(*call.state, user);
  call.out["User"] = show(user, Shown::kDetails);
}

/// Without a name: who calls. Root is told so, too.
void get_user(api::Call& call) {
  if (!has(call.in, "UserName") && call.principal.kind == aws::Principal::Kind::kRoot) {
    const std::optional<identity::Account> account = identity::find_account(*call.state, call.account);
    call.out["User"] = {{"UserId", call.account.str()},
                        {"Arn", call.principal.arn},
                        {"CreateDate", timestamps::iso8601(account ? account->created : call.now)}};
    return;
  }
  call.out["User"] = show(entity_named(call, Kind::kUser, user_meant(call)), Shown::kDetails);
}

void list_users(api::Call& call) {
  const std::string path = text_of(call.in, "PathPrefix", "/");
  list_page(call, identity::entity_prefix(Kind::kUser, call.account), "Users", [&](const state::Item& item) -> std::optional<Json> {
    const Entity user = identity::decode_entity(Kind::kUser, call.account, item.value);
    if (!user.path.starts_with(path)) return std::nullopt;
    return show(user, Shown::kBrief);
  });
}

/// What others keep about a user under its name goes along.
void rename(api::Call& call, Entity& user, const std::string& name) {
  const bool is_new = identity::entity_key(Kind::kUser, call.account, name) != identity::entity_key(Kind::kUser, call.account, user.name);
  if (is_new && identity::find_entity(*call.state, Kind::kUser, call.account, name))
    throw Error(kAlreadyExists, "User with name {} already exists.", name);
  state::Transaction& state = *call.state;
  const auto each_mark = [&](auto&& f) {
    for (const std::string& group : user.groups) f(identity::member_key(call.account, group, user.name));
    for (const std::string& arn : user.attached) f(identity::usage_key(call.account, arn, identity::Usage::kAttached, user));
    if (!user.boundary.empty()) f(identity::usage_key(call.account, user.boundary, identity::Usage::kBoundary, user));
  };
  each_mark([&](std::string key) { state.erase(std::move(key)); });
  state.erase(identity::entity_key(Kind::kUser, call.account, user.name));
  user.name = name;
  each_mark([&](std::string key) { state.put(std::move(key), name); });
  for (const std::string& id : user.access_keys) {
    if (std::optional<identity::AccessKey> key = identity::find_access_key(state, aws::AccessKeyId(id))) {
      key->user = name;
      identity::save(state, *key);
    }
  }
  for (const std::string& serial : user.mfa_devices) {
    if (std::optional<identity::MfaDevice> device = identity::find_mfa_device(state, serial)) {
      device->user = name;
      identity::save(state, *device);
    }
  }
}

void update_user(api::Call& call) {
  Entity user = named_entity(call, Kind::kUser);
  if (has(call.in, "NewUserName")) rename(call, user, text_of(call.in, "NewUserName"));
  if (has(call.in, "NewPath")) user.path = text_of(call.in, "NewPath");
  identity::save(*call.state, user);
}

void delete_user(api::Call& call) {
  const Entity user = named_entity(call, Kind::kUser);
  if (!user.access_keys.empty()) throw in_use("delete access keys");
  if (!user.password.empty()) throw in_use("delete login profile");
  if (!user.mfa_devices.empty()) throw in_use("delete MFA device");
  if (!user.groups.empty()) throw in_use("remove users from group");
  if (!user.attached.empty()) throw in_use("detach all policies");
  if (!user.inline_policies.empty()) throw in_use("delete policies");
  if (!user.boundary.empty()) call.state->erase(identity::usage_key(call.account, user.boundary, identity::Usage::kBoundary, user));
  call.state->erase(identity::entity_key(Kind::kUser, call.account, user.name));
}

void tag_user(api::Call& call) {
  Entity user = named_entity(call, Kind::kUser);
  add_tags(user.tags, tags_given(call.in));
  identity::save(*call.state, user);
}

void untag_user(api::Call& call) {
  Entity user = named_entity(call, Kind::kUser);
  remove_tags(user.tags, list_of(call.in, "TagKeys"));
  identity::save(*call.state, user);
}

void list_user_tags(api::Call& call) { list_page(call, show_tags(named_entity(call, Kind::kUser).tags), "Tags"); }

void list_groups_for_user(api::Call& call) {
  Json groups = Json::array();
  for (const std::string& name : named_entity(call, Kind::kUser).groups)
    groups.push_back(show(entity_named(call, Kind::kGroup, name), Shown::kBrief));
  list_page(call, groups, "Groups");
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"CreateUser", create_user},
    {"DeleteUser", delete_user},
    {"GetUser", get_user},
    {"ListGroupsForUser", list_groups_for_user},
    {"ListUserTags", list_user_tags},
    {"ListUsers", list_users},
    {"TagUser", tag_user},
    {"UntagUser", untag_user},
    {"UpdateUser", update_user},
});

}  // namespace
}  // namespace cairn::iam

namespace cairn::services {
extern const api::Family iam_users;
const api::Family iam_users{.service = "iam", .operations = iam::kOperations};
}  // namespace cairn::services
