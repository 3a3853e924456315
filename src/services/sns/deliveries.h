#pragma once
#include <optional>
#include <string_view>

#include "base/json.h"
#include "env/random.h"
#include "services/sns/subscription.h"

/// Messages on their way to subscriptions: items of the outbox that the courier (courier.h) makes when they are sent.
namespace cairn::sns {

inline constexpr std::string_view kOutboxOwner = "sns";

/// Of a message of a FIFO topic: it comes after those of its group whose numbers are smaller.
struct Turn {
  std::string_view group;
  uint64_t number = 0;
};

/// `data`: {"message": id}, {"confirm": token} or {"restore": token}.
void put_delivery(state::Transaction& state, env::Random& random, Time now, const Subscription& subscription, Json data,
                  const std::optional<Turn>& turn = {});

}  // namespace cairn::sns
