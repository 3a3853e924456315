#include "rules/posted.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace cairn::rules
