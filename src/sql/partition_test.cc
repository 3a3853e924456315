#include "sql/partition.h"

#include <gtest/gtest.h>

#include "sql/selection.h"

namespace cairn::sql {
namespace {

using Kind = Partition::Kind;

std::string shown(std::string_view path) {
  const Partition p = partition_of(path);
  return p.account + " " + p.region + " " + p.date();
}

TEST(Partition, IsReadFromThePath) {
  EXPECT_EQ(shown("/x/AWSLogs/111122223333/CloudTrail/us-east-1/2023/07/10/f.json.gz"), "111122223333 us-east-1 2023/07/10");
  EXPECT_EQ(shown("AWSLogs/o-abc/111122223333/CloudTrail/us-gov-west-1/2023/07/10/f.json"), "111122223333 us-gov-west-1 2023/07/10");
  EXPECT_EQ(shown("111122223333/CloudTrail/us-east-1/f.json"), "111122223333 us-east-1 ");
  EXPECT_EQ(shown("CloudTrail/logs/f.json"), "  ");
  EXPECT_EQ(shown("f.json"), "  ");
  EXPECT_EQ(shown(""), "  ");
}

TEST(Partition, OrFromNamedDirectories) {
  EXPECT_EQ(shown("/x/account=111122223333/region=eu-west-3/date=2026-01-02/events.ndjson.gz"), "111122223333 eu-west-3 2026/01/02");
  EXPECT_EQ(shown("account=unknown/region=unknown/date=2026-01-02/f.json"), "  2026/01/02");
  EXPECT_EQ(shown("account=/region/date=2026-1-2/account=111122223333"), "  ");
}

TEST(Partition, OrFromTheFilesOwnName) {
  EXPECT_EQ(shown("copies/111122223333_CloudTrail_eu-west-3_20230710T1200Z_abc.json.gz"), "111122223333 eu-west-3 2023/07/10");
  EXPECT_EQ(shown("111122223333_CloudTrail_eu-west-3_soon_abc.json.gz"), "111122223333 eu-west-3 ");
  EXPECT_EQ(partition_of("111122223333_CloudTrail-Digest_us-east-1_t_us-east-1_20230710T120000Z.json.gz").kind, Kind::kDigest);
  EXPECT_EQ(partition_of("AWSLogs/111122223333/CloudTrail-Insight/us-east-1/2023/07/10/f.json.gz").kind, Kind::kInsights);
}

TEST(Selection, PassesOverFilesThatCannotHoldWhatIsWanted) {
  const Partition p = partition_of("111122223333/CloudTrail/us-east-1/2023/07/10/f.json");
  const auto day = [](std::string_view text) { return timestamps::parse_iso8601(text).value(); };
  EXPECT_TRUE(Selection{}.may_be_in(p));
  EXPECT_TRUE((Selection{.regions = {"eu-west-3", "us-east-1"}}.may_be_in(p)));
  EXPECT_FALSE((Selection{.regions = {"eu-west-3"}}.may_be_in(p)));
  EXPECT_TRUE((Selection{.regions = {"eu-west-3"}}.may_be_in(Partition{})));
  EXPECT_FALSE((Selection{.accounts = {"444455556666"}}.may_be_in(p)));
  EXPECT_TRUE((Selection{.start = day("2023-07-10T23:00:00Z")}.may_be_in(p)));
  EXPECT_FALSE((Selection{.start = day("2023-07-11T00:00:00Z")}.may_be_in(p)));
  EXPECT_TRUE((Selection{.end = day("2023-07-09T00:00:00Z")}.may_be_in(p))) << "delivered late";
  EXPECT_TRUE((Selection{.end = day("2023-06-10T00:00:00Z")}.may_be_in(p))) << "a bucket may have been away for a month";
  EXPECT_FALSE((Selection{.end = day("2023-06-09T23:59:59Z")}.may_be_in(p)));
}

TEST(Selection, IsAConditionToo) {
  EXPECT_EQ(Selection{}.condition(), "");
  EXPECT_EQ((Selection{.regions = {"a'b"}, .end = Time{}}.condition()), "awsregion IN ('a''b') AND eventtime <= '1970-01-01T00:00:00Z'");
}

}  // namespace
}  // namespace cairn::sql
