#include <array>

#include "services/cloudformation/resource_type.h"

namespace cairn::cloudformation {
namespace {

constexpr auto kProperties = std::to_array<Property>({
    {"LogGroupName", On::kReplace, kRequired},
    {"LogStreamName", On::kReplace},
});

void create(Doing& doing) {
  const std::string name = doing.name("LogStreamName", {.characters_max = 512});
  doing.call("logs", "CreateLogStream", {{"logGroupName", doing.get("LogGroupName")}, {"logStreamName", name}});
  doing.physical = name;
}

void remove(Doing& doing) {
  doing.call_unless({"ResourceNotFoundException"}, "logs", "DeleteLogStream",
                    {{"logGroupName", doing.get("LogGroupName")}, {"logStreamName", doing.physical}});
}

}  // namespace

extern const ResourceType logs_log_stream;
const ResourceType logs_log_stream{.name = "AWS::Logs::LogStream", .properties = kProperties, .create = create, .remove = remove};

}  // namespace cairn::cloudformation
