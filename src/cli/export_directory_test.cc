#include "cli/export_directory.h"

#include <gtest/gtest.h>

#include <map>

#include "archive/log_file.h"
#include "env/sim/files.h"

namespace cairn::cli {
namespace {

using Reached = ExportDirectory::Reached;

const Json kArguments = {{"--filter", "a = 1"}, {"--format", "ndjson"}};
constexpr int kPages = 9, kRecordsOfPage = 7;

std::string record(int n) { return fmt::format(R"({{"n":{}}})", n); }
const char* region_of(int n) { return n % 3 == 0 ? "eu-west-1" : n % 3 == 1 ? "us-east-1" : "us-west-2"; }
Time day_of(int n) { return Time() + std::chrono::hours(24 * (n / 20)); }

/// What ends up in each file: of all records, those of its region and day in their order.
std::map<std::string, std::string> expected() {
  std::map<std::string, std::string> files;
  for (int n = 0; n < kPages * kRecordsOfPage; ++n)
    files[fmt::format("account=111122223333/region={}/date=1970-01-{:02}", region_of(n), 1 + n / 20)] += record(n) + "\n";
  return files;
}

/// The command, as far as its directory goes: pages come by number. False: it could not go on. `keep_every`: so many pages; what is written
/// in one piece differs by it, and so do the bytes.
bool run(env::Files& files, int keep_every) {
  ExportDirectory directory(files, "/out");
  const auto before = directory.take_up(kArguments);
  if (!before) return false;
  Reached reached{.input = {{"EndTime", 7}}, .next_token = "0", .is_fetched = false, .events = 0};
  if (*before) reached = **before;
  else if (!directory.begin(kArguments, reached)) return false;
  EXPECT_EQ(reached.input, (Json{{"EndTime", 7}}));
  for (int page = std::stoi(reached.next_token); !reached.is_fetched;) {
    for (int n = page * kRecordsOfPage; n < (page + 1) * kRecordsOfPage; ++n, ++reached.events)
      if (!directory.partitions().add("111122223333", region_of(n), day_of(n), record(n))) return false;
    reached.next_token = std::to_string(++page);
    reached.is_fetched = page == kPages;
    if ((page % keep_every == 0 || reached.is_fetched) && !directory.keep(reached)) return false;
  }
  EXPECT_EQ(reached.events, uint64_t{kPages * kRecordsOfPage});
  EXPECT_EQ(directory.partitions().count(), expected().size());
  return directory.partitions().finish() && directory.end();
}

std::string unpacked(std::string_view bytes) {
  std::string text(1 << 16, '\0');
  text.resize(archive::gunzip_members(bytes, text).value());
  return text;
}

/// Account, region and date of all that lies in the directory; other files are a failure.
std::map<std::string, std::string> written(env::Files& files) {
  std::map<std::string, std::string> found;
  EXPECT_EQ(files.list("/out").value(), std::vector<std::string>{"account=111122223333"});
  const std::vector<std::string> regions = files.list("/out/account=111122223333").value();
  for (const std::string& region : regions) {
    const std::vector<std::string> dates = files.list("/out/account=111122223333/" + region).value();
    for (const std::string& date : dates) {
      const std::string path = fmt::format("account=111122223333/{}/{}", region, date);
      EXPECT_EQ(files.list("/out/" + path).value(), std::vector<std::string>{"events.ndjson.gz"});
      const auto bytes = env::read_file(files, fmt::format("/out/{}/events.ndjson.gz", path));
      found[path] = bytes ? unpacked(*bytes) : "none";
    }
  }
  return found;
}

TEST(ExportDirectory, HoldsEachRecordOnceWhereverItIsInterrupted) {
  uint64_t operations = 0;
  {
    env::SimFiles files;
    ASSERT_TRUE(run(files, 2));
    EXPECT_EQ(written(files), expected());
    operations = files.operations();
  }
  ASSERT_GT(operations, 50);
  for (const auto unsynced : {env::SimFiles::Unsynced::kSome, env::SimFiles::Unsynced::kNothing, env::SimFiles::Unsynced::kEverything}) {
    for (uint64_t at = 1; at <= operations; ++at) {
      env::SimFiles files;
      env::SimRandom random(at);
      // It dies twice at most; what is whole but for its very last words is not gone on with.
      for (int life = 0; life < 3; ++life) {
        if (life < 2) files.crash_at(files.operations() + (life == 0 ? at : 1 + random.below(operations)));
        try {
          run(files, life == 0 ? 2 : life == 1 ? 3 : 5);
          break;
        } catch (const env::SimCrash&) {
          files.crash(random, unsynced);
        }
      }
      (void)files.remove(fmt::format("/out/{}", ExportDirectory::kLockName));
      EXPECT_EQ(written(files), expected()) << at;
      if (HasFailure()) return;
    }
  }
}

TEST(ExportDirectory, OtherArgumentsAreAnotherExport) {
  env::SimFiles files;
  {
    ExportDirectory directory(files, "/out");
    ASSERT_TRUE(directory.begin(kArguments, {.input = Json::object(), .next_token = {}}));
    ExportDirectory second(files, "/out");
    const auto busy = second.take_up(kArguments);
    ASSERT_FALSE(busy);
    EXPECT_EQ(busy.error().exit_code, kCouldNot);
    EXPECT_EQ(busy.error().message, "another export is at work in /out");
  }
  ExportDirectory directory(files, "/out");
  Json other = kArguments;
  other["--filter"] = "b = 2";
  const auto refused = directory.take_up(other);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().exit_code, kWrongUsage);
  EXPECT_EQ(refused.error().message,
            "/out holds an interrupted export with other arguments (--filter was \"a = 1\"): give the same ones, or name a new directory");
  const auto known = ExportDirectory(files, "/out").take_up(kArguments);
  EXPECT_FALSE(known) << "the lock is held as long as the object lives, and it has read it";
}

TEST(ExportDirectory, WhatItDidNotWriteIsNotGoneOnWith) {
  env::SimFiles files;
  EXPECT_EQ(ExportDirectory(files, "/out").take_up(kArguments).value(), std::nullopt);
  ASSERT_TRUE(files.make_directory("/out"));
  EXPECT_EQ(ExportDirectory(files, "/out").take_up(kArguments).value(), std::nullopt);
  ASSERT_TRUE(env::write_file_atomically(files, "/out/a", "x"));
  const auto foreign = ExportDirectory(files, "/out").take_up(kArguments);
  ASSERT_FALSE(foreign);
  EXPECT_EQ(foreign.error().message, "/out is there and not empty: name a new directory");
  for (const char* text : {"", "{", "[]", R"({"Version":2})", R"({"Version":1})",
                           R"({"Version":1,"Arguments":{"--filter":"a = 1","--format":"ndjson"},"Files":[7]})",
                           R"({"Version":1,"Arguments":{"--filter":"a = 1","--format":"ndjson"},"Files":[],"Input":{},"NextToken":1})"}) {
    ASSERT_TRUE(env::write_file_atomically(files, "/out/export-state.part", text));
    const auto damaged = ExportDirectory(files, "/out").take_up(kArguments);
    ASSERT_FALSE(damaged) << text;
    EXPECT_EQ(damaged.error().exit_code, kCouldNot);
    EXPECT_NE(damaged.error().message.find("cannot be gone on with"), std::string::npos) << damaged.error().message;
  }
}

TEST(ExportDirectory, AFileThatLostItsEndIsToldOf) {
  env::SimFiles files;
  {
    ExportDirectory directory(files, "/out");
    const Reached reached{.input = Json::object(), .next_token = "1", .is_fetched = false, .events = 1};
    ASSERT_TRUE(directory.begin(kArguments, {.input = Json::object(), .next_token = {}}));
    ASSERT_TRUE(directory.partitions().add("111122223333", "eu-west-1", Time(), "{}"));
    ASSERT_TRUE(directory.keep(reached));
  }
  const std::string part = "/out/account=111122223333/region=eu-west-1/date=1970-01-01/events.ndjson.gz.part";
  EXPECT_TRUE(is_unfinished_export("events.ndjson.gz.part"));
  EXPECT_TRUE(is_unfinished_export("export-state.part"));
  {
    // What came behind is gone, of days that had not been heard of as well: they may not come again, as the history forgets.
    const std::string other = "/out/account=111122223333/region=eu-west-1/date=1970-01-02";
    ASSERT_TRUE(files.make_directory(other));
    ASSERT_TRUE(env::write_file_atomically(files, other + "/events.ndjson.gz.part", "x"));
    const uint64_t size = files.open(part, env::Files::Open::kReadWrite).value()->size().value();
    ASSERT_TRUE(files.open(part, env::Files::Open::kReadWrite).value()->pwrite(size, "more"));
    ASSERT_TRUE(ExportDirectory(files, "/out").take_up(kArguments));
    EXPECT_EQ(files.list(other).value(), std::vector<std::string>{});
    EXPECT_EQ(files.open(part, env::Files::Open::kRead).value()->size().value(), size);
  }
  ASSERT_TRUE(files.open(part, env::Files::Open::kReadWrite).value()->truncate(3));
  const auto refused = ExportDirectory(files, "/out").take_up(kArguments);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find(part + " has 3 bytes, and had "), std::string::npos) << refused.error().message;
  ASSERT_TRUE(files.remove(part));
  EXPECT_FALSE(ExportDirectory(files, "/out").take_up(kArguments)) << "it may be sealed only when all was fetched";
}

}  // namespace
}  // namespace cairn::cli
