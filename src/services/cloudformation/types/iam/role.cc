#include <array>

#include "services/cloudformation/resource_type.h"
#include "services/cloudformation/types/iam/identity.h"

namespace cairn::cloudformation {
namespace {

constexpr auto kProperties = std::to_array<Property>({
    {"AssumeRolePolicyDocument", On::kUpdate, kRequired},
    {"Description"},
    {"ManagedPolicyArns"},
    {"MaxSessionDuration"},
    {"Path", On::kReplace},
    {"PermissionsBoundary"},
    {"Policies"},
    {"RoleName", On::kReplace},
    {"Tags"},
});
constexpr std::array<std::string_view, 2> kAttributes = {"Arn", "RoleId"};
constexpr std::array<std::string_view, 1> kIdentifiers = {"RoleName"};

void create(Doing& doing) {
  Json in = doing.members({{"AssumeRolePolicyDocument"}, {"Description"}, {"MaxSessionDuration"}, {"Path"}, {"PermissionsBoundary"}});
  const std::string name = doing.name("RoleName");
  in["RoleName"] = name;
  if (!doing.tags().empty()) in["Tags"] = doing.tags();
  const Json role = doing.call("iam", "CreateRole", std::move(in)).at("Role");
  doing.physical = name;
  doing.attributes["Arn"] = role.at("Arn");
  doing.attributes["RoleId"] = role.at("RoleId");
  set_policies(doing, kRole);
}

void tag(Doing& doing) {
  retag(doing, {.service = "iam", .id_member = "RoleName", .tag = "TagRole", .untag = "UntagRole"}, doing.physical);
}

void update(Doing& doing) {
  const Json name{{"RoleName", doing.physical}};
  if (doing.changed("AssumeRolePolicyDocument"))
    doing.call("iam", "UpdateAssumeRolePolicy",
               {{"RoleName", doing.physical}, {"PolicyDocument", document_text(doing.get("AssumeRolePolicyDocument"))}});
  if (doing.changed("Description") || doing.changed("MaxSessionDuration"))
    doing.call("iam", "UpdateRole",
               {{"RoleName", doing.physical},
                {"Description", doing.text("Description")},
                {"MaxSessionDuration", doing.has("MaxSessionDuration") ? doing.get("MaxSessionDuration") : Json(3600)}});
  if (doing.changed("PermissionsBoundary")) {
    if (doing.has("PermissionsBoundary"))
      doing.call("iam", "PutRolePermissionsBoundary",
                 {{"RoleName", doing.physical}, {"PermissionsBoundary", doing.get("PermissionsBoundary")}});
    else doing.call("iam", "DeleteRolePermissionsBoundary", name);
  }
  set_policies(doing, kRole);
  tag(doing);
}

void remove(Doing& doing) {
  drop_policies(doing, kRole);
  doing.call_unless({"NoSuchEntity"}, "iam", "DeleteRole", {{"RoleName", doing.physical}});
}

void read(Doing& doing) {
  const auto found = doing.call_unless({"NoSuchEntity"}, "iam", "GetRole", {{"RoleName", doing.physical}});
  doing.is_gone = !found;
  if (!found) return;
  const Json& role = found->at("Role");
  read_members(doing, role, {{"Description"}, {"MaxSessionDuration"}, {"Path"}});
  doing.live["AssumeRolePolicyDocument"] = document_of(role.at("AssumeRolePolicyDocument"));
  read_tags(doing, role.value("Tags", Json::array()));
  read_policies(doing, kRole, role);
}

bool find(Doing& doing) {
  const auto found = doing.call_unless({"NoSuchEntity"}, "iam", "GetRole", {{"RoleName", doing.id("RoleName")}});
  if (!found) return false;
  doing.physical = found->at("Role").at("RoleName").get<std::string>();
  doing.attributes["Arn"] = found->at("Role").at("Arn");
  doing.attributes["RoleId"] = found->at("Role").at("RoleId");
  return true;
}

}  // namespace

extern const ResourceType iam_role;
const ResourceType iam_role{.name = "AWS::IAM::Role",
                            .properties = kProperties,
                            .create = create,
                            .update = update,
                            .remove = remove,
                            .read = read,
                            .find = find,
                            .identifiers = kIdentifiers,
                            .tag = tag,
                            .name_property = "RoleName",
                            .attributes = kAttributes};

}  // namespace cairn::cloudformation
