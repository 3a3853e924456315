#include "env/tasks.h"

#include <gtest/gtest.h>

#include <future>

#include "env/clock.h"
#include "env/sim/clock.h"
#include "env/sim/files.h"
#include "env/sim/tasks.h"

namespace cairn::env {
namespace {

template <class Outcome>
void must(const Outcome& outcome) {
  ASSERT_TRUE(outcome) << outcome.error().message;
}

using namespace std::chrono_literals;

TEST(SystemTasks, RunAtOnceAndOnEachWake) {
  std::promise<void> first;
  std::promise<void> second;
  int steps = 0;
  auto task = system_tasks().start("test", [&] {
    if (++steps == 1) first.set_value();
    if (steps == 2) second.set_value();
    return Next::when_woken();
  });
  first.get_future().wait();
  task->wake();
  second.get_future().wait();
  task.reset();
  EXPECT_EQ(steps, 2);
}

TEST(SystemTasks, AWakeDuringAStepCausesAnother) {
  std::promise<void> inside;
  std::promise<void> woken;
  std::promise<void> again;
  int steps = 0;
  auto task = system_tasks().start("test", [&] {
    if (++steps == 1) {
      inside.set_value();
      woken.get_future().wait();
    } else if (steps == 2) {
      again.set_value();
    }
    return Next::when_woken();
  });
  inside.get_future().wait();
  task->wake();
  woken.set_value();
  again.get_future().wait();
}

TEST(SystemTasks, StepAgainNowAndAfterADelay) {
  std::promise<void> done;
  int steps = 0;
  auto task = system_tasks().start("a name that is too long", [&] {
    switch (++steps) {
      case 1:
        return Next::now();
      case 2:
        return Next::after(1ns);
      case 3:
        done.set_value();
        [[fallthrough]];
      default:
        return Next::after(std::chrono::nanoseconds::max());
    }
  });
  done.get_future().wait();
  task.reset();  // ends the long wait
  EXPECT_EQ(steps, 3);
}

TEST(SystemTasks, EndingWaitsForTheRunningStep) {
  std::promise<void> inside;
  std::atomic<bool> finished = false;
  auto task = system_tasks().start("test", [&] {
    inside.set_value();
    std::this_thread::yield();
    finished = true;
    return Next::when_woken();
  });
  inside.get_future().wait();
  task.reset();
  EXPECT_TRUE(finished);
}

TEST(SystemClock, TellsTheTime) {
  EXPECT_GT(system_clock().now(), Time(1767225600000ms));  // later than 2026 began
  auto before = system_clock().steady();
  EXPECT_GE(system_clock().steady(), before);
}

class Simulation : public testing::Test {
 protected:
  SimClock clock_;
  SimRandom random_{1};
  SimTasks tasks_{clock_, random_};
};

TEST_F(Simulation, TheClockMovesOnlyWhenTold) {
  EXPECT_EQ(timestamps::iso8601(clock_.now()), "2026-01-01T00:00:00Z");
  auto steady = clock_.steady();
  clock_.advance(1500us);
  clock_.advance(500us);
  EXPECT_EQ(timestamps::iso8601_millis(clock_.now()), "2026-01-01T00:00:00.002Z");
  EXPECT_EQ(clock_.steady() - steady, 2ms);
  clock_.set(Time(0ms));
  EXPECT_EQ(clock_.now(), Time(0ms));
  EXPECT_EQ(clock_.steady() - steady, 2ms);
}

TEST_F(Simulation, NothingRunsByItself) {
  int steps = 0;
  auto task = tasks_.start("test", [&] {
    ++steps;
    return Next::when_woken();
  });
  EXPECT_EQ(steps, 0);
  EXPECT_TRUE(tasks_.run_one());
  EXPECT_EQ(steps, 1);
  EXPECT_FALSE(tasks_.run_one());
  task->wake();
  task->wake();
  tasks_.run_until_idle();
  EXPECT_EQ(steps, 2);
}

TEST_F(Simulation, AWakeDuringAStepCausesAnother) {
  int steps = 0;
  std::unique_ptr<Task> task;
  task = tasks_.start("test", [&] {
    if (++steps == 1) task->wake();
    return Next::when_woken();
  });
  tasks_.run_until_idle();
  EXPECT_EQ(steps, 2);
}

TEST_F(Simulation, DeadlinesComeInOrderAndWakesComeSooner) {
  std::string order;
  auto every = [&](char name, std::chrono::nanoseconds delay) {
    return tasks_.start("test", [&order, name, delay] {
      order += name;
      return Next::after(delay);
    });
  };
  auto slow = every('s', 1h);
  auto fast = every('f', 25min);
  tasks_.run_until_idle();
  order.clear();
  EXPECT_TRUE(tasks_.advance_to_next_deadline());
  tasks_.run_until_idle();
  EXPECT_EQ(order, "f");
  slow->wake();
  tasks_.run_until_idle();
  EXPECT_EQ(order, "fs");
  tasks_.run_for(1h);
  EXPECT_EQ(order, "fsffs");
  EXPECT_EQ(timestamps::iso8601(clock_.now()), "2026-01-01T01:25:00Z");
}

TEST_F(Simulation, WithoutDeadlinesTimeStandsStill) {
  auto task = tasks_.start("test", [] { return Next::when_woken(); });
  tasks_.run_until_idle();
  EXPECT_FALSE(tasks_.advance_to_next_deadline());
  task.reset();
  tasks_.run_for(1min);
  EXPECT_EQ(timestamps::iso8601(clock_.now()), "2026-01-01T00:01:00Z");
}

std::string order_of(uint64_t seed) {
  SimClock clock;
  SimRandom random(seed);
  SimTasks tasks(clock, random);
  std::string order;
  std::vector<std::unique_ptr<Task>> all;
  for (char name : {'a', 'b', 'c', 'd'}) {
    all.push_back(tasks.start("test", [&order, name, left = 5]() mutable {
      order += name;
      return --left > 0 ? Next::now() : Next::when_woken();
    }));
  }
  tasks.run_until_idle();
  return order;
}

TEST_F(Simulation, TheSeedDecidesTheOrder) {
  EXPECT_EQ(order_of(1), order_of(1));
  EXPECT_NE(order_of(1), order_of(2));
  EXPECT_EQ(order_of(3).size(), 20u);
}

TEST_F(Simulation, ACrashComesOutAndTasksCanStillEnd) {
  SimFiles files;
  auto file = *files.open("/f", Files::Open::kCreateNew);
  files.crash_at(files.operations() + 1);
  auto writer = tasks_.start("writer", [&] {
    must(file->pwrite(0, "x"));
    return Next::now();
  });
  auto other = tasks_.start("other", [] { return Next::when_woken(); });
  EXPECT_THROW(tasks_.run_until_idle(), SimCrash);
  tasks_.run_until_idle();  // the dead task takes no further step
  writer.reset();
  other->wake();
  other.reset();
  EXPECT_FALSE(tasks_.run_one());
}

TEST_F(Simulation, ATaskMayOutliveItsScheduler) {
  std::unique_ptr<Task> task;
  {
    SimTasks passing(clock_, random_);
    task = passing.start("test", [] { return Next::now(); });
  }
  task->wake();
}

}  // namespace
}  // namespace cairn::env
