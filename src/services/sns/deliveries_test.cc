#include "services/sns/deliveries.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "env/sim/random.h"
#include "outbox/item.h"
#include "state/sim/engine.h"

namespace cairn::sns {
namespace {

TEST(Deliveries, OfAGroupGoOneByOneAndOfOthersBesideThem) {
  constexpr uint64_t kGroups = 100, kMessages = 1000;
  state::SimDatabase database;
  const std::unique_ptr<state::Engine> engine = database.open();
  state::Store store(*engine, {});
  env::SimRandom random(1);
  Subscription subscription;
  subscription.topic = {aws::Region("us-east-1"), aws::AccountId("111122223333"), "t.fifo"};
  subscription.id = "c9135db0-26c4-47ec-8998-413945fb5a96";
  state::Transaction state(store);
  for (uint64_t i = 1; i <= kMessages; ++i) {
    const std::string group = fmt::format("group-{}", i % kGroups);
    put_delivery(state, random, Time(), subscription, {{"message", fmt::format("{}:{}", group, i)}}, Turn{group, i});
  }
  put_delivery(state, random, Time(), subscription, {{"confirm", "token"}});

  std::map<std::string, std::set<std::string>> lanes_of_group;
  std::map<std::string, uint64_t> last_of_group;
  std::set<std::string> lanes;
  size_t unordered = 0;
  for (const state::Item& document : state.list(outbox::keys::kItems, "", 2 * kMessages).items) {
    const auto [lane, id] = outbox::keys::split_item(document.key);
    const outbox::Item item = outbox::decode_item(lane, document.value);
    if (!item.is_ordered) {
      ++unordered;
      EXPECT_FALSE(lanes.contains(item.lane));
      continue;
    }
    const std::string message = std::get<outbox::Deferred>(item.what).data.at("message").get<std::string>();
    const std::string group = message.substr(0, message.find(':'));
    const uint64_t number = std::stoull(message.substr(message.find(':') + 1));
    lanes.insert(item.lane);
    lanes_of_group[group].insert(item.lane);
    EXPECT_GT(number, std::exchange(last_of_group[group], number));
  }
  EXPECT_EQ(unordered, 1u);
  EXPECT_EQ(lanes_of_group.size(), kGroups);
  for (const auto& [group, own] : lanes_of_group) EXPECT_EQ(own.size(), 1u) << group;
  EXPECT_GT(lanes.size(), 8u);
  EXPECT_LE(lanes.size(), 16u);
}

}  // namespace
}  // namespace cairn::sns
