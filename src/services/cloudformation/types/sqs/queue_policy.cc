#include <algorithm>
#include <array>

#include "services/cloudformation/resource_type.h"

namespace cairn::cloudformation {
namespace {

constexpr auto kProperties = std::to_array<Property>({
    {"PolicyDocument", On::kUpdate, kRequired},
    {"Queues", On::kUpdate, kRequired},
});
constexpr std::array<std::string_view, 1> kAttributes = {"Id"};

void set_policy(Doing& doing, const Json& queue) {
  doing.call("sqs", "SetQueueAttributes", {{"QueueUrl", queue}, {"Attributes", {{"Policy", document_text(doing.get("PolicyDocument"))}}}});
}

void take_policy(Doing& doing, const Json& queue) {
  doing.call_unless({"AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"}, "sqs", "SetQueueAttributes",
                    {{"QueueUrl", queue}, {"Attributes", {{"Policy", ""}}}});
}

void create(Doing& doing) {
  doing.physical = doing.name("");
  doing.attributes["Id"] = doing.physical;
  for (const Json& queue : doing.get("Queues")) set_policy(doing, queue);
}

void update(Doing& doing) {
  const Json& now = doing.get("Queues");
  for (const Json& queue : now) set_policy(doing, queue);
  for (const Json& queue : doing.before.value("Queues", Json::array()))
    if (std::ranges::find(now, queue) == now.end()) take_policy(doing, queue);
}

void remove(Doing& doing) {
  for (const Json& queue : doing.get("Queues")) take_policy(doing, queue);
}

}  // namespace

extern const ResourceType sqs_queue_policy;
const ResourceType sqs_queue_policy{.name = "AWS::SQS::QueuePolicy",
                                    .properties = kProperties,
                                    .create = create,
                                    .update = update,
                                    .remove = remove,
                                    .attributes = kAttributes};

}  // namespace cairn::cloudformation
