#include "services/sns/deliveries.h"

#include "outbox/item.h"

namespace cairn::sns {

void put_delivery(state::Transaction& state, env::Random& random, Time now, const Subscription& subscription, Json data, uint64_t order) {
  outbox::Item item;
  item.lane = "sns." + subscription.id;
  item.owner = kOutboxOwner;
  item.is_ordered = order > 0;
  item.order = order;
  data["to"] = documents::subscription(subscription.topic, subscription.id);
  item.what = outbox::Deferred{std::move(data)};
  outbox::put(state, random, now, std::move(item));
}

}  // namespace cairn::sns
