#include "services/sns/subscription_attributes.h"

#include <algorithm>

#include "base/text.h"
#include "services/sns/delivery_policy.h"
#include "services/sns/errors.h"
#include "services/sns/filter_policy.h"

namespace cairn::sns {
namespace {

constexpr size_t kFiltersOfTopicMax = 200;

Error refusal(std::string_view parameter, std::string_view why) {
  return Error(kInvalidParameter, "Invalid parameter: {}: {}", parameter, why);
}

void check_redrive_policy(const Subscription& subscription, const std::string& text, std::string_view parameter) {
  const Result<Json> policy = json::parse(text);
  if (!policy) throw refusal(parameter, "failed to parse JSON. " + policy.error().message);
  const std::string arn = policy->is_object() && policy->contains("deadLetterTargetArn") && (*policy)["deadLetterTargetArn"].is_string()
                              ? (*policy)["deadLetterTargetArn"].get<std::string>()
                              : "";
  const std::vector<std::string_view> parts = text::split(arn, ':');
  if (parts.size() != 6 || parts[0] != "arn" || parts[1] != "aws" || parts[2] != "sqs" || !aws::is_region(parts[3]) ||
      !aws::is_account_id(parts[4]) || parts[5].empty())
    throw refusal(parameter, "deadLetterTargetArn is an invalid arn");
  if (subscription.topic.is_fifo() && subscription.endpoint.ends_with(".fifo") && !parts[5].ends_with(".fifo"))
    throw refusal(parameter, "must use a FIFO queue as DLQ for a FIFO Subscription to a FIFO Topic.");
}

}  // namespace

void set_attribute(Subscription& subscription, const std::string& name, const std::string& value, std::string_view prefix) {
  const std::string parameter = std::string(prefix).append(name);
  const bool is_http = subscription.protocol == "http" || subscription.protocol == "https";
  if (name == "RawMessageDelivery") {
    if (value != "true" && value != "false") throw refusal(parameter, fmt::format("Invalid value [{}]. Must be true or false.", value));
    if (value == "true" && !is_http && subscription.protocol != "sqs")
      throw refusal(parameter, fmt::format("Delivery protocol [{}] does not support raw message delivery.", subscription.protocol));
    subscription.is_raw = value == "true";
  } else if (name == "FilterPolicyScope") {
    if (value != "MessageBody" && value != "MessageAttributes")
      throw refusal(parameter, fmt::format("Invalid value [{}]. Please use either MessageBody or MessageAttributes", value));
    subscription.filter_scope = value;
  } else if (name == "FilterPolicy") {
    subscription.filter_policy = text::trim(value) == "{}" ? "" : value;
  } else if (name == "DeliveryPolicy") {
    if (!is_http) throw refusal(parameter, "only HTTP/S subscriptions have a delivery policy");
    subscription.delivery_policy = value.empty() ? "" : subscription_delivery_policy(value, parameter);
  } else if (name == "RedrivePolicy") {
    if (!value.empty()) check_redrive_policy(subscription, value, parameter);
    subscription.redrive_policy = value;
  } else if (name == "ReplayPolicy" || name == "SubscriptionRoleArn") {
    throw Error(aws::kNotImplemented, "The attribute {} of subscriptions is not implemented.", name);
  } else {
    throw invalid(prefix.empty() ? std::string("AttributeName") : fmt::format("{}Unknown attribute: {}", prefix, name));
  }
}

void check_filter(state::Transaction& state, const Subscription& subscription, std::string_view prefix) {
  if (subscription.filter_policy.empty()) return;
  check_filter_policy(subscription.filter_policy, subscription.filters_body(), std::string(prefix).append("FilterPolicy"));
  const auto others = std::ranges::count_if(subscriptions_of(state, subscription.topic), [&](const Subscription& one) {
    return one.id != subscription.id && !one.filter_policy.empty();
  });
  if (static_cast<size_t>(others) >= kFiltersOfTopicMax) throw Error(kFilterPolicyLimit, "Filter policy limit exceeded");
}

Json attributes_of(const Subscription& subscription, const std::string& topic_delivery_policy) {
  const auto flag = [](bool value) { return value ? "true" : "false"; };
  Json attributes{{"SubscriptionArn", subscription.arn()},
                  {"TopicArn", subscription.topic.arn()},
                  {"Protocol", subscription.protocol},
                  {"Endpoint", subscription.endpoint},
                  {"Owner", subscription.owner.str()},
                  {"SubscriptionPrincipal", subscription.principal},
                  {"PendingConfirmation", flag(subscription.is_pending)},
                  {"ConfirmationWasAuthenticated", flag(subscription.was_authenticated)},
                  {"RawMessageDelivery", flag(subscription.is_raw)}};
  if (!subscription.filter_policy.empty()) {
    attributes["FilterPolicy"] = subscription.filter_policy;
    attributes["FilterPolicyScope"] = subscription.filters_body() ? "MessageBody" : "MessageAttributes";
  }
  if (!subscription.redrive_policy.empty()) attributes["RedrivePolicy"] = subscription.redrive_policy;
  if (subscription.protocol == "http" || subscription.protocol == "https") {
    if (!subscription.delivery_policy.empty()) attributes["DeliveryPolicy"] = subscription.delivery_policy;
    attributes["EffectiveDeliveryPolicy"] = json::dump(effective_delivery_policy(topic_delivery_policy, subscription.delivery_policy));
  }
  return attributes;
}

std::string dead_letter_queue_of(const Subscription& subscription) {
  if (subscription.redrive_policy.empty()) return "";
  return json::parse(subscription.redrive_policy).value().at("deadLetterTargetArn").get<std::string>();
}

}  // namespace cairn::sns
