#include "identity/guesses.h"

#include <gtest/gtest.h>

namespace cairn::identity {
namespace {

TEST(Guesses, SoManyInSoLongATime) {
  Guesses guesses;
  const Time now{};
  for (int i = 0; i < Guesses::kMissesMax; ++i) {
    EXPECT_TRUE(guesses.may_try("phone", now));
    guesses.missed("phone", now);
  }
  EXPECT_FALSE(guesses.may_try("phone", now));
  EXPECT_TRUE(guesses.may_try("another", now));
  EXPECT_FALSE(guesses.may_try("phone", now + Guesses::kWindow - std::chrono::milliseconds(1)));
  EXPECT_TRUE(guesses.may_try("phone", now + Guesses::kWindow));
  guesses.missed("phone", now + Guesses::kWindow);
  EXPECT_TRUE(guesses.may_try("phone", now + Guesses::kWindow));
}

TEST(Guesses, ForgetsTheOldest) {
  Guesses guesses;
  for (int i = 0; i < Guesses::kMissesMax; ++i) guesses.missed("first", Time{});
  for (size_t i = 1; i < Guesses::kNamesMax; ++i) guesses.missed(std::to_string(i), Time{});
  EXPECT_FALSE(guesses.may_try("first", Time{}));
  guesses.missed("one more", Time{});
  EXPECT_TRUE(guesses.may_try("first", Time{}));
}

}  // namespace
}  // namespace cairn::identity
