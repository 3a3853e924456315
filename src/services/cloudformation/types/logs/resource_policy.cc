#include <array>

#include "services/cloudformation/resource_type.h"

namespace cairn::cloudformation {
namespace {

constexpr auto kProperties = std::to_array<Property>({
    {"PolicyDocument", On::kUpdate, kRequired},
    {"PolicyName", On::kReplace, kRequired},
});
constexpr std::array<std::string_view, 1> kIdentifiers = {"PolicyName"};

void put(Doing& doing) { doing.call("logs", "PutResourcePolicy", doing.members({{"PolicyDocument"}, {"PolicyName"}})); }

void create(Doing& doing) {
  const std::string name = doing.text("PolicyName");
  const Json there = doing.call("logs", "DescribeResourcePolicies", Json::object());
  for (const Json& policy : there.value("resourcePolicies", Json::array()))  // PutResourcePolicy would overwrite it
    if (policy.at("policyName") == name) throw Failed{fmt::format("{} already exists", name)};
  put(doing);
  doing.physical = name;
}

void remove(Doing& doing) {
  doing.call_unless({"ResourceNotFoundException"}, "logs", "DeleteResourcePolicy", {{"policyName", doing.physical}});
}

bool find(Doing& doing) {
  const Json there = doing.call("logs", "DescribeResourcePolicies", Json::object());
  for (const Json& policy : there.value("resourcePolicies", Json::array()))
    if (policy.at("policyName") == doing.id("PolicyName")) {
      doing.physical = doing.id("PolicyName");
      return true;
    }
  return false;
}

}  // namespace

extern const ResourceType logs_resource_policy;
const ResourceType logs_resource_policy{.name = "AWS::Logs::ResourcePolicy",
                                        .properties = kProperties,
                                        .create = create,
                                        .update = put,
                                        .remove = remove,
                                        .find = find,
                                        .identifiers = kIdentifiers};

}  // namespace cairn::cloudformation
