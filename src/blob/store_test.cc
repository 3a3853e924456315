#include "blob/store.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <map>

#include "base/log.h"
#include "env/sim/files.h"
#include "env/sim/random.h"

namespace cairn::blob {
namespace {

std::string read_all(Store& store, const BlobId& id) {
  auto reader = store.open(id);
  if (!reader) return "(" + reader.error().message + ")";
  std::string content((*reader)->size(), '\0');
  EXPECT_EQ(*(*reader)->read(0, content), content.size());
  return content;
}

std::map<BlobId, std::string> all(Store& store) {
  std::map<BlobId, std::string> found;
  store.each([&](const BlobId& id) { found[id] = read_all(store, id); });
  return found;
}

/// Every engine keeps this contract.
void keeps_the_contract(Store& store) {
  auto writer = *store.create();
  ASSERT_TRUE(writer->append("hello "));
  ASSERT_TRUE(writer->append("world"));
  EXPECT_TRUE(all(store).empty()) << "unfinished bytes are nobody's";
  const BlobId id = *writer->finish();
  EXPECT_EQ(id.str().size(), 32u);
  writer.reset();
  EXPECT_EQ(read_all(store, id), "hello world");

  auto reader = *store.open(id);
  std::string part(3, ' ');
  EXPECT_EQ(*reader->read(4, part), 3u);
  EXPECT_EQ(part, "o w");
  EXPECT_EQ(*reader->read(9, part), 2u);  // fewer at the end
  EXPECT_EQ(*reader->read(11, part), 0u);

  const BlobId empty = *(*store.create())->finish();
  EXPECT_EQ(read_all(store, empty), "");
  {
    auto dropped = *store.create();
    ASSERT_TRUE(dropped->append("never finished"));
  }
  EXPECT_EQ(all(store).size(), 2u);

  store.remove(id);
  store.remove(id);  // never there: fine
  const auto gone = store.open(id);
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().kind, env::IoFailure::kNotFound);
  EXPECT_EQ(*reader->read(0, part), 3u) << "who had it open keeps it";
  EXPECT_FALSE(store.open(BlobId("../../../etc/passwd")));
  store.remove(BlobId("../../../etc/passwd"));
  store.remove(empty);
  EXPECT_TRUE(all(store).empty());
}

TEST(BlobStore, KeepsTheContractOnARealDisk) {
  const std::string directory = ::testing::TempDir() + "cairn_blob_" + std::to_string(::getpid());
  auto store = open_directory(env::system_files(), env::system_random(), directory + "/objects");
  ASSERT_TRUE(store) << store.error().message;
  keeps_the_contract(**store);
  std::filesystem::remove_all(directory);
}

TEST(BlobStore, KeepsTheContractOnASimulatedDisk) {
  env::SimRandom random(1);
  env::SimFiles files;
  keeps_the_contract(**open_directory(files, random, "/data/objects"));
}

TEST(BlobStore, WhatWasFinishedSurvivesACrashWholeAndTheRestIsSweptAway) {
  log::set_threshold(log::Level::kError);
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(seed);
    env::SimRandom random(seed);
    env::SimFiles files;
    ASSERT_TRUE(files.make_directory("/data") && files.sync_directory("/"));
    std::map<BlobId, std::string> finished;
    try {
      auto store = open_directory(files, random, "/data/objects");
      files.crash_at(files.operations() + 1 + random.below(60));
      while (true) {
        const std::string content = random.bytes(random.below(3000));
        auto writer = store.value()->create();
        if (!writer || !(*writer)->append(content)) break;
        const auto id = (*writer)->finish();
        if (!id) break;
        finished[*id] = content;
        if (random.one_in(4)) {
          const BlobId gone = finished.begin()->first;
          finished.erase(finished.begin());
          store.value()->remove(gone);
        }
      }
      ADD_FAILURE() << "no crash";
    } catch (const env::SimCrash&) {
    }
    files.crash(random);
    auto store = open_directory(files, random, "/data/objects");
    ASSERT_TRUE(store) << store.error().message;
    for (const auto& [id, content] : finished) EXPECT_TRUE(read_all(**store, id) == content);
    EXPECT_TRUE(files.list("/data/objects/tmp")->empty());
  }
}

TEST(BlobStore, KeepsSpaceFreeForWhatDeletesIt) {
  log::set_threshold(log::Level::kError);
  env::SimRandom random(4);
  env::SimFiles files;
  auto store = *open_directory(files, random, "/data/objects", 10 << 20);
  files.set_free_bytes(13 << 20);
  const std::string piece(256 << 10, 'x');
  uint64_t taken = 0;
  {
    auto writer = *store->create();
    env::Done done;
    while ((done = writer->append(piece))) taken += piece.size();
    EXPECT_EQ(done.error().kind, env::IoFailure::kNoSpace);
  }
  EXPECT_GE(taken, 2u << 20);
  EXPECT_LE(taken, 3u << 20) << "10 MiB stay";
  EXPECT_TRUE((*store->create())->append(piece)) << "what was given up is free again";
}

TEST(BlobStore, AFullDiskFailsTheWriteAndGivesTheSpaceBack) {
  env::SimRandom random(3);
  env::SimFiles files;
  auto store = *open_directory(files, random, "/data/objects");
  files.set_free_bytes(1000);
  {
    auto writer = *store->create();
    ASSERT_TRUE(writer->append(std::string(800, 'x')));
    const auto done = writer->append(std::string(800, 'x'));
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().kind, env::IoFailure::kNoSpace);
  }
  EXPECT_EQ(*files.free_bytes("/data"), 1000u);
}

}  // namespace
}  // namespace cairn::blob
