#include <array>

#include "services/cloudformation/resource_type.h"

namespace cairn::cloudformation {
namespace {

constexpr auto kProperties = std::to_array<Property>({
    {"ContentBasedDeduplication"},
    {"DeduplicationScope"},
    {"DelaySeconds"},
    {"FifoQueue", On::kReplace},
    {"FifoThroughputLimit"},
    {"KmsDataKeyReusePeriodSeconds"},
    {"KmsMasterKeyId"},
    {"MaximumMessageSize"},
    {"MessageRetentionPeriod"},
    {"QueueName", On::kReplace},
    {"ReceiveMessageWaitTimeSeconds"},
    {"RedriveAllowPolicy"},
    {"RedrivePolicy"},
    {"SqsManagedSseEnabled"},
    {"Tags"},
    {"VisibilityTimeout"},
});
constexpr std::array<std::string_view, 3> kAttributes = {"Arn", "QueueName", "QueueUrl"};

/// What a queue has that nobody set any for.
struct Attribute {
  std::string_view name, otherwise;
};
constexpr Attribute kSettable[] = {{"ContentBasedDeduplication", "false"},
                                   {"DeduplicationScope", "queue"},
                                   {"DelaySeconds", "0"},
                                   {"FifoThroughputLimit", "perQueue"},
                                   {"KmsDataKeyReusePeriodSeconds", "300"},
                                   {"KmsMasterKeyId", ""},
                                   {"MaximumMessageSize", "1048576"},
                                   {"MessageRetentionPeriod", "345600"},
                                   {"ReceiveMessageWaitTimeSeconds", "0"},
                                   {"RedriveAllowPolicy", ""},
                                   {"RedrivePolicy", ""},
                                   {"SqsManagedSseEnabled", "true"},
                                   {"VisibilityTimeout", "30"}};

std::string value_of(const Doing& doing, const Attribute& attribute) {
  const Json& value = doing.get(attribute.name);
  return value.is_structured() ? document_text(value) : doing.text(attribute.name, std::string(attribute.otherwise));
}

void create(Doing& doing) {
  const bool is_fifo = doing.flag("FifoQueue");
  const std::string name = doing.name("QueueName", {.characters_max = 80, .suffix = is_fifo ? ".fifo" : ""});
  // CreateQueue would give one that is there already.
  if (doing.is_named("QueueName") &&
      doing.call_unless({"AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"}, "sqs", "GetQueueUrl", {{"QueueName", name}}))
    throw Failed{fmt::format("{} already exists", name)};
  Json attributes = Json::object();
  if (is_fifo) attributes["FifoQueue"] = "true";
  for (const Attribute& each : kSettable)
    if (doing.has(each.name)) attributes[std::string(each.name)] = value_of(doing, each);
  Json in{{"QueueName", name}, {"Attributes", std::move(attributes)}};
  if (!doing.tags().empty()) in["tags"] = doing.tags();
  doing.physical = doing.call("sqs", "CreateQueue", std::move(in)).at("QueueUrl").get<std::string>();
  doing.attributes["QueueUrl"] = doing.physical;
  doing.attributes["QueueName"] = name;
  doing.attributes["Arn"] = fmt::format("arn:aws:sqs:{}:{}:{}", doing.where().region.str(), doing.where().account.str(), name);
}

void update(Doing& doing) {
  Json attributes = Json::object();
  for (const Attribute& each : kSettable)
    if (doing.changed(each.name)) attributes[std::string(each.name)] = value_of(doing, each);
  if (!attributes.empty()) doing.call("sqs", "SetQueueAttributes", {{"QueueUrl", doing.physical}, {"Attributes", std::move(attributes)}});
  retag(doing, {.service = "sqs", .id_member = "QueueUrl", .tag = "TagQueue", .untag = "UntagQueue"}, doing.physical);
}

void remove(Doing& doing) {
  doing.call_unless({"AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"}, "sqs", "DeleteQueue", {{"QueueUrl", doing.physical}});
}

}  // namespace

extern const ResourceType sqs_queue;
const ResourceType sqs_queue{.name = "AWS::SQS::Queue",
                             .properties = kProperties,
                             .create = create,
                             .update = update,
                             .remove = remove,
                             .name_property = "QueueName",
                             .attributes = kAttributes};

}  // namespace cairn::cloudformation
