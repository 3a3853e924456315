#pragma once
#include <string>
#include <string_view>

#include "base/json.h"
#include "outbox/retry.h"

/// How often HTTP endpoints are tried, as topics and subscriptions say it.
namespace cairn::sns {

/// A topic's DeliveryPolicy, checked: {"http": {...}}. Throws InvalidParameter.
void check_topic_delivery_policy(std::string_view text, std::string_view parameter);
/// A subscription's, as GetSubscriptionAttributes shows it: with all members. Throws InvalidParameter, NotImplemented.
std::string subscription_delivery_policy(std::string_view text, std::string_view parameter);

/// EffectiveDeliveryPolicy. Texts may be empty.
Json effective_delivery_policy(const std::string& topic);
Json effective_delivery_policy(const std::string& topic, const std::string& subscription);

/// What a subscription's effective policy says.
outbox::RetryPolicy retry_policy_of(const Json& effective);
std::string content_type_of(const Json& effective);

}  // namespace cairn::sns
