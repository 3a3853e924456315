#include "journal/journal.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "base/crypto.h"
#include "journal/format.h"
#include "journal/sim_machine.h"

namespace cairn::journal {
namespace {

using namespace std::chrono_literals;
using env::SimFiles;
constexpr auto kNoEntry = [](Position, std::string_view) {};

std::string segment_path(uint64_t number) { return "/data/journal/" + segment_name(number); }

std::string read(SimMachine& machine, const std::string& path) { return *env::read_file(machine.files, path); }

void overwrite(SimMachine& machine, const std::string& path, uint64_t offset, std::string_view bytes) {
  auto file = machine.files.open(path, env::Files::Open::kReadWrite);
  ASSERT_TRUE(file);
  ASSERT_TRUE((*file)->pwrite(offset, bytes));
  ASSERT_TRUE((*file)->sync());
}

TEST(Journal, GivesBackWhatWasAppendedAfterAnOrderlyEnd) {
  SimMachine machine(1);
  ASSERT_TRUE(machine.open());
  EXPECT_EQ(machine.journal->oldest(), Position{1});
  for (int i = 0; i < 300; ++i) machine.append_random();
  EXPECT_EQ(machine.journal->durable(), Position{});
  machine.journal->drain();
  EXPECT_EQ(machine.acknowledged, 300u);
  EXPECT_EQ(machine.read_all({}), machine.appended);
  const auto recovery = machine.open();
  ASSERT_TRUE(recovery) << recovery.error().message;
  EXPECT_EQ(recovery->last, Position{300});
  EXPECT_EQ(recovery->torn_bytes, 0u);
  EXPECT_EQ(machine.append("next"), Position{301});
}

TEST(Journal, ReplaysOnlyWhatTheCheckpointLacks) {
  SimMachine machine(2);
  ASSERT_TRUE(machine.open());
  for (int i = 0; i < 50; ++i) machine.append_random();
  const auto recovery = machine.open(Position{37});
  ASSERT_TRUE(recovery);
  EXPECT_EQ(recovery->entries_replayed, 13u);
}

TEST(Journal, TakesTheLargestEntry) {
  SimMachine machine(3, 4 << 20);
  ASSERT_TRUE(machine.open());
  for (int i = 0; i < 9; ++i) machine.append(std::string(kEntryBytesMax, static_cast<char>('a' + i)));
  machine.tasks.run_until_idle();
  machine.journal->drain();
  EXPECT_EQ(machine.read_all({}), machine.appended);
  EXPECT_TRUE(machine.open());
}

TEST(Journal, CallersShareOneSync) {
  SimMachine machine(4, 1 << 20);
  ASSERT_TRUE(machine.open());
  machine.tasks.run_until_idle();
  const uint64_t before = machine.files.operations();
  for (int i = 0; i < 200; ++i) machine.append("entry");
  machine.tasks.run_until_idle();
  EXPECT_EQ(machine.acknowledged, 200u);
  EXPECT_EQ(machine.files.operations() - before, 2u);  // one write, one sync
}

TEST(Journal, RefusesAHigherCheckpointThanItsEnd) {
  SimMachine machine(5);
  ASSERT_TRUE(machine.open());
  machine.append("only");
  machine.journal.reset();
  const auto opened = Journal::open(machine.files, machine.tasks, machine.options, Position{2}, kNoEntry);
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().message.find("ends with entry 1, but the state holds everything up to 2"), std::string::npos)
      << opened.error().message;
}

TEST(Journal, CutsATornTailAndSaysHowMuch) {
  SimMachine machine(6);
  ASSERT_TRUE(machine.open());
  for (int i = 0; i < 5; ++i) machine.append("entry");
  machine.journal.reset();
  const std::string content = read(machine, segment_path(1));
  const size_t end = content.find_last_not_of('\0') + 1;
  overwrite(machine, segment_path(1), padded(end) + 8, std::string(1000, 'x'));
  auto recovery = machine.open();
  ASSERT_TRUE(recovery) << recovery.error().message;
  EXPECT_GE(recovery->torn_bytes, 1000u);
  EXPECT_LT(recovery->torn_bytes, 1100u);
  EXPECT_EQ(recovery->last, Position{5});
  recovery = machine.open();
  EXPECT_EQ(recovery->torn_bytes, 0u);
}

// After an orderly end every acknowledged entry is vouched for by a later mark, so that no flipped byte goes unnoticed.
TEST(Journal, AnyDamagedByteIsRefusedOrHarmless) {
  SimMachine machine(7);
  ASSERT_TRUE(machine.open());
  for (int i = 0; i < 6; ++i) {
    machine.append(machine.random.bytes(1 + i * 7));
    if (i % 2) machine.journal->drain();
  }
  machine.journal.reset();
  const std::string content = read(machine, segment_path(1));
  const size_t end = content.find_last_not_of('\0') + 1;
  const size_t mark = end - kBatchHeaderBytes;  // at the orderly end: damaged alone it vouches for nothing, and loses nothing
  size_t refused = 0;
  for (size_t at = 0; at < end; ++at) {
    overwrite(machine, segment_path(1), at, std::string(1, static_cast<char>(content[at] ^ 0x20)));
    size_t given = 0;
    const uint64_t operations = machine.files.operations();
    {
      const auto opened = Journal::open(machine.files, machine.tasks, machine.options, {}, [&](Position position, std::string_view entry) {
        ++given;
        EXPECT_EQ(entry, machine.appended[position.seq]);
      });
      if (!opened) {
        ++refused;
        EXPECT_EQ(machine.files.operations(), operations) << "nothing may be changed";
        EXPECT_NE(opened.error().message.find("00000001.log"), std::string::npos);
        EXPECT_EQ(given, 0u);
      } else {
        EXPECT_EQ(given, 6u) << "at byte " << at;
        EXPECT_TRUE(at < kSegmentHeaderBytes || at >= mark || content[at] == 0) << at;
      }
    }
    overwrite(machine, segment_path(1), 0, content);
  }
  EXPECT_GT(refused, 200u);
}

TEST(Journal, NamesTheDamagedEntry) {
  SimMachine machine(8);
  ASSERT_TRUE(machine.open());
  for (int i = 0; i < 20; ++i) machine.append("the entry with number " + std::to_string(100 + i));
  machine.journal.reset();
  overwrite(machine, segment_path(1), read(machine, segment_path(1)).find("number 113"), "N");
  const auto opened = machine.open();
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().message.find("00000001.log, entry 14 is damaged"), std::string::npos) << opened.error().message;
}

TEST(Journal, RefusesAMissingOrShortenedSegment) {
  SimMachine machine(9);
  ASSERT_TRUE(machine.open());
  for (int i = 0; i < 200; ++i) {
    machine.append(std::string(500, 'x'));
    machine.tasks.run_until_idle();
    machine.tasks.run_for(10ms);
  }
  machine.journal.reset();
  ASSERT_TRUE(machine.files.rename(segment_path(3), "/data/aside"));
  auto opened = machine.open();
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().message.find("00000003.log is missing"), std::string::npos) << opened.error().message;
  ASSERT_TRUE(machine.files.rename("/data/aside", segment_path(3)));
  {
    auto file = machine.files.open(segment_path(3), env::Files::Open::kReadWrite);
    ASSERT_TRUE((*file)->truncate(9000));
  }
  opened = machine.open();
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().message.find("00000003.log has 9000 bytes"), std::string::npos) << opened.error().message;
}

/// More readers than cursors are kept for, each at a place of its own.
TEST(Journal, ManyReadersFindTheirPlaces) {
  SimMachine machine(14);
  machine.options.segment_bytes = 2 << 20;
  ASSERT_TRUE(machine.open());
  constexpr uint64_t kEntries = 2000;
  for (uint64_t i = 1; i <= kEntries; ++i) {
    machine.append(fmt::format("number {} {}", i, std::string(1500, 'x')));
    machine.tasks.run_until_idle();
  }
  for (int round = 0; round < 2; ++round) {
    for (int reader = 0; reader < 500; ++reader) {
      const uint64_t after = machine.random.below(kEntries);
      uint64_t next = after;
      ASSERT_TRUE(machine.journal->read({after}, 10'000, [&](Position position, std::string_view bytes) {
        ASSERT_EQ(position.seq, ++next);
        ASSERT_TRUE(bytes.starts_with(fmt::format("number {} ", position.seq)));
      }));
      ASSERT_GT(next, after);
    }
    ASSERT_TRUE(machine.open());  // what was known of the segments is not kept
  }
}

TEST(Journal, RecyclesReleasedSegmentsAndForgetsTheirEntries) {
  SimMachine machine(10);
  ASSERT_TRUE(machine.open());
  uint64_t most = 0;
  for (int i = 0; i < 500; ++i) {
    machine.append(std::string(500, 'x'));
    machine.tasks.run_until_idle();
    machine.tasks.run_for(10ms);
    machine.journal->release(machine.journal->durable());
    most = std::max<uint64_t>(most, machine.files.list("/data/journal")->size());
  }
  EXPECT_LE(most, 4u);  // the newest, a spare, one to recycle, one on its way
  const uint64_t oldest = machine.journal->oldest().seq;
  EXPECT_GT(oldest, 450u);
  const auto gone = machine.journal->read({1}, 1000, kNoEntry);
  ASSERT_FALSE(gone);
  EXPECT_NE(gone.error().message.find("no longer kept"), std::string::npos);
  EXPECT_EQ(machine.read_all({oldest - 1}).size(), 500 - oldest + 1);
  // The checkpoint holds 500; a follower may still ask for what is kept.
  ASSERT_TRUE(machine.open(Position{500}));
  EXPECT_EQ(machine.append("next"), Position{501});
  machine.journal.reset();
  const auto opened = Journal::open(machine.files, machine.tasks, machine.options, {}, kNoEntry);
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().message.find("segments are missing"), std::string::npos) << opened.error().message;
}

TEST(Journal, RefusesWorkWhenTheDiskIsFullAndResumesByItself) {
  SimMachine machine(11);
  ASSERT_TRUE(machine.open());
  machine.tasks.run_until_idle();
  machine.files.set_free_bytes(20'000);
  size_t taken = 0;
  while (machine.journal->accepting() && taken < 1000) {
    machine.append(std::string(500, 'x'));
    ++taken;
    machine.tasks.run_until_idle();
    machine.tasks.run_for(10ms);
  }
  EXPECT_GT(taken, 30u);
  EXPECT_LT(taken, 1000u);
  EXPECT_EQ(machine.acknowledged, taken);  // what was accepted found its place
  machine.files.set_free_bytes(1 << 20);
  machine.tasks.run_for(1s);
  EXPECT_TRUE(machine.journal->accepting());
  machine.append("again");
  machine.tasks.run_for(1s);
  EXPECT_EQ(machine.acknowledged, taken + 1);
  EXPECT_EQ(machine.fatal, "");
  EXPECT_TRUE(machine.open());
}

TEST(Journal, KeepsTheReserveFree) {
  SimMachine machine(12);
  machine.options.reserve_bytes = 1 << 20;
  ASSERT_TRUE(machine.open());
  EXPECT_TRUE(machine.journal->accepting());
  machine.tasks.run_until_idle();
  machine.files.set_free_bytes(1 << 19);  // others have filled the disk
  machine.append("notices");
  machine.tasks.run_until_idle();
  EXPECT_FALSE(machine.journal->accepting());
  machine.files.set_free_bytes(1 << 21);
  machine.tasks.run_for(1s);
  EXPECT_TRUE(machine.journal->accepting());
}

TEST(Journal, RefusesWorkWhenTooMuchWaits) {
  SimMachine machine(13, 1 << 20);
  machine.options.gather_bytes_max = 10'000;
  ASSERT_TRUE(machine.open());
  size_t n = 0;
  for (; machine.journal->accepting(); ++n) machine.append(std::string(1000, 'x'));
  EXPECT_EQ(n, 10u);
  machine.tasks.run_until_idle();
  EXPECT_TRUE(machine.journal->accepting());
}

TEST(Journal, AFailedSyncEndsEverythingAndLosesNothingAcknowledged) {
  for (const auto op : {SimFiles::Op::kSync, SimFiles::Op::kWrite}) {
    SimMachine machine(14);
    ASSERT_TRUE(machine.open());
    machine.append("kept");
    machine.tasks.run_until_idle();
    machine.files.fail_next(op, "/data/journal", env::IoFailure::kOther);
    machine.append("doubtful");
    machine.tasks.run_until_idle();
    EXPECT_NE(machine.fatal, "");
    EXPECT_FALSE(machine.journal->accepting());
    EXPECT_EQ(machine.acknowledged, 1u);
    // The process starts again, the machine did not: the cache shows what the disk may lack.
    ASSERT_TRUE(machine.open());
    const uint64_t last = machine.acknowledged;
    machine.files.crash(machine.random, SimFiles::Unsynced::kNothing);
    ASSERT_TRUE(machine.open());
    EXPECT_EQ(machine.acknowledged, last);
  }
}

// A batch of an earlier opening may lie whole behind one that was lost. It must not come back behind the one that takes its place,
// even if that has the same length, and even the same bytes.
TEST(Journal, StaleEntriesBehindAHoleDoNotComeBack) {
  for (const bool fits_the_chain : {false, true}) {
    SimMachine machine(15);
    ASSERT_TRUE(machine.open());
    machine.append("one");
    machine.journal->drain();
    ASSERT_TRUE(machine.open());
    machine.append("two");
    machine.journal->drain();
    machine.files.crash(machine.random, SimFiles::Unsynced::kNothing);
    machine.journal.reset();

    const std::string content = read(machine, segment_path(1));
    const uint64_t salt = decode_segment_header(content)->salt;
    uint64_t end = kSegmentHeaderBytes;
    BatchHeader last;
    while (const auto header = decode_batch_header(std::string_view(content).substr(end), salt)) {
      last = *header;
      end += header->total_bytes();
    }
    ASSERT_EQ(last.first, 2u);
    const std::string payload = "three by another life";
    std::string stale(kBatchHeaderBytes + kEntryHeaderBytes + padded(payload.size()), '\0');
    encode_entry_header(payload, crypto::crc32c(payload), stale.data() + kBatchHeaderBytes);
    stale.replace(kBatchHeaderBytes + kEntryHeaderBytes, payload.size(), payload);
    BatchHeader header{.incarnation = fits_the_chain ? last.incarnation - 1 : last.incarnation,
                       .first = 3,
                       .durable = 1,
                       .count = 1,
                       .bytes = static_cast<uint32_t>(stale.size() - kBatchHeaderBytes),
                       .previous = fits_the_chain ? last.checksum : last.checksum + 1,
                       .entries = crypto::crc32c(std::string_view(stale).substr(kBatchHeaderBytes, kEntryHeaderBytes))};
    encode_batch_header(header, salt, stale.data());
    overwrite(machine, segment_path(1), end, stale);
    const auto recovery = machine.open();
    ASSERT_TRUE(recovery) << recovery.error().message;
    EXPECT_EQ(recovery->last, Position{2});
    EXPECT_EQ(recovery->torn_bytes, stale.size());
  }
}

/// One machine that crashes again and again, anywhere.
void crash_rounds(uint64_t seed) {
  SCOPED_TRACE(::testing::Message() << "seed " << seed);
  SimMachine machine(seed);
  Position released;  // what checkpoint and followers hold
  for (int round = 0; round < 8; ++round) {
    if (machine.random.one_in(2)) machine.files.crash_at(machine.files.operations() + 1 + machine.random.below(60));
    try {
      const auto recovery = machine.open(released);
      ASSERT_TRUE(recovery) << recovery.error().message;
      const uint64_t steps = machine.random.below(120);
      for (uint64_t i = 0; i < steps; ++i) {
        switch (machine.random.below(8)) {
          case 0:
          case 1:
          case 2:
            machine.append_random();
            break;
          case 3:
            if (machine.random.one_in(4)) machine.journal->drain();
            break;
          case 4:
            if (machine.random.one_in(2)) {
              released = machine.journal->durable();
              machine.journal->release(released);
            }
            break;
          case 5:
            machine.tasks.advance_to_next_deadline();
            break;
          default:
            machine.tasks.run_one();
        }
      }
      const Position from{machine.journal->oldest().seq - 1};
      const auto kept = machine.read_all(from);
      ASSERT_EQ(kept.size(), machine.journal->durable().seq - from.seq);
      for (const auto& [seq, entry] : kept) ASSERT_TRUE(entry == machine.appended[seq]);
      if (machine.random.one_in(6)) {  // an orderly end, if the machine lives to see it
        machine.journal.reset();
        if (machine.files.list("/")) continue;
      }
    } catch (const env::SimCrash&) {
    }
    // Now the machine dies; the object must not get at the disk any more.
    machine.files.crash(machine.random);
    machine.journal.reset();
  }
}

TEST(Journal, EveryAcknowledgedEntrySurvivesCrashesOnceAndInOrder) {
  for (uint64_t seed = 1; seed <= 1000 && !::testing::Test::HasFailure(); ++seed) crash_rounds(seed);
}

TEST(Journal, ServesManyThreadsOnARealDisk) {
  const std::string directory = ::testing::TempDir() + "cairn_journal_" + std::to_string(::getpid());
  Options options;
  options.directory = directory + "/journal";
  options.segment_bytes = 4 << 20;
  options.reserve_bytes = 0;
  struct Count : Waiter {
    std::atomic<uint64_t> last{0};
    std::atomic<uint64_t> wrong{0};
    void durable(Position position) override {
      if (position.seq != last + 1) ++wrong;
      last = position.seq;
    }
  } count;
  constexpr int kThreads = 4;
  constexpr int kEntries = 2000;
  {
    auto journal = Journal::open(env::system_files(), env::system_tasks(), options, {}, kNoEntry);
    ASSERT_TRUE(journal) << journal.error().message;
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < kEntries; ++i) (*journal)->append(std::string(1400, static_cast<char>('a' + t)), &count);
      });
    }
    uint64_t seen = 0;
    while (seen < kThreads * kEntries) {
      ASSERT_TRUE((*journal)->read({seen}, 1 << 20, [&](Position position, std::string_view) { ASSERT_EQ(position.seq, ++seen); }));
      (*journal)->release({seen});
    }
    for (auto& thread : threads) thread.join();
    (*journal)->drain();
    EXPECT_EQ(count.last, kThreads * kEntries);
    EXPECT_EQ(count.wrong, 0u);
  }
  Recovery recovery;
  EXPECT_TRUE(Journal::open(env::system_files(), env::system_tasks(), options, Position{kThreads * kEntries}, kNoEntry, &recovery));
  EXPECT_EQ(recovery.last.seq, kThreads * kEntries);
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace cairn::journal
