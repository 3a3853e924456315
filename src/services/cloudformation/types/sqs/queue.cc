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
constexpr std::array<std::string_view, 1> kIdentifiers = {"QueueUrl"};

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
  const std::string url = doing.call("sqs", "CreateQueue", std::move(in)).at("QueueUrl").get<std::string>();
  const auto& where = doing.where();  // as SQS answers those who come where the operation's caller came
  doing.physical = where.endpoint.empty() ? url : fmt::format("{}/{}/{}", where.endpoint, where.account.str(), name);
  doing.attributes["QueueUrl"] = doing.physical;
  doing.attributes["QueueName"] = name;
  doing.attributes["Arn"] = fmt::format("arn:aws:sqs:{}:{}:{}", doing.where().region.str(), doing.where().account.str(), name);
}

void tag(Doing& doing) {
  retag(doing, {.service = "sqs", .id_member = "QueueUrl", .tag = "TagQueue", .untag = "UntagQueue"}, doing.physical);
}

void update(Doing& doing) {
  Json attributes = Json::object();
  for (const Attribute& each : kSettable)
    if (doing.changed(each.name)) attributes[std::string(each.name)] = value_of(doing, each);
  if (!attributes.empty()) doing.call("sqs", "SetQueueAttributes", {{"QueueUrl", doing.physical}, {"Attributes", std::move(attributes)}});
  tag(doing);
}

void remove(Doing& doing) {
  doing.call_unless({"AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"}, "sqs", "DeleteQueue", {{"QueueUrl", doing.physical}});
}

void read(Doing& doing) {
  const auto found = doing.call_unless({"AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"}, "sqs", "GetQueueAttributes",
                                       {{"QueueUrl", doing.physical}, {"AttributeNames", {"All"}}});
  doing.is_gone = !found;
  if (!found) return;
  for (const Attribute& each : kSettable) {
    read_members(doing, found->at("Attributes"), {{each.name}});
    if (doing.has(each.name) && each.name.starts_with("Redrive"))
      doing.live[std::string(each.name)] = document_of(doing.live[std::string(each.name)]);
  }
  read_members(doing, found->at("Attributes"), {{"FifoQueue"}});
  if (doing.has("Tags")) read_tags(doing, doing.call("sqs", "ListQueueTags", {{"QueueUrl", doing.physical}}).value("Tags", Json::object()));
}

bool find(Doing& doing) {
  const std::string url = doing.id("QueueUrl");
  const auto found = doing.call_unless({"AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist", "InvalidAddress"}, "sqs",
                                       "GetQueueAttributes", {{"QueueUrl", url}, {"AttributeNames", {"QueueArn"}}});
  if (!found) return false;
  const std::string arn = found->at("Attributes").at("QueueArn").get<std::string>();
  if (!is_own_arn(doing, arn)) return false;
  doing.physical = url;
  doing.attributes["QueueUrl"] = url;
  doing.attributes["QueueName"] = arn.substr(arn.rfind(':') + 1);
  doing.attributes["Arn"] = arn;
  return true;
}

}  // namespace

extern const ResourceType sqs_queue;
const ResourceType sqs_queue{.name = "AWS::SQS::Queue",
                             .properties = kProperties,
                             .create = create,
                             .update = update,
                             .remove = remove,
                             .read = read,
                             .find = find,
                             .identifiers = kIdentifiers,
                             .tag = tag,
                             .name_property = "QueueName",
                             .attributes = kAttributes};

}  // namespace cairn::cloudformation
