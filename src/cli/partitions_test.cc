#include "cli/partitions.h"

#include <gtest/gtest.h>

#include "archive/log_file.h"
#include "env/sim/files.h"

namespace cairn::cli {
namespace {

std::string read(env::Files& files, const std::string& path) {
  const auto bytes = env::read_file(files, path);
  if (!bytes) return "none";
  std::string text(16 << 20, '\0');
  text.resize(archive::gunzip_members(*bytes, text).value());
  return text;
}

TEST(Partitions, are_by_account_region_and_day) {
  env::SimFiles files;
  Partitions partitions(files, "/out");
  const Time day = timestamps::parse_iso8601("2026-01-02T23:59:59Z").value();
  ASSERT_TRUE(partitions.add("111122223333", "eu-west-1", day, R"({"n":1.10})"));
  ASSERT_TRUE(partitions.add("111122223333", "eu-west-1", day + std::chrono::seconds(1), "{}"));
  ASSERT_TRUE(partitions.add("111122223333", "eu-west-1", day, R"({"n":2})"));
  ASSERT_TRUE(partitions.add("../up", "a/b", day, "{}"));
  EXPECT_EQ(read(files, "/out/account=111122223333/region=eu-west-1/date=2026-01-02/events.ndjson.gz"), "none") << "not before the end";
  ASSERT_TRUE(partitions.finish());
  EXPECT_EQ(partitions.count(), 3u);
  EXPECT_EQ(read(files, "/out/account=111122223333/region=eu-west-1/date=2026-01-02/events.ndjson.gz"), "{\"n\":1.10}\n{\"n\":2}\n");
  EXPECT_EQ(read(files, "/out/account=111122223333/region=eu-west-1/date=2026-01-03/events.ndjson.gz"), "{}\n");
  EXPECT_EQ(read(files, "/out/account=unknown/region=unknown/date=2026-01-02/events.ndjson.gz"), "{}\n");
}

TEST(Partitions, keep_little_in_memory_and_lose_nothing) {
  env::SimFiles files;
  Partitions partitions(files, "/out");
  const std::string record = "{\"x\":\"" + std::string(1 << 20, 'x') + "\"}";
  std::string expected;
  for (int i = 0; i < 11; ++i) {
    ASSERT_TRUE(partitions.add("111122223333", "eu-west-1", Time(), record));
    expected += record + "\n";
  }
  ASSERT_TRUE(partitions.finish());
  EXPECT_EQ(read(files, "/out/account=111122223333/region=eu-west-1/date=1970-01-01/events.ndjson.gz"), expected);
}

TEST(Partitions, are_sealed_when_all_of_them_are_written) {
  env::SimFiles files;
  Partitions partitions(files, "/out");
  for (const char* region : {"eu-west-1", "us-east-1"})
    for (const char* record : {"{\n\"n\":\r\n1}", "{}"}) ASSERT_TRUE(partitions.add("111122223333", region, Time(), record));
  std::vector<std::string> sealed;
  ASSERT_TRUE(partitions.finish([&](const std::string& directory, const std::string& part, uint64_t events) -> Result<void> {
    for (const char* region : {"eu-west-1", "us-east-1"})
      EXPECT_EQ(read(files, fmt::format("/out/account=111122223333/region={}/date=1970-01-01/events.ndjson.gz.part", region)),
                "{ \"n\":  1}\n{}\n");
    EXPECT_EQ(part, directory + "/events.ndjson.gz.part");
    EXPECT_EQ(events, 2u);
    sealed.push_back(directory);
    return {};
  }));
  EXPECT_EQ(sealed.size(), 2u);
  ASSERT_TRUE(partitions.add("111122223333", "us-west-2", Time(), "{}"));
  EXPECT_FALSE(partitions.finish([](const std::string&, const std::string&, uint64_t) -> Result<void> { return failure("no room"); }));
}

}  // namespace
}  // namespace cairn::cli
