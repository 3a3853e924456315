#include <array>

#include "services/cloudformation/resource_type.h"

namespace cairn::cloudformation {
namespace {

constexpr auto kProperties = std::to_array<Property>({
    {"PolicyDocument", On::kUpdate, kRequired},
    {"PolicyName", On::kReplace, kRequired},
});

void put(Doing& doing) { doing.call("logs", "PutResourcePolicy", doing.members({{"PolicyDocument"}, {"PolicyName"}})); }

void create(Doing& doing) {
  put(doing);
  doing.physical = doing.text("PolicyName");
}

void remove(Doing& doing) {
  doing.call_unless({"ResourceNotFoundException"}, "logs", "DeleteResourcePolicy", {{"policyName", doing.physical}});
}

}  // namespace

extern const ResourceType logs_resource_policy;
const ResourceType logs_resource_policy{
    .name = "AWS::Logs::ResourcePolicy", .properties = kProperties, .create = create, .update = put, .remove = remove};

}  // namespace cairn::cloudformation
