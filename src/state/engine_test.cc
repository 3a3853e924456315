#include "state/engine.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <map>
#include <thread>

#include "env/files.h"
#include "state/sim/engine.h"

namespace cairn::state {
namespace {

using namespace std::string_literals;
using journal::Position;

std::vector<std::string> keys(const std::vector<Engine::Row>& rows) {
  std::vector<std::string> out;
  for (const auto& row : rows) out.push_back(row.key);
  return out;
}

class EngineContract : public ::testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    std::filesystem::create_directories(directory_);
    reopen();
  }
  void TearDown() override {
    engine_.reset();
    std::filesystem::remove_all(directory_);
  }
  std::string path() const { return directory_ + "/state.db"; }
  void reopen() {
    engine_.reset();
    if (GetParam()) {
      auto opened = open_sqlite(path());
      ASSERT_TRUE(opened) << opened.error().message;
      engine_ = std::move(*opened);
    } else {
      engine_ = database_.open();
    }
  }
  void put(const std::string& key, const std::string& value, uint64_t version) {
    const Engine::Write write{key, value, {version}};
    ASSERT_TRUE(engine_->apply({&write, 1}, {version}));
  }

  std::string directory_ = ::testing::TempDir() + "cairn_engine_" + std::to_string(::getpid());
  SimDatabase database_;
  std::unique_ptr<Engine> engine_;
};

INSTANTIATE_TEST_SUITE_P(All, EngineContract, ::testing::Bool(),
                         [](const auto& engine) { return std::string(engine.param ? "Sqlite" : "Simulated"); });

TEST_P(EngineContract, BeginsEmpty) {
  EXPECT_EQ(engine_->position(), Position{});
  EXPECT_FALSE(engine_->get("a"));
  EXPECT_TRUE(engine_->scan("", "", 10).empty());
}

TEST_P(EngineContract, KeepsRowsAndPositionOverARestart) {
  const std::string large(700 << 10, '\x7f');
  const std::string odd = "c\0d"s;
  const std::string zero = "\0"s;
  const std::vector<Engine::Write> writes = {{"a", "one", {3}}, {"b", large, {4}}, {odd, zero, {5}}, {"empty", "", {6}}};
  ASSERT_TRUE(engine_->apply(writes, {7}));
  reopen();
  EXPECT_EQ(engine_->position(), Position{7});
  EXPECT_EQ(engine_->get("a")->value, "one");
  EXPECT_EQ(engine_->get("a")->version, Position{3});
  EXPECT_TRUE(engine_->get("b")->value == large);
  EXPECT_EQ(engine_->get(odd)->value, zero);
  EXPECT_FALSE(engine_->get("c"));
  EXPECT_EQ(engine_->get("empty")->value, "");
}

TEST_P(EngineContract, ReplacesAndErases) {
  put("a", "one", 1);
  put("a", "two", 2);
  EXPECT_EQ(engine_->get("a")->value, "two");
  EXPECT_EQ(engine_->get("a")->version, Position{2});
  const std::vector<Engine::Write> writes = {{"a", std::nullopt, {3}}, {"never there", std::nullopt, {3}}};
  ASSERT_TRUE(engine_->apply(writes, {3}));
  EXPECT_FALSE(engine_->get("a"));
  ASSERT_TRUE(engine_->apply({}, {9}));  // only the position moves
  reopen();
  EXPECT_EQ(engine_->position(), Position{9});
}

TEST_P(EngineContract, ScansByPrefixInByteOrder) {
  uint64_t version = 0;
  for (const std::string& key : {"b"s, "a/2"s, "a/1"s, "a"s, "a/\xff"s, "a0"s, "\xff\xff"s, "\xff"s, "a/1/x"s}) put(key, "v", ++version);
  EXPECT_EQ(keys(engine_->scan("a/", "", 10)), (std::vector<std::string>{"a/1", "a/1/x", "a/2", "a/\xff"}));
  EXPECT_EQ(keys(engine_->scan("a/", "a/1", 2)), (std::vector<std::string>{"a/1/x", "a/2"}));
  EXPECT_EQ(keys(engine_->scan("a/", "a/1zzz", 10)), (std::vector<std::string>{"a/2", "a/\xff"}));
  EXPECT_EQ(keys(engine_->scan("a/", "b", 10)), std::vector<std::string>{});
  EXPECT_EQ(keys(engine_->scan("\xff", "", 10)), (std::vector<std::string>{"\xff", "\xff\xff"}));
  EXPECT_EQ(engine_->scan("", "", 100).size(), 9u);
  EXPECT_TRUE(engine_->scan("", "", 0).empty());
}

TEST_P(EngineContract, ReadersSeeOneStateWhileItChanges) {
  for (uint64_t round = 1; round <= 20; ++round) {
    std::thread reader([&] {
      for (int i = 0; i < 20; ++i) {
        const auto rows = engine_->scan("k", "", 10);
        for (const auto& row : rows) EXPECT_EQ(row.value, rows[0].value);
      }
    });
    const std::string value = std::to_string(round);
    const std::vector<Engine::Write> writes = {{"k1", value, {round}}, {"k2", value, {round}}, {"k3", value, {round}}};
    EXPECT_TRUE(engine_->apply(writes, {round}));
    reader.join();
  }
}

TEST(SimDatabase, AFullDiskLeavesTheOldState) {
  SimDatabase database;
  const auto engine = database.open();
  const Engine::Write write{"a", "new", {2}};
  database.fail_next(1);
  EXPECT_FALSE(engine->apply({&write, 1}, {2}));
  EXPECT_FALSE(engine->get("a"));
  EXPECT_EQ(engine->position(), Position{});
  EXPECT_TRUE(engine->apply({&write, 1}, {2}));
  EXPECT_EQ(engine->get("a")->value, "new");
}

TEST(Sqlite, FilesAreForTheOwnerOnly) {
  const std::string directory = ::testing::TempDir() + "cairn_engine_mode_" + std::to_string(::getpid());
  std::filesystem::create_directories(directory);
  {
    auto engine = *open_sqlite(directory + "/state.db");
    const Engine::Write write{"a", "b", {1}};
    ASSERT_TRUE(engine->apply({&write, 1}, {1}));
    for (const auto& file : std::filesystem::directory_iterator(directory)) {
      struct stat info {};
      ASSERT_EQ(::stat(file.path().c_str(), &info), 0);
      EXPECT_EQ(info.st_mode & 0777, 0600u) << file.path();
    }
  }
  std::filesystem::remove_all(directory);
}

TEST(Sqlite, WhatIsNoDatabaseIsRefusedByName) {
  const std::string path = ::testing::TempDir() + "cairn_engine_garbage_" + std::to_string(::getpid());
  ASSERT_TRUE(env::write_file_atomically(env::system_files(), path, std::string(8192, 'x')));
  const auto opened = open_sqlite(path);
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().message.find(path), std::string::npos) << opened.error().message;
  std::filesystem::remove(path);
}

}  // namespace
}  // namespace cairn::state
