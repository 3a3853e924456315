#pragma once
#include <string_view>

#include "base/json.h"
#include "env/random.h"
#include "services/sns/subscription.h"

/// Messages on their way to subscriptions: items of the outbox that the courier (courier.h) makes when they are sent.
namespace cairn::sns {

inline constexpr std::string_view kOutboxOwner = "sns";

/// `data`: {"message": id}, {"confirm": token} or {"restore": token}. `order`: of FIFO topics.
void put_delivery(state::Transaction& state, env::Random& random, Time now, const Subscription& subscription, Json data,
                  uint64_t order = 0);

}  // namespace cairn::sns
