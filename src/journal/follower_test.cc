#include "journal/follower.h"

#include <gtest/gtest.h>

#include "journal/sim_machine.h"

namespace cairn::journal {
namespace {

struct Listener : Follower {
  std::string_view name() const override { return "listener"; }
  Position position() const override { return stored; }
  void consume(Position position, const EntryView& entry) override {
    EXPECT_EQ(position.seq, stored.seq + seen.size() + 1);
    seen.emplace_back(entry.records.at(0));
  }
  void caught_up(Position position) override { told.push_back(position.seq); }

  Position stored;
  std::vector<std::string> seen;
  std::vector<uint64_t> told;
};

std::string entry(int n) {
  const std::vector<std::string> records = {"record " + std::to_string(n)};
  return encode_entry(records, {});
}

TEST(Feed, GivesEachDurableEntryOnceAndTellsWhenCaughtUp) {
  SimMachine machine(1);
  ASSERT_TRUE(machine.open());
  machine.append(entry(1));
  machine.tasks.run_until_idle();
  Listener listener;
  {
    Feed feed(*machine.journal, machine.tasks, listener);
    machine.tasks.run_until_idle();
    EXPECT_EQ(listener.seen, std::vector<std::string>{"record 1"});
    EXPECT_EQ(listener.told, std::vector<uint64_t>{1});
    machine.append(entry(2));
    machine.append(entry(3));
    machine.tasks.run_until_idle();
    EXPECT_EQ(listener.seen.size(), 3u);
    EXPECT_EQ(listener.told.back(), 3u);
    EXPECT_EQ(feed.consumed(), Position{3});
  }
  machine.append(entry(4));
  machine.tasks.run_until_idle();
  EXPECT_EQ(listener.seen.size(), 3u);
}

TEST(Feed, GoesOnAfterTheStoredPosition) {
  SimMachine machine(2);
  ASSERT_TRUE(machine.open());
  for (int i = 1; i <= 9; ++i) machine.append(entry(i));
  machine.journal->drain();
  Listener listener;
  listener.stored = {7};
  Feed feed(*machine.journal, machine.tasks, listener);
  machine.tasks.run_until_idle();
  EXPECT_EQ(listener.seen, (std::vector<std::string>{"record 8", "record 9"}));
}

}  // namespace
}  // namespace cairn::journal
