#pragma once
#include <string>
#include <string_view>

#include "services/sns/subscription.h"

namespace cairn::sns {

/// Sets one attribute. Throws InvalidParameter; NotImplemented for what cannot be honoured. `prefix`: as of topics. Filters are checked
/// when all are set: check_filter.
void set_attribute(Subscription& subscription, const std::string& name, const std::string& value, std::string_view prefix);
/// Throws InvalidParameter, FilterPolicyLimitExceeded.
void check_filter(state::Transaction& state, const Subscription& subscription, std::string_view prefix);
/// As GetSubscriptionAttributes shows them.
Json attributes_of(const Subscription& subscription, const std::string& topic_delivery_policy);
/// The ARN of the dead-letter queue; "": none.
std::string dead_letter_queue_of(const Subscription& subscription);

}  // namespace cairn::sns
