#include "rules/posted.h"

#include <gtest/gtest.h>

#include "journal/entry.h"
#include "state/sim/engine.h"

namespace cairn::rules {
namespace {

const BusName kBus{aws::AccountId("111122223333"), aws::Region("eu-west-1"), "orders"};

TEST(Posted, GoesThereAndBack) {
  std::string note;
  append(note, {.bus = kBus, .is_forwarded = true, .replay_rules = "arn:a arn:b", .event = "{\"a\":\n1}"});
  append(note, {.bus = kBus, .event = "{}"});
  const auto read = decode_posted(note);
  ASSERT_TRUE(read);
  ASSERT_EQ(read->size(), 2u);
  EXPECT_EQ((*read)[0].bus, kBus);
  EXPECT_TRUE((*read)[0].is_forwarded);
  EXPECT_EQ((*read)[0].replay_rules, "arn:a arn:b");
  EXPECT_EQ((*read)[0].event, "{\"a\":\n1}");
  EXPECT_FALSE((*read)[1].is_forwarded);
  for (size_t i = 1; i < note.size(); ++i) {
    const auto cut = decode_posted(std::string_view(note).substr(0, i));
    EXPECT_TRUE(!cut || cut->size() < 2) << i;
  }
}

TEST(Posted, ATransactionHasOneNoteOfAllThatIsPosted) {
  state::SimDatabase database;
  const auto engine = database.open();
  state::Store store(*engine, state::Options{});
  state::Transaction state(store);
  size_t bytes = 0;
  for (const char* id : {"1", "2"})
    bytes +=
        post(state,
             {.id = id, .detail_type = "t", .source = "aws.x", .account = kBus.account, .time = {}, .region = kBus.region, .detail = "{}"});
  ASSERT_EQ(state.changes().size(), 1u);
  EXPECT_EQ(state.changes()[0].key, journal::note_key(kNote));
  EXPECT_EQ(state.changes()[0].value->size(), bytes);
  const auto read = decode_posted(*state.changes()[0].value);
  ASSERT_TRUE(read && read->size() == 2);
  EXPECT_EQ((*read)[1].bus, (BusName{kBus.account, kBus.region, "default"}));
  EXPECT_NE((*read)[1].event.find(R"("id":"2")"), std::string::npos);
}

}  // namespace
}  // namespace cairn::rules
