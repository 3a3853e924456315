// One contract for all file systems: the system's, in a temporary directory, and the simulated one.
#include "env/files.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "env/sim/files.h"

namespace cairn::env {
namespace {

template <class Outcome>
void must(const Outcome& outcome) {
  ASSERT_TRUE(outcome) << outcome.error().message;
}

using Open = Files::Open;

class FilesContract : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    if (GetParam() == std::string_view("simulated")) {
      files_ = &simulated_;
      base_ = "/base";
      ASSERT_TRUE(files_->make_directory(base_));
      return;
    }
    std::string pattern = (std::filesystem::temp_directory_path() / "cairn_files_XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    files_ = &system_files();
    base_ = pattern;
  }
  void TearDown() override {
    if (files_ == &system_files()) std::filesystem::remove_all(base_);
  }

  std::string at(std::string_view name) const { return base_ + "/" + std::string(name); }
  std::unique_ptr<File> make(std::string_view name, std::string_view content) {
    auto file = files_->open(at(name), Open::kCreateNew);
    EXPECT_TRUE(file);
    EXPECT_TRUE((*file)->pwrite(0, content));
    return std::move(*file);
  }
  std::string content(std::string_view name) { return read_file(*files_, at(name)).value_or("(none)"); }

  SimFiles simulated_;
  Files* files_ = nullptr;
  std::string base_;
};

template <class Outcome>
std::string kind(const Outcome& outcome) {
  if (outcome) return "done";
  switch (outcome.error().kind) {
    case IoFailure::kNotFound:
      return "not found";
    case IoFailure::kExists:
      return "exists";
    case IoFailure::kNoSpace:
      return "no space";
    case IoFailure::kDenied:
      return "denied";
    case IoFailure::kBusy:
      return "busy";
    case IoFailure::kDamaged:
      return "damaged";
    case IoFailure::kOther:
      return "other";
  }
  return "?";
}

TEST_P(FilesContract, ReadsBackWhatWasWrittenAnywhere) {
  auto file = make("a", "hello");
  EXPECT_TRUE(file->pwrite(8, "world"));
  EXPECT_EQ(file->size(), 13u);
  EXPECT_EQ(content("a"), std::string("hello\0\0\0world", 13));
  EXPECT_TRUE(file->pwrite(1, "E"));
  EXPECT_EQ(content("a").substr(0, 5), "hEllo");
  EXPECT_TRUE(file->sync());
}

TEST_P(FilesContract, ReadsFewerBytesOnlyAtTheEnd) {
  auto file = make("a", "0123456789");
  std::array<char, 4> out;
  EXPECT_EQ(file->pread(0, out), 4u);
  EXPECT_EQ(file->pread(8, out), 2u);
  EXPECT_EQ(out[0], '8');
  EXPECT_EQ(file->pread(10, out), 0u);
  EXPECT_EQ(file->pread(99, out), 0u);
  EXPECT_EQ(file->pread(0, {}), 0u);
}

TEST_P(FilesContract, TruncatesBothWays) {
  auto file = make("a", "0123456789");
  EXPECT_TRUE(file->truncate(3));
  EXPECT_EQ(content("a"), "012");
  EXPECT_TRUE(file->truncate(5));
  EXPECT_EQ(content("a"), std::string("012\0\0", 5));
}

TEST_P(FilesContract, OpensAsAsked) {
  EXPECT_EQ(kind(files_->open(at("a"), Open::kRead)), "not found");
  EXPECT_EQ(kind(files_->open(at("a"), Open::kReadWrite)), "not found");
  EXPECT_EQ(kind(files_->open(at("a"), Open::kCreateOrOpen)), "done");
  EXPECT_EQ(kind(files_->open(at("a"), Open::kCreateNew)), "exists");
  EXPECT_EQ(kind(files_->open(at("none/a"), Open::kCreateNew)), "not found");
  must((*files_->open(at("a"), Open::kReadWrite))->pwrite(0, "kept"));
  auto again = files_->open(at("a"), Open::kCreateOrOpen);
  ASSERT_TRUE(again);
  EXPECT_EQ((*again)->size(), 4u);
  auto reader = files_->open(at("a"), Open::kRead);
  ASSERT_TRUE(reader);
  EXPECT_EQ(kind((*reader)->pwrite(0, "x")), "other");
}

TEST_P(FilesContract, RenameReplacesAndKeepsOpenFilesAlive) {
  auto old = make("a", "old");
  auto fresh = make("b", "new");
  EXPECT_TRUE(files_->rename(at("b"), at("a")));
  EXPECT_EQ(content("a"), "new");
  EXPECT_EQ(files_->list(base_), (std::vector<std::string>{"a"}));
  std::array<char, 3> out;
  EXPECT_EQ(old->pread(0, out), 3u);
  EXPECT_EQ(std::string_view(out.data(), 3), "old");
  EXPECT_EQ(kind(files_->rename(at("b"), at("c"))), "not found");
  EXPECT_EQ(kind(files_->rename(at("a"), at("none/a"))), "not found");
  EXPECT_TRUE(files_->rename(at("a"), at("a")));
  EXPECT_EQ(content("a"), "new");
}

TEST_P(FilesContract, MovesDirectories) {
  ASSERT_TRUE(files_->make_directory(at("d")));
  make("d/a", "x");
  EXPECT_TRUE(files_->rename(at("d"), at("e")));
  EXPECT_EQ(content("e/a"), "x");
  EXPECT_EQ(kind(files_->rename(at("e"), at("e/inside"))), "other");
}

TEST_P(FilesContract, RemovesFilesAndEmptyDirectories) {
  ASSERT_TRUE(files_->make_directory(at("d")));
  make("d/a", "x");
  EXPECT_EQ(kind(files_->remove(at("d"))), "other");
  EXPECT_EQ(kind(files_->remove(at("d/a"))), "done");
  EXPECT_EQ(kind(files_->remove(at("d/a"))), "not found");
  EXPECT_EQ(kind(files_->remove(at("d"))), "done");
  EXPECT_EQ(files_->list(base_), std::vector<std::string>{});
}

TEST_P(FilesContract, MakesDirectoriesWithTheirParents) {
  EXPECT_TRUE(files_->make_directory(at("a/b/c")));
  EXPECT_TRUE(files_->make_directory(at("a/b/c")));
  EXPECT_TRUE(files_->make_directory(at("a/b/d/")));
  make("a/file", "x");
  EXPECT_FALSE(files_->make_directory(at("a/file")));
  EXPECT_EQ(files_->list(at("a")), (std::vector<std::string>{"b", "file"}));
  EXPECT_EQ(kind(files_->list(at("none"))), "not found");
  EXPECT_TRUE(files_->sync_directory(at("a")));
  EXPECT_EQ(kind(files_->sync_directory(at("none"))), "not found");
}

TEST_P(FilesContract, ListsInOrder) {
  for (auto name : {"b", "B", "a10", "a2"}) make(name, "");
  EXPECT_EQ(files_->list(base_), (std::vector<std::string>{"B", "a10", "a2", "b"}));
}

TEST_P(FilesContract, ALockIsHeldByOneUntilItDies) {
  auto first = files_->lock(at("lock"));
  ASSERT_TRUE(first);
  EXPECT_EQ(kind(files_->lock(at("lock"))), "busy");
  EXPECT_EQ(kind(files_->lock(at("other"))), "done");
  first->reset();
  EXPECT_EQ(kind(files_->lock(at("lock"))), "done");
}

TEST_P(FilesContract, KnowsFreeSpace) {
  auto free = files_->free_bytes(base_);
  ASSERT_TRUE(free);
  EXPECT_GT(*free, 0u);
}

TEST_P(FilesContract, ReadFileRefusesWhatIsTooLong) {
  make("a", "0123456789");
  EXPECT_EQ(kind(read_file(*files_, at("a"), 9)), "other");
  EXPECT_EQ(read_file(*files_, at("a"), 10), "0123456789");
  EXPECT_EQ(kind(read_file(*files_, at("b"))), "not found");
}

TEST_P(FilesContract, WritesWholeFilesAtomically) {
  EXPECT_TRUE(write_file_atomically(*files_, at("a"), "a long first content"));
  EXPECT_TRUE(write_file_atomically(*files_, at("a"), "second"));
  EXPECT_EQ(content("a"), "second");
  EXPECT_EQ(files_->list(base_), (std::vector<std::string>{"a"}));
  EXPECT_EQ(kind(write_file_atomically(*files_, at("none/a"), "x")), "not found");
}

TEST_P(FilesContract, FailuresNameThePath) {
  auto absent = files_->open(at("absent"), Open::kRead);
  ASSERT_FALSE(absent);
  EXPECT_NE(absent.error().message.find(at("absent")), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Every, FilesContract, testing::Values("system", "simulated"),
                         [](const auto& tested) { return std::string(tested.param); });

TEST(SystemFiles, AreForTheirOwnerOnlyAndNotInherited) {
  std::string pattern = (std::filesystem::temp_directory_path() / "cairn_files_XXXXXX").string();
  ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
  std::string directory = pattern + "/d/e";
  ASSERT_TRUE(system_files().make_directory(directory));
  ASSERT_TRUE(write_file_atomically(system_files(), directory + "/f", "x"));
  auto mode = [](const std::string& path) {
    struct stat info {};
    EXPECT_EQ(::stat(path.c_str(), &info), 0);
    return info.st_mode & 07777;
  };
  EXPECT_EQ(mode(pattern + "/d"), 0700u);
  EXPECT_EQ(mode(directory), 0700u);
  EXPECT_EQ(mode(directory + "/f"), 0600u);
  int next = ::open("/dev/null", O_RDONLY | O_CLOEXEC);  // the number that the next file gets
  ::close(next);
  auto file = system_files().open(directory + "/f", Open::kRead);
  EXPECT_EQ(::fcntl(next, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
  std::filesystem::remove_all(pattern);
}

TEST(SystemFiles, ALockNamesTheProcessThatHoldsIt) {
  std::string pattern = (std::filesystem::temp_directory_path() / "cairn_files_XXXXXX").string();
  ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
  auto held = system_files().lock(pattern + "/lock");
  ASSERT_TRUE(held);
  auto refused = system_files().lock(pattern + "/lock");
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find(std::to_string(::getpid())), std::string::npos) << refused.error().message;
  std::filesystem::remove_all(pattern);
}

TEST(SystemFiles, AFullDiskIsToldApart) {
  auto full = system_files().open("/dev/full", Open::kReadWrite);
  if (!full) GTEST_SKIP() << full.error().message;
  EXPECT_EQ(kind((*full)->pwrite(0, "x")), "no space");
}

TEST(Paths, ParentDirectory) {
  EXPECT_EQ(parent_directory("/a/b"), "/a");
  EXPECT_EQ(parent_directory("/a/b/"), "/a");
  EXPECT_EQ(parent_directory("/a//b"), "/a");
  EXPECT_EQ(parent_directory("/a"), "/");
  EXPECT_EQ(parent_directory("/"), "/");
  EXPECT_EQ(parent_directory("a/b"), "a");
  EXPECT_EQ(parent_directory("a"), ".");
  EXPECT_EQ(parent_directory(""), ".");
}

}  // namespace
}  // namespace cairn::env
