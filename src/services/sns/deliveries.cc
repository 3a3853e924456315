#include "services/sns/deliveries.h"

#include "base/crypto.h"
#include "outbox/item.h"

namespace cairn::sns {
namespace {

constexpr uint8_t kOrderedLanes = 16;  // of a subscription: as many as are sent at once where no order is kept

/// All of a group in one lane; few lanes, so that what a lane may hold is a bound whatever groups somebody thinks of.
std::string lane_suffix(std::string_view group) {
  return fmt::format(".{}", static_cast<uint8_t>(crypto::sha256(group)[0]) % kOrderedLanes);
}

}  // namespace

void put_delivery(state::Transaction& state, env::Random& random, Time now, const Subscription& subscription, Json data,
                  const std::optional<Turn>& turn) {
  outbox::Item item;
  item.lane = "sns." + subscription.id;
  item.owner = kOutboxOwner;
  if (turn) {
    item.lane += lane_suffix(turn->group);
    item.is_ordered = true;
    item.order = turn->number;
  }
  data["to"] = documents::subscription(subscription.topic, subscription.id);
  item.what = outbox::Deferred{std::move(data)};
  outbox::put(state, random, now, std::move(item));
}

}  // namespace cairn::sns
