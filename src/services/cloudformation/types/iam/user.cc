#include <algorithm>
#include <array>

#include "services/cloudformation/resource_type.h"
#include "services/cloudformation/types/iam/identity.h"

namespace cairn::cloudformation {
namespace {

constexpr auto kProperties = std::to_array<Property>({
    {"Groups"},
    {"LoginProfile"},
    {"ManagedPolicyArns"},
    {"Path"},
    {"PermissionsBoundary"},
    {"Policies"},
    {"Tags"},
    {"UserName", On::kReplace},
});
constexpr std::array<std::string_view, 1> kAttributes = {"Arn"};
constexpr std::array<std::string_view, 1> kIdentifiers = {"UserName"};

Json groups_of(const Json& properties) {
  const auto it = properties.find("Groups");
  return it == properties.end() ? Json::array() : *it;
}

void set_groups(Doing& doing) {
  const Json now = groups_of(doing.wanted), was = groups_of(doing.before);
  for (const Json& group : now)
    if (std::ranges::find(was, group) == was.end())
      doing.call("iam", "AddUserToGroup", {{"UserName", doing.physical}, {"GroupName", group}});
  for (const Json& group : was)
    if (std::ranges::find(now, group) == now.end())
      doing.call_unless({"NoSuchEntity"}, "iam", "RemoveUserFromGroup", {{"UserName", doing.physical}, {"GroupName", group}});
}

Json profile_of(const Doing& doing) {
  Json in = doing.get("LoginProfile");
  in["UserName"] = doing.physical;
  return in;
}

void create(Doing& doing) {
  const std::string name = doing.name("UserName");
  Json in = doing.members({{"Path"}, {"PermissionsBoundary"}});
  in["UserName"] = name;
  if (!doing.tags().empty()) in["Tags"] = doing.tags();
  const Json user = doing.call("iam", "CreateUser", std::move(in)).at("User");
  doing.physical = name;
  doing.attributes["Arn"] = user.at("Arn");
  if (doing.has("LoginProfile")) doing.call("iam", "CreateLoginProfile", profile_of(doing));
  set_policies(doing, kUser);
  set_groups(doing);
}

void tag(Doing& doing) {
  retag(doing, {.service = "iam", .id_member = "UserName", .tag = "TagUser", .untag = "UntagUser"}, doing.physical);
}

void update(Doing& doing) {
  const Json name{{"UserName", doing.physical}};
  if (doing.changed("Path")) {
    doing.call("iam", "UpdateUser", {{"UserName", doing.physical}, {"NewPath", doing.text("Path", "/")}});
    doing.attributes["Arn"] = doing.call("iam", "GetUser", name).at("User").at("Arn");
  }
  if (doing.changed("PermissionsBoundary")) {
    if (doing.has("PermissionsBoundary"))
      doing.call("iam", "PutUserPermissionsBoundary",
                 {{"UserName", doing.physical}, {"PermissionsBoundary", doing.get("PermissionsBoundary")}});
    else doing.call("iam", "DeleteUserPermissionsBoundary", name);
  }
  if (doing.changed("LoginProfile")) {
    if (!doing.has("LoginProfile")) doing.call("iam", "DeleteLoginProfile", name);
    else doing.call("iam", doing.before.contains("LoginProfile") ? "UpdateLoginProfile" : "CreateLoginProfile", profile_of(doing));
  }
  set_policies(doing, kUser);
  set_groups(doing);
  tag(doing);
}

void remove(Doing& doing) {
  for (const Json& group : groups_of(doing.wanted))
    doing.call_unless({"NoSuchEntity"}, "iam", "RemoveUserFromGroup", {{"UserName", doing.physical}, {"GroupName", group}});
  if (doing.has("LoginProfile")) doing.call_unless({"NoSuchEntity"}, "iam", "DeleteLoginProfile", {{"UserName", doing.physical}});
  drop_policies(doing, kUser);
  doing.call_unless({"NoSuchEntity"}, "iam", "DeleteUser", {{"UserName", doing.physical}});
}

void read(Doing& doing) {
  const auto found = doing.call_unless({"NoSuchEntity"}, "iam", "GetUser", {{"UserName", doing.physical}});
  doing.is_gone = !found;
  if (!found) return;
  const Json& user = found->at("User");
  read_members(doing, user, {{"Path"}});
  read_tags(doing, user.value("Tags", Json::array()));
  read_policies(doing, kUser, user);
  if (!doing.has("Groups")) return;
  doing.live["Groups"] = Json::array();
  const Json found_groups = doing.call("iam", "ListGroupsForUser", {{"UserName", doing.physical}});
  for (const Json& group : found_groups.at("Groups")) doing.live["Groups"].push_back(group.at("GroupName"));
}

bool find(Doing& doing) {
  const auto found = doing.call_unless({"NoSuchEntity"}, "iam", "GetUser", {{"UserName", doing.id("UserName")}});
  if (!found) return false;
  doing.physical = found->at("User").at("UserName").get<std::string>();
  doing.attributes["Arn"] = found->at("User").at("Arn");
  return true;
}

}  // namespace

extern const ResourceType iam_user;
const ResourceType iam_user{.name = "AWS::IAM::User",
                            .properties = kProperties,
                            .create = create,
                            .update = update,
                            .remove = remove,
                            .read = read,
                            .find = find,
                            .identifiers = kIdentifiers,
                            .tag = tag,
                            .name_property = "UserName",
                            .attributes = kAttributes};

}  // namespace cairn::cloudformation
