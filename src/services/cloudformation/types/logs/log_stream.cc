#include <array>

#include "services/cloudformation/resource_type.h"

namespace cairn::cloudformation {
namespace {

constexpr auto kProperties = std::to_array<Property>({
    {"LogGroupName", On::kReplace, kRequired},
    {"LogStreamName", On::kReplace},
});
constexpr std::array<std::string_view, 2> kIdentifiers = {"LogGroupName", "LogStreamName"};

void create(Doing& doing) {
  const std::string name = doing.name("LogStreamName", {.characters_max = 512});
  doing.call("logs", "CreateLogStream", {{"logGroupName", doing.get("LogGroupName")}, {"logStreamName", name}});
  doing.physical = name;
}

void remove(Doing& doing) {
  doing.call_unless({"ResourceNotFoundException"}, "logs", "DeleteLogStream",
                    {{"logGroupName", doing.get("LogGroupName")}, {"logStreamName", doing.physical}});
}

/// Of those whose names begin so, it is the first.
bool find(Doing& doing) {
  const std::string name = doing.id("LogStreamName");
  const auto found = doing.call_unless({"ResourceNotFoundException"}, "logs", "DescribeLogStreams",
                                       {{"logGroupName", doing.id("LogGroupName")}, {"logStreamNamePrefix", name}, {"limit", 1}});
  const Json streams = found ? found->value("logStreams", Json::array()) : Json::array();
  if (streams.empty() || streams.at(0).at("logStreamName") != name) return false;
  doing.physical = name;
  return true;
}

}  // namespace

extern const ResourceType logs_log_stream;
const ResourceType logs_log_stream{.name = "AWS::Logs::LogStream",
                                   .properties = kProperties,
                                   .create = create,
                                   .remove = remove,
                                   .find = find,
                                   .identifiers = kIdentifiers};

}  // namespace cairn::cloudformation
