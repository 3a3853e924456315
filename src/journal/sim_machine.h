#pragma once
#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/log.h"
#include "env/sim/clock.h"
#include "env/sim/files.h"
#include "env/sim/random.h"
#include "env/sim/tasks.h"
#include "journal/journal.h"

namespace cairn::journal {

/// For tests: a simulated machine with one journal, and what its user knows of it.
struct SimMachine {
  explicit SimMachine(uint64_t seed, uint64_t segment_bytes = 16 << 10) : random(seed), tasks(clock, random) {
    log::set_threshold(log::Level::kError);
    EXPECT_TRUE(files.make_directory("/data") && files.sync_directory("/"));
    options.directory = "/data/journal";
    options.segment_bytes = segment_bytes;
    options.reserve_bytes = 0;
    options.random = &random;
    options.on_fatal = [this](const std::string& message) { fatal = message; };
  }
  ~SimMachine() { journal.reset(); }

  struct Acknowledge : Waiter {
    SimMachine* machine = nullptr;
    void durable(Position position) override {
      EXPECT_EQ(position.seq, machine->acknowledged + 1);  // each once, in order
      machine->acknowledged = position.seq;
    }
  };

  /// Opens and checks that what comes back is a prefix of what was appended, holding all that was acknowledged.
  Result<Recovery> open(Position replay_after = {}) {
    journal.reset();
    recovered.clear();
    Recovery recovery;
    auto opened = Journal::open(
        files, tasks, options, replay_after,
        [&](Position position, std::string_view entry) {
          EXPECT_EQ(position.seq, replay_after.seq + recovered.size() + 1);
          recovered.emplace_back(entry);
          EXPECT_TRUE(recovered.back() == appended[position.seq]) << position.seq;
        },
        &recovery);
    if (!opened) return tl::unexpected(opened.error());
    journal = std::move(*opened);
    fatal.clear();
    EXPECT_GE(recovery.last.seq, acknowledged);
    EXPECT_EQ(recovery.last.seq, replay_after.seq + recovered.size());
    EXPECT_EQ(recovery.entries_replayed, recovered.size());
    appended.erase(appended.upper_bound(recovery.last.seq), appended.end());
    acknowledged = recovery.last.seq;  // they were given back, so they stay
    return recovery;
  }

  Position append(std::string entry) {
    const Position position = journal->append(entry, &waiter);
    appended[position.seq] = std::move(entry);
    return position;
  }
  Position append_random() {
    const size_t size = random.one_in(10) ? 1 + random.below(6000) : 1 + random.below(300);
    return append(random.bytes(size));
  }
  /// All durable entries after `after`, read in pieces.
  std::map<uint64_t, std::string> read_all(Position after) {
    std::map<uint64_t, std::string> entries;
    while (true) {
      const auto given = journal->read(after, 1 + random.below(20'000), [&](Position position, std::string_view entry) {
        EXPECT_EQ(position.seq, after.seq + 1);
        after = position;
        entries[position.seq] = entry;
      });
      EXPECT_TRUE(given) << given.error().message;
      if (!given || *given == 0) return entries;
    }
  }

  env::SimRandom random;
  env::SimClock clock;
  env::SimFiles files;
  env::SimTasks tasks;
  Options options;
  std::string fatal;
  Acknowledge waiter = [this] {
    Acknowledge a;
    a.machine = this;
    return a;
  }();
  std::map<uint64_t, std::string> appended;  // of this life and those before, as far as they came back
  uint64_t acknowledged = 0;
  std::vector<std::string> recovered;
  std::unique_ptr<Journal> journal;
};

}  // namespace cairn::journal
