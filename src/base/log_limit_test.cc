#include "base/log_limit.h"

#include <gtest/gtest.h>

namespace cairn::log {
namespace {

TEST(Limit, AdmitsOneASecondAndCountsTheRest) {
  Limit limit;
  const Time start = *timestamps::parse_basic("20260102T030405Z");
  EXPECT_EQ(limit.admit(start), 0u);
  EXPECT_EQ(limit.admit(start), std::nullopt);
  EXPECT_EQ(limit.admit(start + std::chrono::milliseconds(999)), std::nullopt);
  EXPECT_EQ(limit.admit(start + std::chrono::milliseconds(1000)), 2u);
  EXPECT_EQ(limit.admit(start - std::chrono::hours(1)), 0u) << "a clock that was set back keeps nothing quiet";
}

}  // namespace
}  // namespace cairn::log
