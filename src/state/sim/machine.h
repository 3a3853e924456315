#pragma once
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "base/log.h"
#include "env/sim/clock.h"
#include "env/sim/files.h"
#include "env/sim/random.h"
#include "env/sim/tasks.h"
#include "journal/entry.h"
#include "journal/follower.h"
#include "state/internal_commit.h"
#include "state/sim/engine.h"
#include "state/store.h"

namespace cairn::state {

/// For tests: a simulated machine with a journal and a state, to put on what follows them. That comes after `boot`, and is gone again
/// before `take_down`.
class SimMachine {
 public:
  explicit SimMachine(uint64_t seed = 1, uint64_t segment_bytes = 4 << 20) : random(seed), segment_bytes_(segment_bytes) {
    log::set_threshold(static_cast<log::Level>(99));
    EXPECT_TRUE(files.make_directory("/data") && files.sync_directory("/"));
  }

  void boot() {
    tasks = std::make_unique<env::SimTasks>(clock, random);
    engine = database.open();
    store = std::make_unique<Store>(*engine, Options{});
    auto opened = journal::Journal::open(
        files, *tasks,
        {.directory = "/data/journal",
         .segment_bytes = segment_bytes_,
         .reserve_bytes = 0,
         .random = &random,
         .on_fatal = [](const std::string&) {}},
        engine->position(),
        [&](journal::Position position, std::string_view bytes) { store->replay(position, *journal::decode_entry(bytes)); }, &recovery);
    ASSERT_TRUE(opened) << opened.error().message;
    journal = std::move(*opened);
    store->start(*journal, *tasks);
  }
  void drain() {
    if (journal) journal->drain();
  }
  void take_down() {
    store.reset();
    journal.reset();
    engine.reset();
    tasks.reset();
  }

  /// Nothing gets to a disk any more ...
  void cut_power() {
    files.crash_at(files.operations() + 1);
    database.fail_next(SIZE_MAX);
  }
  /// ... and when all is taken down: of what was not durable chance decides.
  void restore_power() {
    database.fail_next(0);
    files.crash(random);
  }

  void commit(const std::function<void(Transaction&)>& change) {
    Transaction transaction(*store);
    change(transaction);
    EXPECT_TRUE(commit_internal(*store, *journal, transaction).has_value());
  }
  void settle() { tasks->run_until_idle(); }
  void pass(std::chrono::nanoseconds time) { tasks->run_for(time); }

  env::SimClock clock;
  env::SimRandom random;
  env::SimFiles files;
  SimDatabase database;
  journal::Recovery recovery;
  std::unique_ptr<env::SimTasks> tasks;
  std::unique_ptr<Engine> engine;
  std::unique_ptr<Store> store;
  std::unique_ptr<journal::Journal> journal;

 private:
  const uint64_t segment_bytes_;
};

}  // namespace cairn::state
