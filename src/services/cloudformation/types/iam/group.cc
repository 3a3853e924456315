#include <array>

#include "services/cloudformation/resource_type.h"
#include "services/cloudformation/types/iam/identity.h"

namespace cairn::cloudformation {
namespace {

constexpr auto kProperties = std::to_array<Property>({
    {"GroupName", On::kReplace},
    {"ManagedPolicyArns"},
    {"Path", On::kReplace},
    {"Policies"},
});
constexpr std::array<std::string_view, 1> kAttributes = {"Arn"};
constexpr std::array<std::string_view, 1> kIdentifiers = {"GroupName"};

void create(Doing& doing) {
  const std::string name = doing.name("GroupName", {.characters_max = 128});
  Json in = doing.members({{"Path"}});
  in["GroupName"] = name;
  const Json group = doing.call("iam", "CreateGroup", std::move(in)).at("Group");
  doing.physical = name;
  doing.attributes["Arn"] = group.at("Arn");
  set_policies(doing, kGroup);
}

void update(Doing& doing) { set_policies(doing, kGroup); }

void remove(Doing& doing) {
  drop_policies(doing, kGroup);
  doing.call_unless({"NoSuchEntity"}, "iam", "DeleteGroup", {{"GroupName", doing.physical}});
}

bool find(Doing& doing) {
  const auto found = doing.call_unless({"NoSuchEntity"}, "iam", "GetGroup", {{"GroupName", doing.id("GroupName")}});
  if (!found) return false;
  doing.physical = found->at("Group").at("GroupName").get<std::string>();
  doing.attributes["Arn"] = found->at("Group").at("Arn");
  return true;
}

}  // namespace

extern const ResourceType iam_group;
const ResourceType iam_group{.name = "AWS::IAM::Group",
                             .properties = kProperties,
                             .create = create,
                             .update = update,
                             .remove = remove,
                             .find = find,
                             .identifiers = kIdentifiers,
                             .name_property = "GroupName",
                             .attributes = kAttributes};

}  // namespace cairn::cloudformation
