#include "cli/export_directory.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
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
  for (const char* text : {"", "{", "[]", R"({"Version":3})", R"({"Version":2})", R"({"Version":"2"})", R"({"Version":2,"Arguments":7})",
                           R"({"Version":2,"Arguments":{"--filter":"a = 1","--format":"ndjson"},"Files":[7]})",
                           R"({"Version":2,"Arguments":{"--filter":"a = 1","--format":"ndjson"},"Files":[],"Input":{},"NextToken":1})"}) {
    ASSERT_TRUE(env::write_file_atomically(files, "/out/export-state.part", text));
    const auto damaged = ExportDirectory(files, "/out").take_up(kArguments);
    ASSERT_FALSE(damaged) << text;
    EXPECT_EQ(damaged.error().exit_code, kCouldNot);
    EXPECT_NE(damaged.error().message.find("cannot be gone on with"), std::string::npos) << damaged.error().message;
  }
}

TEST(ExportDirectory, OtherCredentialsAreAnotherExport) {
  env::SimFiles files;
  Json arguments = kArguments;
  arguments[std::string(ExportDirectory::kCaller)] = "AKIAONE";
  ASSERT_TRUE(ExportDirectory(files, "/out").begin(arguments, {.input = Json::object(), .next_token = {}}));
  arguments[std::string(ExportDirectory::kCaller)] = "AKIATWO";
  const auto refused = ExportDirectory(files, "/out").take_up(arguments);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().exit_code, kWrongUsage);
  EXPECT_EQ(refused.error().message,
            "/out holds an interrupted export of other credentials: It was begun as AKIAONE. Give the same ones, or name a new directory");
}

/// Every value that a state may have, changed to one that it may not.
TEST(ExportDirectory, AStateThatSaysWhatIsNotSoIsRefused) {
  env::SimFiles files;
  const std::string path = "account=111122223333/region=eu-west-1/date=1970-01-01";
  {
    ExportDirectory directory(files, "/out");
    ASSERT_TRUE(directory.begin(kArguments, {.input = Json::object(), .next_token = {}}));
    ASSERT_TRUE(directory.partitions().add("111122223333", "eu-west-1", Time(), "{}"));
    ASSERT_TRUE(directory.keep({.input = Json::object(), .next_token = "1", .is_fetched = false, .events = 1}));
  }
  const std::string name = fmt::format("/out/{}", ExportDirectory::kStateName);
  const Json good = json::parse(env::read_file(files, name).value()).value();
  const auto refusal_of = [&](const Json& state) {
    EXPECT_TRUE(env::write_file_atomically(files, name, json::dump(state)));
    const auto taken = ExportDirectory(files, "/out").take_up(kArguments);
    return taken ? std::string("none") : taken.error().message;
  };
  EXPECT_EQ(refusal_of(good), "none");
  const auto changed = [&](const char* pointer, Json value) {
    Json state = good;
    state[Json::json_pointer(pointer)] = std::move(value);
    return state;
  };
  for (const auto& [pointer, value] : std::initializer_list<std::pair<const char*, Json>>{{"/Input", 5},
                                                                                          {"/Input", Json::array()},
                                                                                          {"/Input", nullptr},
                                                                                          {"/Events", -1},
                                                                                          {"/Events", 0},
                                                                                          {"/Events", 2},
                                                                                          {"/Events", 1.5},
                                                                                          {"/Files", Json::array()},
                                                                                          {"/Files", 7},
                                                                                          {"/Files/0/Events", 2},
                                                                                          {"/Files/0/Events", -1},
                                                                                          {"/Files/0/Bytes", -1},
                                                                                          {"/Files/0/Bytes", 0},
                                                                                          {"/Files/0/Bytes", "8"},
                                                                                          {"/Files/0/Path", 1},
                                                                                          {"/IsFetched", 1},
                                                                                          {"/NextToken", nullptr},
                                                                                          {"/Version", "2"}})
    EXPECT_EQ(refusal_of(changed(pointer, value)),
              "/out cannot be gone on with: /out/export-state.part is not as this program writes it. Name a new directory")
        << pointer << " " << value;
  // Paths that lead elsewhere, though there is such a file.
  for (const char* other :
       {"../trav", "account=111122223333/region=eu-west-1/date=..", "account=../region=eu-west-1/date=1970-01-01", "",
        "account=111122223333/region=eu-west-1", "account=111122223333/region=eu-west-1/date=1970-01-01/../../..",
        "account=111122223333/region=eu-west-1/date=1970-01-01/", "account=1/region=eu-west-1/date=1970-01-01",
        "region=eu-west-1/account=111122223333/date=1970-01-01", "account=111122223333/region=eu-west-1/date=1970-02-30"}) {
    EXPECT_EQ(refusal_of(changed("/Files/0/Path", other)),
              fmt::format("/out cannot be gone on with: '{}' is no path of account, region and day, or is there twice", other));
  }
  Json twice = good;
  twice["Files"].push_back(good["Files"][0]);
  twice["Events"] = 2;
  EXPECT_NE(refusal_of(twice).find("is there twice"), std::string::npos);
  // All was fetched, and the file has neither its first name nor one that it may have got.
  ASSERT_TRUE(files.rename(fmt::format("/out/{}/events.ndjson.gz.part", path), "/elsewhere"));
  EXPECT_NE(refusal_of(changed("/IsFetched", true)).find("events.ndjson.gz.part is gone"), std::string::npos);
  for (const char* sealed : {"events.ndjson.gz", "events.parquet"}) {
    ASSERT_TRUE(env::write_file_atomically(files, fmt::format("/out/{}/{}", path, sealed), "x"));
    EXPECT_EQ(refusal_of(changed("/IsFetched", true)), "none") << sealed;
    ASSERT_TRUE(files.remove(fmt::format("/out/{}/{}", path, sealed)));
  }
}

TEST(ExportDirectory, NamesThatLeadElsewhereAreToldOf) {
  namespace fs = std::filesystem;
  std::string directory = (fs::temp_directory_path() / "cairn-test-XXXXXX").string();
  ASSERT_NE(mkdtemp(directory.data()), nullptr);
  const fs::path out = fs::path(directory) / "out";
  EXPECT_TRUE(holds_files_alone(out.string())) << "it is not there";
  fs::create_directories(out / "account=111122223333");
  fs::create_symlink("/nowhere", out / "account=111122223333" / "link");
  EXPECT_TRUE(holds_files_alone(out.string())) << "it is no export's";
  fs::remove(out / "account=111122223333" / "link");
  for (const std::string_view begun : {ExportDirectory::kStateName, ExportDirectory::kLockName}) {
    std::ofstream(out / begun) << "{}";
    EXPECT_TRUE(holds_files_alone(out.string()));
    for (const fs::path& name :
         {out / "account=111122223333" / "events.ndjson.gz.part", out / "account=444455556666", out / "export-state.part.tmp"}) {
      for (const bool is_link : {true, false}) {
        if (is_link) fs::create_symlink(directory, name);
        else ASSERT_EQ(::mkfifo(name.c_str(), 0600), 0);
        const auto refused = holds_files_alone(out.string());
        ASSERT_FALSE(refused) << name;
        EXPECT_EQ(refused.error().message, name.string() + " is neither a file nor a directory");
        fs::remove(name);
      }
    }
    fs::remove(out / begun);
  }
  // The lock itself is written to as well.
  fs::create_symlink("/nowhere", out / ExportDirectory::kLockName);
  EXPECT_FALSE(holds_files_alone(out.string()));
  fs::remove_all(directory);
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
