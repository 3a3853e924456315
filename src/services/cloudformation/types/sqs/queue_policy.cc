#include <array>

#include "services/cloudformation/resource_type.h"
#include "services/cloudformation/types/policy_of_several.h"

namespace cairn::cloudformation {
namespace {

constexpr auto kProperties = std::to_array<Property>({
    {"PolicyDocument", On::kUpdate, kRequired},
    {"Queues", On::kUpdate, kRequired},
});
constexpr std::array<std::string_view, 1> kAttributes = {"Id"};

void put(Doing& doing, const Json& queue, const std::string& policy) {
  doing.call("sqs", "SetQueueAttributes", {{"QueueUrl", queue}, {"Attributes", {{"Policy", policy}}}});
}

void take(Doing& doing, const Json& queue) {
  doing.call_unless({"AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"}, "sqs", "SetQueueAttributes",
                    {{"QueueUrl", queue}, {"Attributes", {{"Policy", ""}}}});
}

constexpr PolicyHolders kHolders{.property = "Queues", .put = put, .take = take};

void create(Doing& doing) { create_policy(doing, kHolders); }
void update(Doing& doing) { update_policy(doing, kHolders); }
void remove(Doing& doing) { remove_policy(doing, kHolders); }

}  // namespace

extern const ResourceType sqs_queue_policy;
const ResourceType sqs_queue_policy{.name = "AWS::SQS::QueuePolicy",
                                    .properties = kProperties,
                                    .create = create,
                                    .update = update,
                                    .remove = remove,
                                    .attributes = kAttributes};

}  // namespace cairn::cloudformation
