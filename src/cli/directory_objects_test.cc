#include "cli/directory_objects.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>

namespace cairn::cli {
namespace {

class DirectoryTest : public testing::Test {
 protected:
  DirectoryTest() {
    std::string name = (std::filesystem::temp_directory_path() / "cairn-test-XXXXXX").string();
    EXPECT_NE(mkdtemp(name.data()), nullptr);
    directory_ = name;
  }
  ~DirectoryTest() override { std::filesystem::remove_all(directory_); }
  void write(const std::string& path, std::string_view content) {
    const std::string full = directory_ + "/" + path;
    ASSERT_TRUE(files_.make_directory(env::parent_directory(full)));
    ASSERT_TRUE(env::write_file_atomically(files_, full, content));
  }
  static std::string all_of(archive::Objects& objects, const std::string& key) {
    std::string out;
    const auto read = objects.read("b", key, [&](std::string_view piece) {
      out += piece;
      return true;
    });
    return read ? out : read.error().message;
  }

  env::Files& files_ = env::system_files();
  std::string directory_;
};

constexpr const char* kDigest =
    "AWSLogs/111122223333/CloudTrail-Digest/us-east-1/2026/01/02/"
    "111122223333_CloudTrail-Digest_us-east-1_main_us-east-1_20260102T030405Z.json.gz";

TEST_F(DirectoryTest, ListsAsABucketDoes) {
  // Bytewise over whole keys: '-' sorts before '/', so that a directory's place is not that of its name alone.
  const std::vector<std::string> keys = {"a-b/x", "a.c", "a/b/1", "a/b/2", "a/c", "b"};
  for (const std::string& key : keys) write(key, "x");
  DirectoryObjects objects(files_, directory_, "");
  using Keys = std::vector<std::string>;
  EXPECT_EQ(objects.list("b", "", "", 100).value(), keys);
  EXPECT_EQ(objects.list("b", "a/", "", 100).value(), (Keys{"a/b/1", "a/b/2", "a/c"}));
  EXPECT_EQ(objects.list("b", "a/b", "", 100).value(), (Keys{"a/b/1", "a/b/2"}));
  EXPECT_EQ(objects.list("b", "", "a/b/1", 2).value(), (Keys{"a/b/2", "a/c"}));
  EXPECT_EQ(objects.list("b", "", "a/b/\xff", 9).value(), (Keys{"a/c", "b"}));
  EXPECT_EQ(objects.list("b", "none/", "", 9).value(), Keys{});
  for (size_t limit : {1, 2, 3}) {
    Keys found;
    for (std::string after;;) {
      const Keys page = objects.list("b", "", after, limit).value();
      if (page.empty()) break;
      found.insert(found.end(), page.begin(), page.end());
      after = page.back();
    }
    EXPECT_EQ(found, keys);
  }
}

TEST_F(DirectoryTest, WhatWasLeftOutOfTheKeysIsPutBack) {
  write("AWSLogs/x", "content");
  DirectoryObjects objects(files_, directory_, "audit/all/");
  EXPECT_EQ(objects.list("b", "audit/all/AWSLogs/", "", 9).value(), std::vector<std::string>{"audit/all/AWSLogs/x"});
  EXPECT_EQ(all_of(objects, "audit/all/AWSLogs/x"), "content");
  EXPECT_NE(all_of(objects, "AWSLogs/x"), "content");
  EXPECT_NE(all_of(objects, "audit/all/AWSLogs/absent"), "content");
}

TEST_F(DirectoryTest, KeysDoNotLeadOutOfIt) {
  write("inside/x", "content");
  DirectoryObjects objects(files_, directory_ + "/inside", "");
  EXPECT_EQ(all_of(objects, "x"), "content");
  for (const char* key : {"../inside/x", "./x", "a//x", "/x", "", ".."}) EXPECT_NE(all_of(objects, key), "content") << key;
}

TEST_F(DirectoryTest, SavesWhatIsReadAndItsMetadata) {
  /// A bucket of one digest.
  class Source : public archive::Objects {
   public:
    Result<std::vector<std::string>> list(const std::string&, const std::string&, const std::string&, size_t) override {
      return std::vector<std::string>{kDigest};
    }
    Result<std::optional<archive::Metadata>, archive::ReadFailure> read(const std::string&, const std::string&, const Sink& sink) override {
      sink("con") && sink("tent");
      return archive::Metadata{{"signature", "abc"}};
    }
  } source;
  SavingObjects saving(source, files_, directory_ + "/copy");
  EXPECT_EQ(all_of(saving, kDigest), "content");
  EXPECT_EQ(all_of(saving, "plain"), "content");
  EXPECT_NE(all_of(saving, "../outside"), "content");
  EXPECT_FALSE(std::filesystem::exists(directory_ + "/outside"));
  // What the reader does not want any more is kept all the same.
  EXPECT_TRUE(saving.read("b", "cut", [](std::string_view) { return false; }));

  DirectoryObjects copy(files_, directory_ + "/copy", "");
  EXPECT_EQ(copy.list("b", "", "", 9).value(), (std::vector<std::string>{kDigest, "cut", "plain"})) << "companions are no objects";
  EXPECT_EQ(all_of(copy, "cut"), "content");
  const auto metadata = copy.read("b", kDigest, [](std::string_view) { return true; });
  ASSERT_TRUE(metadata && *metadata);
  EXPECT_EQ((**metadata).at("signature"), "abc");
  EXPECT_FALSE(copy.read("b", "plain", [](std::string_view) { return true; }).value());
}

}  // namespace
}  // namespace cairn::cli
