#include "state/row_cache.h"

#include <gtest/gtest.h>

namespace cairn::state {
namespace {

Value value(const std::string& text) { return std::make_shared<const std::string>(text); }

TEST(RowCache, KeepsThoseUsedLastAndAbsentKeysToo) {
  RowCache cache(10'000);
  for (int i = 0; i < 100; ++i) {
    cache.put(cache.ticket(), "key" + std::to_string(i), i % 2 ? value(std::string(300, 'x')) : nullptr);
    ASSERT_TRUE(cache.get("key0")) << i;
  }
  EXPECT_EQ(*cache.get("key0"), nullptr);
  EXPECT_EQ(**cache.get("key99"), std::string(300, 'x'));
  EXPECT_FALSE(cache.get("key1"));
  cache.put(cache.ticket(), "large", value(std::string(5000, 'x')));
  EXPECT_FALSE(cache.get("large")) << "one must not push out all others";
}

TEST(RowCache, WhatWasReadBeforeAChangeStaysOut) {
  RowCache cache(10'000);
  const uint64_t before = cache.ticket();
  cache.begin_change();
  cache.put(before, "a", value("old"));
  cache.put(cache.ticket(), "b", value("either"));
  cache.end_change({"a", "b"});
  cache.put(before, "a", value("old"));
  EXPECT_FALSE(cache.get("a"));
  EXPECT_FALSE(cache.get("b"));
  cache.put(cache.ticket(), "a", value("new"));
  EXPECT_EQ(**cache.get("a"), "new");
  cache.begin_change();
  cache.end_change({"a"});
  EXPECT_FALSE(cache.get("a"));
}

}  // namespace
}  // namespace cairn::state
