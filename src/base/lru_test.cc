#include "base/lru.h"

#include <gtest/gtest.h>

#include <string>

namespace cairn {
namespace {

TEST(Lru, KeepsWhatWasUsedLastUpToItsCost) {
  Lru<int, const std::string> lru(30);
  const auto text = [](const char* s) { return std::make_shared<const std::string>(s); };
  lru.put(1, text("one"), 10);
  lru.put(2, text("two"), 10);
  lru.put(3, text("three"), 10);
  const auto held = lru.get(1);
  lru.put(4, text("four"), 10);
  EXPECT_EQ(lru.get(2), nullptr) << "it was used before the others";
  ASSERT_NE(lru.get(1), nullptr);
  EXPECT_EQ(*lru.get(4), "four");
  lru.put(5, text("too large"), 31);
  EXPECT_EQ(lru.get(5), nullptr);
  EXPECT_NE(lru.get(3), nullptr) << "what is too large drives out nothing";
}

TEST(Lru, GivesWayAtOnceWhenItMayKeepLess) {
  Lru<int, const std::string> lru(30);
  for (int key = 1; key <= 3; ++key) lru.put(key, std::make_shared<const std::string>(std::to_string(key)), 10);
  const auto held = lru.get(1);
  lru.limit(10);
  EXPECT_EQ(lru.get(2), nullptr);
  EXPECT_EQ(lru.get(3), nullptr);
  EXPECT_EQ(lru.get(1), held);
  lru.limit(20);
  lru.put(4, std::make_shared<const std::string>("4"), 10);
  EXPECT_EQ(lru.get(1), held);
  EXPECT_NE(lru.get(4), nullptr);
}

}  // namespace
}  // namespace cairn
