#include "api/pool.h"

#include <gtest/gtest.h>

#include <latch>

namespace cairn::api {
namespace {

TEST(Pool, RunsAsMuchAtOnceAsItHasThreads) {
  std::latch all(3);
  Pool pool("test", 3, 10);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(pool.submit([&] { all.arrive_and_wait(); }));  // none ends before all have begun
  all.wait();
}

TEST(Pool, RefusesWhatWouldWaitBeyondItsQueue) {
  std::latch running(1), go(1);
  Pool pool("test", 1, 2);
  ASSERT_TRUE(pool.submit([&] {
    running.count_down();
    go.wait();
  }));
  running.wait();
  EXPECT_TRUE(pool.submit([] {}));
  EXPECT_TRUE(pool.submit([] {}));
  EXPECT_FALSE(pool.submit([] {}));
  EXPECT_EQ(pool.waiting(), 2u);
  go.count_down();
}

TEST(Pool, FinishesWhatItTookBeforeItEnds) {
  std::atomic<int> done = 0;
  {
    Pool pool("test", 2, 100);
    for (int i = 0; i < 50; ++i) ASSERT_TRUE(pool.submit([&] { ++done; }));
  }
  EXPECT_EQ(done, 50);
}

TEST(Pool, WithoutThreadsWorksInPlace) {
  Pool pool("test", 0, 0);
  bool done = false;
  EXPECT_TRUE(pool.submit([&] { done = true; }));
  EXPECT_TRUE(done);
}

}  // namespace
}  // namespace cairn::api
