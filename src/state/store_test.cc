#include "state/store.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "base/log.h"
#include "env/sim/clock.h"
#include "env/sim/files.h"
#include "env/sim/random.h"
#include "env/sim/tasks.h"
#include "state/sim/engine.h"

namespace cairn::state {
namespace {

using namespace std::chrono_literals;
using journal::Position;

/// A simulated machine with a journal, a database and a store, and a model of what the store must hold.
struct Machine {
  explicit Machine(uint64_t seed) : random(seed), tasks(clock, random) {
    log::set_threshold(log::Level::kError);
    EXPECT_TRUE(files.make_directory("/data") && files.sync_directory("/"));
    // Small, so that everything happens often.
    options.checkpoint_bytes = 2000;
    options.cache_bytes_max = 8000;
  }

  void open() {
    close();
    engine = database.open();
    store = std::make_unique<Store>(*engine, options);
    journal::Options journal_options;
    journal_options.directory = "/data/journal";
    journal_options.segment_bytes = 32 << 10;
    journal_options.reserve_bytes = 0;
    journal_options.random = &random;
    journal_options.on_fatal = [](const std::string&) {};
    journal::Recovery recovery;
    auto opened = journal::Journal::open(
        files, tasks, journal_options, engine->position(),
        [&](Position position, std::string_view bytes) { store->replay(position, *journal::decode_entry(bytes)); }, &recovery);
    ASSERT_TRUE(opened) << opened.error().message;
    journal = std::move(*opened);
    store->start(*journal, tasks);
    // What was appended after the last that survived never happened.
    commits.erase(commits.upper_bound(recovery.last.seq), commits.end());
    model.clear();
    versions.clear();
    last = 0;
    for (const auto& [position, changes] : commits) apply(position, changes);
  }
  void close() {
    store.reset();
    journal.reset();
    engine.reset();
  }

  void apply(uint64_t position, const std::vector<journal::Change>& changes) {
    for (const auto& change : changes) {
      versions[change.key] = position;
      if (change.value) model[change.key] = *change.value;
      else model.erase(change.key);
    }
    last = position;
  }

  Result<Position, Store::Conflict> commit(Transaction& transaction) {
    auto done = store->commit(transaction, [&](std::span<const journal::Change> changes) {
      const std::vector<std::string> records = {"{}"};
      return journal->append(journal::encode_entry(records, changes), nullptr);
    });
    if (done) {
      commits[done->seq].assign(transaction.changes().begin(), transaction.changes().end());
      apply(done->seq, commits[done->seq]);
    }
    return done;
  }
  void put(const std::string& key, const std::string& value) {
    Transaction transaction(*store);
    transaction.put(key, value);
    ASSERT_TRUE(commit(transaction));
  }
  void checkpoint() {
    journal->drain();
    store->checkpoint();
    ASSERT_EQ(store->checkpointed(), journal->appended());
  }

  env::SimRandom random;
  env::SimClock clock;
  env::SimFiles files;
  env::SimTasks tasks;
  SimDatabase database;
  Options options;
  std::unique_ptr<Engine> engine;
  std::unique_ptr<journal::Journal> journal;
  std::unique_ptr<Store> store;
  std::map<uint64_t, std::vector<journal::Change>> commits;
  std::map<std::string, std::string> model;
  std::map<std::string, uint64_t> versions;  // erased keys too
  uint64_t last = 0;
};

TEST(Store, AReadSeesEveryCommitAtOnceAndTheTransactionsOwnChanges) {
  Machine machine(1);
  machine.open();
  machine.put("a", "1");
  Transaction transaction(*machine.store);
  EXPECT_EQ(transaction.get("a"), "1");
  EXPECT_FALSE(transaction.get("b"));
  transaction.put("b", "2");
  transaction.erase("a");
  EXPECT_EQ(transaction.get("b"), "2");
  EXPECT_FALSE(transaction.exists("a"));
  const Page page = transaction.list("", "", 10);
  ASSERT_EQ(page.items.size(), 1u);
  EXPECT_EQ(page.items[0].key, "b");
  transaction.put("b", "3");
  ASSERT_EQ(transaction.changes().size(), 2u);
  transaction.reset();
  EXPECT_TRUE(transaction.changes().empty());
  EXPECT_TRUE(transaction.exists("a"));
}

TEST(Store, AChangedReadIsAConflictAndNothingHappens) {
  Machine machine(2);
  machine.open();
  machine.put("a", "1");
  Transaction slow(*machine.store);
  slow.get("a");
  slow.put("a", "slow");
  machine.put("a", "2");
  EXPECT_FALSE(machine.commit(slow));
  EXPECT_EQ(machine.journal->appended(), Position{2});
  slow.reset();
  EXPECT_EQ(slow.get("a"), "2");
  slow.put("a", "slow");
  EXPECT_TRUE(machine.commit(slow));
}

TEST(Store, AConflictIsSeenAlsoWhenTheCheckpointHasTakenTheChange) {
  Machine machine(3);
  machine.open();
  machine.put("a", "1");
  machine.checkpoint();
  Transaction slow(*machine.store);
  EXPECT_FALSE(slow.exists("b"));
  Transaction lister(*machine.store);
  EXPECT_EQ(lister.list("", "", 10).items.size(), 1u);
  Transaction other(*machine.store);
  EXPECT_TRUE(other.exists("a"));
  machine.put("b", "made");
  machine.checkpoint();
  {
    Transaction erasing(*machine.store);
    erasing.erase("b");
    ASSERT_TRUE(machine.commit(erasing));
  }
  machine.checkpoint();
  slow.put("x", "y");
  lister.put("x", "y");
  other.put("x", "y");
  EXPECT_FALSE(machine.commit(slow)) << "it was there and went away meanwhile";
  EXPECT_FALSE(machine.commit(lister));
  EXPECT_TRUE(machine.commit(other));
}

TEST(Store, WhoLivesLongerThanMemoryHoldsMustBeginAgain) {
  Machine machine(8);
  machine.options.overlay_bytes_max = 5000;
  machine.open();
  Transaction slow(*machine.store);
  slow.exists("a");
  machine.put("a", "made");
  machine.checkpoint();
  for (int i = 0; i < 20; ++i) {
    machine.put("other" + std::to_string(i), std::string(1000, 'x'));
    machine.checkpoint();
  }
  slow.put("x", "y");
  EXPECT_FALSE(machine.commit(slow));
  slow.reset();
  EXPECT_TRUE(slow.exists("a"));
  slow.put("x", "y");
  EXPECT_TRUE(machine.commit(slow));
}

TEST(Store, OnlyWhatAPageCoveredConflicts) {
  Machine machine(4);
  machine.open();
  for (const char* key : {"k/1", "k/3", "k/5", "k/7"}) machine.put(key, "v");
  const auto conflicts = [&](const std::string& key) {
    Transaction transaction(*machine.store);
    const Page page = transaction.list("k/", "k/1", 1);  // gives k/3, and knows that k/5 follows
    EXPECT_TRUE(page.more);
    machine.put(key, "changed");
    return !machine.commit(transaction);
  };
  EXPECT_FALSE(conflicts("k/1"));
  EXPECT_TRUE(conflicts("k/2"));
  EXPECT_FALSE(conflicts("k/7"));
  EXPECT_FALSE(conflicts("l"));
}

TEST(Store, RefusesWorkWhileTheCheckpointFailsAndResumes) {
  Machine machine(5);
  machine.options.overlay_bytes_max = 10'000;
  machine.open();
  machine.database.fail_next(3);
  int puts = 0;
  while (machine.store->accepting() && puts < 1000) {
    machine.put("key" + std::to_string(puts++), std::string(500, 'x'));
    machine.tasks.run_until_idle();
  }
  EXPECT_LT(puts, 30);
  EXPECT_EQ(machine.store->checkpointed(), Position{});
  machine.tasks.run_for(5s);
  EXPECT_TRUE(machine.store->accepting());
  EXPECT_EQ(machine.store->checkpointed(), machine.journal->appended());
}

TEST(Store, CheckpointsInTheBackgroundAlsoWhenOnlyRecordsWereWritten) {
  Machine machine(6);
  machine.open();
  Transaction reading(*machine.store);
  reading.get("nothing");
  ASSERT_TRUE(machine.commit(reading));
  machine.tasks.run_for(3s);
  EXPECT_EQ(machine.store->checkpointed(), Position{1});
}

TEST(Store, ALongReplayIsCheckpointedOnTheWay) {
  Machine machine(7);
  machine.open();
  for (int i = 0; i < 200; ++i) machine.put("key" + std::to_string(i % 50), std::string(400, 'x'));
  machine.journal->drain();
  machine.options.overlay_bytes_max = 20'000;
  machine.open();
  EXPECT_GT(machine.engine->position(), Position{100});
  Transaction transaction(*machine.store);
  EXPECT_EQ(transaction.list("", "", 100).items.size(), 50u);
}

/// A transaction under way, and what the model says it must have read.
struct Running {
  explicit Running(Store& store) : transaction(store) {}
  struct Range {
    std::string prefix, after;
    std::optional<std::string> last;
  };
  Transaction transaction;
  uint64_t base = 0;
  std::vector<std::string> reads;
  std::vector<Range> ranges;
  std::map<std::string, std::optional<std::string>> own;

  bool conflicts(const std::map<std::string, uint64_t>& versions) const {
    for (const auto& key : reads) {
      const auto at = versions.find(key);
      if (at != versions.end() && at->second > base) return true;
    }
    for (const auto& range : ranges) {
      for (const auto& [key, version] : versions) {
        if (version > base && key.starts_with(range.prefix) && key > range.after && (!range.last || key <= *range.last)) return true;
      }
    }
    return false;
  }
};

std::string random_key(env::SimRandom& random) {
  return std::string(1, static_cast<char>('a' + random.below(3))) + "/" + std::to_string(random.below(25));
}

void random_step(Machine& machine, Running& running) {
  env::SimRandom& random = machine.random;
  const std::string key = random_key(random);
  switch (random.below(5)) {
    case 0: {
      const auto own = running.own.find(key);
      const auto found = running.transaction.get(key);
      if (own != running.own.end()) {
        ASSERT_EQ(found, own->second);
        break;
      }
      running.reads.push_back(key);
      const auto at = machine.model.find(key);
      ASSERT_EQ(found, at == machine.model.end() ? std::nullopt : std::optional(at->second));
      break;
    }
    case 1: {
      const std::string prefix = random.one_in(4) ? "" : key.substr(0, 2);
      const std::string after = random.one_in(2) ? "" : random_key(random);
      const size_t limit = random.below(12);
      std::map<std::string, std::string> expected = machine.model;
      for (const auto& [own_key, value] : running.own) {
        if (value) expected[own_key] = *value;
        else expected.erase(own_key);
      }
      std::erase_if(expected, [&](const auto& item) { return !item.first.starts_with(prefix) || item.first <= after; });
      const Page page = running.transaction.list(prefix, after, limit);
      ASSERT_EQ(page.items.size(), std::min(limit, expected.size()));
      ASSERT_EQ(page.more, expected.size() > limit);
      auto at = expected.begin();
      for (const Item& item : page.items) {
        ASSERT_EQ(item.key, at->first);
        ASSERT_EQ(item.value, at->second);
        ++at;
      }
      running.ranges.push_back({prefix, after, page.more ? std::optional(at->first) : std::nullopt});
      break;
    }
    case 2:
      running.transaction.erase(key);
      running.own[key] = std::nullopt;
      break;
    default: {
      const std::string value = "value " + std::to_string(random.below(1000)) + std::string(random.below(120), '.');
      running.transaction.put(key, value);
      running.own[key] = value;
    }
  }
}

void random_rounds(uint64_t seed) {
  SCOPED_TRACE(::testing::Message() << "seed " << seed);
  Machine machine(seed);
  for (int round = 0; round < 4; ++round) {
    machine.database.before_apply = machine.database.after_apply = nullptr;
    std::vector<std::unique_ptr<Running>> running;
    try {
      machine.open();
      if (::testing::Test::HasFatalFailure()) return;
      {
        Transaction all(*machine.store);
        const Page page = all.list("", "", 1000);
        ASSERT_EQ(page.items.size(), machine.model.size()) << "round " << round;
        for (const Item& item : page.items) ASSERT_EQ(item.value, machine.model[item.key]);
      }
      if (machine.random.one_in(3)) machine.files.crash_at(machine.files.operations() + 1 + machine.random.below(100));
      const auto die = [&] {
        if (machine.random.one_in(10)) throw env::SimCrash{0};
      };
      machine.database.before_apply = machine.database.after_apply = die;
      for (int i = 0; i < 300; ++i) {
        if (running.size() < 4) {
          running.push_back(std::make_unique<Running>(*machine.store));
          running.back()->base = machine.last;
        }
        const size_t which = machine.random.below(running.size());
        Running& one = *running[which];
        switch (machine.random.below(8)) {
          case 0: {
            const bool conflict = one.conflicts(machine.versions);
            const auto done = machine.commit(one.transaction);
            ASSERT_EQ(done.has_value(), !conflict);
            running.erase(running.begin() + static_cast<ptrdiff_t>(which));
            break;
          }
          case 1:
            machine.tasks.run_one();
            break;
          case 2:
            if (machine.random.one_in(3)) machine.tasks.run_for(20ms);
            if (machine.random.one_in(30)) machine.tasks.run_for(2s);
            if (machine.random.one_in(20)) machine.database.fail_next(1);
            machine.journal->release(machine.store->checkpointed());
            break;
          default:
            random_step(machine, one);
            if (::testing::Test::HasFatalFailure()) return;
        }
      }
    } catch (const env::SimCrash&) {
    }
    running.clear();
    if (machine.random.one_in(3) && machine.files.list("/")) {
      machine.close();  // an orderly end
      if (machine.files.list("/")) continue;
    }
    machine.files.crash(machine.random);
    machine.close();
  }
}

TEST(Store, BehavesAsOneMapWithExactConflictsThroughCheckpointsAndCrashes) {
  for (uint64_t seed = 1; seed <= 300 && !::testing::Test::HasFailure(); ++seed) random_rounds(seed);
}

TEST(Store, ManyThreadsCountWithoutLosingOne) {
  const std::string directory = ::testing::TempDir() + "cairn_store_" + std::to_string(::getpid());
  std::filesystem::create_directories(directory);
  constexpr int kThreads = 4;
  constexpr int kRounds = 300;
  Options options;
  options.checkpoint_bytes = 20'000;
  options.checkpoint_interval = 5ms;
  journal::Options journal_options;
  journal_options.directory = directory + "/journal";
  journal_options.segment_bytes = 1 << 20;
  journal_options.reserve_bytes = 0;
  for (int life = 1; life <= 2; ++life) {
    auto engine = *open_sqlite(directory + "/state.db");
    auto owned = std::make_unique<Store>(*engine, options);
    Store& store = *owned;
    auto journal =
        *journal::Journal::open(env::system_files(), env::system_tasks(), journal_options, engine->position(),
                                [&](Position position, std::string_view bytes) { store.replay(position, *journal::decode_entry(bytes)); });
    store.start(*journal, env::system_tasks());
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < kRounds; ++i) {
          Transaction transaction(store);
          while (true) {
            const int shared = std::stoi(transaction.get("shared").value_or("0"));
            transaction.put("shared", std::to_string(shared + 1));
            transaction.put("own/" + std::to_string(life * 1'000'000 + t * 10'000 + i), std::string(100, 'x'));
            const auto done = store.commit(transaction, [&](std::span<const journal::Change> changes) {
              return journal->append(journal::encode_entry({}, changes), nullptr);
            });
            if (done) break;
            transaction.reset();
          }
        }
      });
    }
    for (auto& thread : threads) thread.join();
    {
      Transaction transaction(store);
      EXPECT_EQ(transaction.get("shared"), std::to_string(life * kThreads * kRounds));
      EXPECT_EQ(transaction.list("own/", "", 100'000).items.size(), static_cast<size_t>(life * kThreads * kRounds));
    }
    journal->drain();
    owned.reset();  // before the journal, which its checkpoints use
  }
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace cairn::state
