#include <algorithm>
#include <array>

#include "services/cloudformation/resource_type.h"

namespace cairn::cloudformation {
namespace {

constexpr auto kProperties = std::to_array<Property>({
    {"InstanceProfileName", On::kReplace},
    {"Path", On::kReplace},
    {"Roles", On::kUpdate, kRequired},
});
constexpr std::array<std::string_view, 1> kAttributes = {"Arn"};
constexpr std::array<std::string_view, 1> kIdentifiers = {"InstanceProfileName"};

void put(Doing& doing, const Json& role) {
  doing.call("iam", "AddRoleToInstanceProfile", {{"InstanceProfileName", doing.physical}, {"RoleName", role}});
}

void take(Doing& doing, const Json& role) {
  doing.call_unless({"NoSuchEntity"}, "iam", "RemoveRoleFromInstanceProfile",
                    {{"InstanceProfileName", doing.physical}, {"RoleName", role}});
}

void create(Doing& doing) {
  const std::string name = doing.name("InstanceProfileName", {.characters_max = 128});
  Json in = doing.members({{"Path"}});
  in["InstanceProfileName"] = name;
  const Json profile = doing.call("iam", "CreateInstanceProfile", std::move(in)).at("InstanceProfile");
  doing.physical = name;
  doing.attributes["Arn"] = profile.at("Arn");
  for (const Json& role : doing.get("Roles")) put(doing, role);
}

void update(Doing& doing) {
  const Json now = doing.get("Roles"), was = doing.before.value("Roles", Json::array());
  for (const Json& role : was)
    if (std::ranges::find(now, role) == now.end()) take(doing, role);
  for (const Json& role : now)
    if (std::ranges::find(was, role) == was.end()) put(doing, role);
}

void remove(Doing& doing) {
  for (const Json& role : doing.get("Roles")) take(doing, role);
  doing.call_unless({"NoSuchEntity"}, "iam", "DeleteInstanceProfile", {{"InstanceProfileName", doing.physical}});
}

bool find(Doing& doing) {
  const auto found =
      doing.call_unless({"NoSuchEntity"}, "iam", "GetInstanceProfile", {{"InstanceProfileName", doing.id("InstanceProfileName")}});
  if (!found) return false;
  doing.physical = found->at("InstanceProfile").at("InstanceProfileName").get<std::string>();
  doing.attributes["Arn"] = found->at("InstanceProfile").at("Arn");
  return true;
}

}  // namespace

extern const ResourceType iam_instance_profile;
const ResourceType iam_instance_profile{.name = "AWS::IAM::InstanceProfile",
                                        .properties = kProperties,
                                        .create = create,
                                        .update = update,
                                        .remove = remove,
                                        .find = find,
                                        .identifiers = kIdentifiers,
                                        .name_property = "InstanceProfileName",
                                        .attributes = kAttributes};

}  // namespace cairn::cloudformation
