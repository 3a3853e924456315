#pragma once
// Test only: a simulated machine with a state, a journal and metrics, to put followers of the journal on.
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "base/log.h"
#include "env/sim/clock.h"
#include "env/sim/files.h"
#include "env/sim/random.h"
#include "env/sim/tasks.h"
#include "journal/follower.h"
#include "metrics/store.h"
#include "state/internal_commit.h"
#include "state/sim/engine.h"
#include "state/store.h"

namespace cairn::services {

class SimMachine {
 public:
  explicit SimMachine(uint64_t seed = 1) : random(seed) {
    log::set_threshold(static_cast<log::Level>(99));
    EXPECT_TRUE(files.make_directory("/data") && files.sync_directory("/"));
  }

  /// `followers` puts on what is tested, before metrics are fed.
  void start(const std::function<void()>& followers) {
    tasks = std::make_unique<env::SimTasks>(clock, random);
    engine = database.open();
    store = std::make_unique<state::Store>(*engine, state::Options{});
    auto opened = journal::Journal::open(
        files, *tasks,
        {.directory = "/data/journal",
         .segment_bytes = 1 << 20,
         .reserve_bytes = 0,
         .random = &random,
         .on_fatal = [](const std::string&) {}},
        engine->position(),
        [&](journal::Position position, std::string_view bytes) { store->replay(position, *journal::decode_entry(bytes)); }, &recovery);
    ASSERT_TRUE(opened) << opened.error().message;
    journal = std::move(*opened);
    store->start(*journal, *tasks);
    auto made = metrics::Store::open(files, clock, {.directory = "/data/metrics", .tail_bytes_max = 64 << 10});
    ASSERT_TRUE(made) << made.error().message;
    metrics = std::move(*made);
    followers();
    metrics_feed = std::make_unique<journal::Feed>(*journal, *tasks, *metrics);
  }

  /// In order; what `followers` put on goes by `off`.
  void halt(const std::function<void()>& off) {
    metrics_feed.reset();
    off();
    if (journal) journal->drain();
    store.reset();
    metrics.reset();
    journal.reset();
    engine.reset();
    tasks.reset();
  }
  /// The power goes.
  void crash(const std::function<void()>& off) {
    files.crash_at(files.operations() + 1);
    database.fail_next(SIZE_MAX);
    metrics_feed.reset();
    off();
    store.reset();
    metrics.reset();
    journal.reset();
    engine.reset();
    tasks.reset();
    database.fail_next(0);
    files.crash(random);
  }

  void commit(const std::function<void(state::Transaction&)>& change) {
    state::Transaction transaction(*store);
    change(transaction);
    ASSERT_TRUE(state::commit_internal(*store, *journal, transaction).has_value());
  }
  void settle() { tasks->run_until_idle(); }
  void pass(std::chrono::nanoseconds time) { tasks->run_for(time); }

  env::SimClock clock;
  env::SimRandom random;
  env::SimFiles files;
  state::SimDatabase database;
  journal::Recovery recovery;
  std::unique_ptr<env::SimTasks> tasks;
  std::unique_ptr<state::Engine> engine;
  std::unique_ptr<state::Store> store;
  std::unique_ptr<journal::Journal> journal;
  std::unique_ptr<metrics::Store> metrics;
  std::unique_ptr<journal::Feed> metrics_feed;
};

}  // namespace cairn::services
