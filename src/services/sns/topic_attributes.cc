#include "services/sns/topic_attributes.h"

#include "base/text.h"
#include "services/sns/delivery_policy.h"
#include "services/sns/errors.h"
#include "services/sns/topic_policy.h"

namespace cairn::sns {
namespace {

constexpr size_t kDisplayNameCharactersMax = 100, kKeyNameBytesMax = 2048;

std::string one_of(std::string_view parameter, const std::string& value, std::initializer_list<std::string_view> values) {
  if (std::ranges::find(values, value) != values.end()) return value;
  throw Error(kInvalidParameter, "Invalid parameter: {}: Invalid value [{}]. Must be {}.", parameter, value, fmt::join(values, " or "));
}

}  // namespace

void set_attribute(Topic& topic, const std::string& name, const std::string& value, std::string_view prefix) {
  const std::string parameter = std::string(prefix).append(name);
  if (name == "Policy") {
    if (!value.empty()) check_policy(value, parameter);
    topic.policy = value;
  } else if (name == "DisplayName") {
    if (text::code_points(value) > kDisplayNameCharactersMax || value.find_first_of("\r\n") != std::string::npos) throw invalid(parameter);
    topic.display_name = value;
  } else if (name == "DeliveryPolicy") {
    if (!value.empty()) check_topic_delivery_policy(value, parameter);
    topic.delivery_policy = value;
  } else if (name == "SignatureVersion") {
    topic.signature_version = one_of(parameter, value, {"1", "2"});
  } else if (name == "TracingConfig") {
    topic.tracing = one_of(parameter, value, {"PassThrough"});
  } else if (name == "ContentBasedDeduplication") {
    if (!topic.is_fifo()) throw invalid(parameter);
    topic.deduplicates_by_content = one_of(parameter, text::lower(value), {"true", "false"}) == "true";
  } else if (name == "FifoThroughputScope") {
    if (!topic.is_fifo()) throw invalid(parameter);
    topic.throughput_scope = one_of(parameter, value, {"Topic", "MessageGroup"});
  } else if (name == "KmsMasterKeyId") {
    if (value.size() > kKeyNameBytesMax) throw invalid(parameter);
    topic.kms_key = value;
  } else if (name == "ArchivePolicy" || name.find("Feedback") != std::string::npos) {
    throw Error(aws::kNotImplemented, "The attribute {} of topics is not implemented.", name);
  } else {
    throw invalid(prefix.empty() ? std::string("AttributeName") : fmt::format("{}Unknown attribute: {}", prefix, name));
  }
}

Json attributes_of(const Topic& topic) {
  Json attributes{{"Policy", policy_text(topic)}, {"Owner", topic.account.str()}, {"TopicArn", topic.arn()}};
  attributes["EffectiveDeliveryPolicy"] = json::dump(effective_delivery_policy(topic.delivery_policy));
  attributes["DisplayName"] = topic.display_name;
  const auto show = [&](const char* name, const std::string& value) {
    if (!value.empty()) attributes[name] = value;
  };
  show("DeliveryPolicy", topic.delivery_policy);
  show("SignatureVersion", topic.signature_version);
  show("TracingConfig", topic.tracing);
  show("KmsMasterKeyId", topic.kms_key);
  if (topic.is_fifo()) {
    attributes["FifoTopic"] = "true";
    attributes["ContentBasedDeduplication"] = topic.deduplicates_by_content ? "true" : "false";
    show("FifoThroughputScope", topic.throughput_scope);
  }
  attributes["SubscriptionsDeleted"] = std::to_string(topic.subscriptions_deleted);
  return attributes;
}

}  // namespace cairn::sns
