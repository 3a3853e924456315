#include "env/sim/files.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

namespace cairn::env {
namespace {

template <class Outcome>
void must(const Outcome& outcome) {
  ASSERT_TRUE(outcome) << outcome.error().message;
}

using Open = Files::Open;
using Op = SimFiles::Op;
using Unsynced = SimFiles::Unsynced;

class SimDisk : public testing::Test {
 protected:
  SimDisk() {
    must(files_.make_directory("/d"));
    sync("/");
  }

  std::unique_ptr<File> make(const std::string& path, std::string_view content = "") {
    auto file = std::move(*files_.open(path, Open::kCreateNew));
    must(file->pwrite(0, content));
    return file;
  }
  std::unique_ptr<File> make_durable(const std::string& path, std::string_view content) {
    auto file = make(path, content);
    must(file->sync());
    sync(parent_directory(path));
    return file;
  }
  void sync(const std::string& directory) { must(files_.sync_directory(directory)); }
  std::string content(const std::string& path) { return read_file(files_, path).value_or("(none)"); }
  std::vector<std::string> names() { return *files_.list("/d"); }

  SimFiles files_;
  SimRandom random_{1};
};

TEST_F(SimDisk, SyncedContentSurvivesAnyCrash) {
  auto file = make_durable("/d/a", "kept");
  for (int i = 0; i < 50; ++i) files_.crash(random_);
  EXPECT_EQ(content("/d/a"), "kept");
}

TEST_F(SimDisk, UnsyncedWritesCanBeLost) {
  auto file = make_durable("/d/a", "kept");
  must(file->pwrite(4, " and lost"));
  must(file->pwrite(0, "K"));
  EXPECT_EQ(content("/d/a"), "Kept and lost");
  files_.crash(random_, Unsynced::kNothing);
  EXPECT_EQ(content("/d/a"), "kept");
}

TEST_F(SimDisk, UnsyncedWritesCanSurvive) {
  auto file = make_durable("/d/a", "kept");
  must(file->pwrite(4, " too"));
  must(file->truncate(6));
  make("/d/b", "b");
  files_.crash(random_, Unsynced::kEverything);
  EXPECT_EQ(content("/d/a"), "kept t");
  EXPECT_EQ(content("/d/b"), "b");
}

TEST_F(SimDisk, ANameWithoutDirectorySyncCanBeLostThoughItsContentWasSynced) {
  must(make("/d/a", "x")->sync());
  files_.crash(random_, Unsynced::kNothing);
  EXPECT_EQ(names(), std::vector<std::string>{});
}

TEST_F(SimDisk, ARenameWithoutDirectorySyncCanBeUndone) {
  make_durable("/d/a", "old");
  make_durable("/d/b", "new");
  must(files_.rename("/d/b", "/d/a"));
  EXPECT_EQ(content("/d/a"), "new");
  files_.crash(random_, Unsynced::kNothing);
  EXPECT_EQ(content("/d/a"), "old");
  EXPECT_EQ(content("/d/b"), "new");
}

TEST_F(SimDisk, ARemovalWithoutDirectorySyncCanBeUndone) {
  make_durable("/d/a", "x");
  must(files_.remove("/d/a"));
  files_.crash(random_, Unsynced::kNothing);
  EXPECT_EQ(content("/d/a"), "x");
  must(files_.remove("/d/a"));
  sync("/d");
  files_.crash(random_, Unsynced::kNothing);
  EXPECT_EQ(names(), std::vector<std::string>{});
}

// Every mixture must come up: a simulation that never tears proves nothing about tearing.
TEST_F(SimDisk, CrashesKeepDropAndTearSectors) {
  constexpr size_t kSector = 512;
  bool kept_behind_dropped = false;
  bool garbage = false;
  bool cut = false;
  bool all = false;
  bool nothing = false;
  for (int i = 0; i < 300; ++i) {
    auto name = "/d/" + std::to_string(i);
    auto file = make_durable(name, std::string(8 * kSector, 'o'));
    must(file->pwrite(0, std::string(8 * kSector, 'n')));
    files_.crash(random_);
    std::string after = content(name);
    ASSERT_EQ(after.size(), 8 * kSector);
    std::string sectors;
    for (size_t s = 0; s < 8; ++s) {
      std::set<char> letters(after.begin() + static_cast<std::ptrdiff_t>(s * kSector),
                             after.begin() + static_cast<std::ptrdiff_t>((s + 1) * kSector));
      sectors += letters.size() == 1 ? *letters.begin() : letters == std::set<char>{'n', 'o'} ? 'c' : 'g';
    }
    size_t dropped = sectors.find('o');
    kept_behind_dropped |= dropped != std::string::npos && sectors.find('n', dropped) != std::string::npos;
    garbage |= sectors.find('g') != std::string::npos;
    cut |= sectors.find('c') != std::string::npos;
    all |= sectors == "nnnnnnnn";
    nothing |= sectors == "oooooooo";
  }
  EXPECT_TRUE(kept_behind_dropped && garbage && cut && all && nothing);
}

TEST_F(SimDisk, TearingLeavesSyncedNeighboursAlone) {
  for (int i = 0; i < 100; ++i) {
    auto name = "/d/" + std::to_string(i);
    auto file = make_durable(name, std::string(700, 's'));
    must(file->pwrite(700, std::string(2000, 'u')));
    files_.crash(random_);
    EXPECT_EQ(content(name).substr(0, 700), std::string(700, 's'));
  }
}

TEST_F(SimDisk, OfADirectorysChangesAPrefixSurvives) {
  std::map<size_t, int> survivors;
  for (int i = 0; i < 100; ++i) {
    SimFiles files;
    for (auto name : {"a", "b", "c"}) EXPECT_TRUE(files.open(name, Open::kCreateNew));
    files.crash(random_);
    auto left = *files.list("/");
    EXPECT_TRUE(std::equal(left.begin(), left.end(), std::vector<std::string>{"a", "b", "c"}.begin()));
    ++survivors[left.size()];
  }
  EXPECT_EQ(survivors.size(), 4u);
}

TEST_F(SimDisk, AMoveBetweenDirectoriesLosesNoFileAndDoublesNone) {
  bool moved = false;
  bool stayed = false;
  for (int i = 0; i < 100; ++i) {
    SimFiles files;
    must(files.make_directory("/from"));
    must(files.make_directory("/to"));
    must((*files.open("/from/f", Open::kCreateNew))->sync());
    for (auto d : {"/", "/from", "/to"}) must(files.sync_directory(d));
    must(files.rename("/from/f", "/to/f"));
    if (i % 3 == 0) must(files.open("/to/g", Open::kCreateNew));
    files.crash(random_);
    bool there = read_file(files, "/to/f").has_value();
    EXPECT_NE(there, read_file(files, "/from/f").has_value());
    (there ? moved : stayed) = true;
  }
  EXPECT_TRUE(moved && stayed);
}

TEST_F(SimDisk, SyncingOneEndOfAMoveMakesItDurable) {
  must(files_.make_directory("/e"));
  sync("/");
  make_durable("/d/f", "x");
  must(files_.rename("/d/f", "/e/f"));
  sync("/e");
  files_.crash(random_, Unsynced::kNothing);
  EXPECT_EQ(content("/e/f"), "x");
  EXPECT_EQ(content("/d/f"), "(none)");
}

TEST_F(SimDisk, AnUnsyncedDirectoryTakesItsFilesWithIt) {
  must(files_.make_directory("/d/sub"));
  make_durable("/d/sub/a", "x");
  files_.crash(random_, Unsynced::kNothing);
  EXPECT_EQ(names(), std::vector<std::string>{});
}

TEST_F(SimDisk, FilesAndLocksOfBeforeACrashAreDead) {
  auto file = make_durable("/d/a", "x");
  auto lock = files_.lock("/d/lock");
  files_.crash(random_, Unsynced::kEverything);
  std::array<char, 1> out;
  EXPECT_EQ(file->pread(0, out).error().kind, IoFailure::kOther);
  EXPECT_EQ(file->pwrite(0, "y").error().kind, IoFailure::kOther);
  EXPECT_EQ(file->sync().error().kind, IoFailure::kOther);
  EXPECT_EQ(file->truncate(0).error().kind, IoFailure::kOther);
  EXPECT_EQ(file->size().error().kind, IoFailure::kOther);
  auto again = files_.lock("/d/lock");
  EXPECT_TRUE(again);
  lock->reset();  // the old one must not free the new one
  EXPECT_FALSE(files_.lock("/d/lock"));
}

TEST_F(SimDisk, AtomicReplacementIsAtomicWhereverTheMachineDies) {
  bool old_seen = false;
  bool new_seen = false;
  for (uint64_t at = 1;; ++at) {
    bool finished = true;
    for (int seed = 0; seed < 20; ++seed) {
      SimFiles files;
      must(write_file_atomically(files, "/f", std::string(3000, 'o')));
      files.crash_at(files.operations() + at);
      try {
        must(write_file_atomically(files, "/f", std::string(2000, 'n')));
      } catch (const SimCrash&) {
        finished = false;
      }
      files.crash(random_);
      std::string after = read_file(files, "/f").value_or("(none)");
      bool is_old = after == std::string(3000, 'o');
      bool is_new = after == std::string(2000, 'n');
      ASSERT_TRUE(is_old || is_new) << "died in operation " << at;
      ASSERT_TRUE(is_new || !finished);
      old_seen |= is_old;
      new_seen |= is_new;
    }
    if (finished) break;
  }
  EXPECT_TRUE(old_seen && new_seen);
}

TEST_F(SimDisk, ReplacementWithoutSyncIsCaught) {
  bool broken = false;
  for (int i = 0; i < 50 && !broken; ++i) {
    SimFiles files;
    must(write_file_atomically(files, "/f", "old"));
    must((*files.open("/f.tmp", Open::kCreateNew))->pwrite(0, "new"));  // and no sync
    must(files.rename("/f.tmp", "/f"));
    must(files.sync_directory("/"));
    files.crash(random_);
    std::string after = read_file(files, "/f").value_or("(none)");
    broken = after != "old" && after != "new";
  }
  EXPECT_TRUE(broken);
}

TEST_F(SimDisk, AfterDyingEverythingFailsUntilTheRestart) {
  auto file = make_durable("/d/a", "x");
  files_.crash_at(files_.operations() + 2);
  EXPECT_TRUE(file->pwrite(0, "y"));
  EXPECT_THROW(must(file->sync()), SimCrash);
  EXPECT_FALSE(file->sync());
  EXPECT_FALSE(file->pwrite(0, "z"));
  EXPECT_FALSE(files_.open("/d/b", Open::kCreateNew));
  EXPECT_FALSE(files_.list("/d"));
  files_.crash(random_, Unsynced::kEverything);
  EXPECT_EQ(content("/d/a"), "y");
  EXPECT_EQ(names(), (std::vector<std::string>{"a"}));
}

TEST_F(SimDisk, FaultsComeAsOftenAsAsked) {
  files_.fail_next(Op::kOpen, "/d/a", IoFailure::kDenied, 2);
  EXPECT_TRUE(files_.open("/d/b", Open::kCreateNew));
  EXPECT_EQ(files_.open("/d/a", Open::kCreateNew).error().kind, IoFailure::kDenied);
  EXPECT_FALSE(files_.open("/d/a", Open::kCreateNew));
  EXPECT_TRUE(files_.open("/d/a", Open::kCreateNew));
  files_.fail_next(Op::kList, "", IoFailure::kOther, SimFiles::kAlways);
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(files_.list("/d"));
  files_.heal();
  EXPECT_TRUE(files_.list("/d"));
}

TEST_F(SimDisk, AFailedWriteLeavesAPart) {
  auto file = make("/d/a");
  files_.fail_next(Op::kWrite, "/d/a", IoFailure::kOther);
  EXPECT_FALSE(file->pwrite(0, "abcd"));
  EXPECT_EQ(content("/d/a"), "ab");
}

TEST_F(SimDisk, AFailedSyncIsNotHealedByALaterOne) {
  auto file = make_durable("/d/a", "old");
  must(file->pwrite(0, "new"));
  files_.fail_next(Op::kSync, "/d/a", IoFailure::kOther);
  EXPECT_FALSE(file->sync());
  EXPECT_TRUE(file->sync());
  EXPECT_EQ(content("/d/a"), "new");
  files_.crash(random_, Unsynced::kEverything);
  EXPECT_EQ(content("/d/a"), "old");
}

TEST_F(SimDisk, AFullDiskTakesWhatFitsAndRecovers) {
  auto file = make("/d/a", "0123");
  files_.set_free_bytes(3);
  EXPECT_EQ(files_.free_bytes("/"), 3u);
  EXPECT_EQ(file->pwrite(4, "456789").error().kind, IoFailure::kNoSpace);
  EXPECT_EQ(content("/d/a"), "0123456");
  EXPECT_TRUE(file->pwrite(0, "abcdefg"));  // in place needs no space
  EXPECT_EQ(file->truncate(8).error().kind, IoFailure::kNoSpace);
  EXPECT_TRUE(file->truncate(2));
  EXPECT_EQ(files_.free_bytes("/"), 5u);
  must(files_.remove("/d/a"));
  EXPECT_EQ(files_.free_bytes("/"), 7u);
}

}  // namespace
}  // namespace cairn::env
