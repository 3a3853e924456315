#include "env/random.h"

#include <gtest/gtest.h>

#include <regex>
#include <set>

#include "env/sim/random.h"

namespace cairn::env {
namespace {

TEST(Random, UuidsAreVersion4AndDiffer) {
  static const std::regex kForm("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}");
  std::set<std::string> seen;
  for (int i = 0; i < 200; ++i) {  // more than one trip to the kernel
    std::string id = system_random().uuid();
    EXPECT_TRUE(std::regex_match(id, kForm)) << id;
    EXPECT_TRUE(seen.insert(id).second);
  }
}

TEST(Random, GivesAsManyBytesAsAsked) {
  for (size_t n : {0u, 1u, 127u, 128u, 129u, 512u, 100'000u}) EXPECT_EQ(system_random().bytes(n).size(), n);
  EXPECT_NE(system_random().bytes(100'000), system_random().bytes(100'000));
}

TEST(Random, ThreadsDoNotShareBytes) {
  std::string here = system_random().bytes(32);
  std::string there;
  std::thread([&] { there = system_random().bytes(32); }).join();
  EXPECT_NE(here, there);
}

TEST(Random, DrawsLettersEvenly) {
  SimRandom random(1);
  std::string drawn = random.letters(30'000, "abc");
  EXPECT_EQ(drawn.size(), 30'000u);
  for (char c : {'a', 'b', 'c'}) {
    auto count = std::count(drawn.begin(), drawn.end(), c);
    EXPECT_GT(count, 9'600);  // five standard deviations
    EXPECT_LT(count, 10'400);
  }
  EXPECT_EQ(random.letters(5, "x"), "xxxxx");
}

// The first outputs of xoshiro256** for the state 1, 2, 3, 4 are published; ours comes from a seed, so what counts here
// is that a seed is a seed: the same numbers everywhere, others for another.
TEST(SimRandom, RepeatsItselfForTheSameSeed) {
  SimRandom a(42);
  SimRandom b(42);
  SimRandom c(43);
  std::string first = a.bytes(100);
  EXPECT_EQ(first, b.bytes(100));
  EXPECT_NE(first, c.bytes(100));
}

TEST(SimRandom, StaysBelowItsLimitAndReachesAll) {
  SimRandom random(7);
  std::set<uint64_t> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(random.below(10));
  EXPECT_EQ(seen.size(), 10u);
  EXPECT_EQ(*seen.rbegin(), 9u);
  EXPECT_EQ(random.below(1), 0u);
}

}  // namespace
}  // namespace cairn::env
