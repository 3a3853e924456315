#include "archive/object_names.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace cairn::archive {
namespace {

const aws::Region kParis{"eu-west-3"};

Place place() {
  return {
      .prefix = "audit/prod", .account = aws::AccountId("111122223333"), .trail_name = "all_events.v2", .home = aws::Region("us-east-1")};
}
Time at(std::string_view iso) { return *timestamps::parse_iso8601(iso); }

// The patterns of AWS's guide, "CloudTrail log file examples" and "CloudTrail digest file structure".
TEST(ObjectNames, AreThoseOfAws) {
  const Time time = at("2026-01-02T03:04:05.999Z");
  EXPECT_EQ(log_file_key(place(), kParis, time, "0123456789abcdEF"),
            "audit/prod/AWSLogs/111122223333/CloudTrail/eu-west-3/2026/01/02/"
            "111122223333_CloudTrail_eu-west-3_20260102T0304Z_0123456789abcdEF.json.gz");
  EXPECT_EQ(digest_key(place(), kParis, time),
            "audit/prod/AWSLogs/111122223333/CloudTrail-Digest/eu-west-3/2026/01/02/"
            "111122223333_CloudTrail-Digest_eu-west-3_all_events.v2_us-east-1_20260102T030405Z.json.gz");
  EXPECT_EQ(backfill_digest_key(place(), kParis, time),
            "audit/prod/AWSLogs/111122223333/CloudTrail-Digest/eu-west-3/2026/01/02/"
            "111122223333_CloudTrail-Digest_eu-west-3_all_events.v2_us-east-1_20260102T030405Z_backfill.json.gz");
  Place plain = place();
  plain.prefix = "";
  plain.organization = "o-exampleorgid";
  EXPECT_EQ(digest_prefix(plain, kParis), "AWSLogs/o-exampleorgid/111122223333/CloudTrail-Digest/eu-west-3/");
  EXPECT_EQ(log_file_prefix(plain, kParis), "AWSLogs/o-exampleorgid/111122223333/CloudTrail/eu-west-3/");
}

TEST(ObjectNames, UniquePartsSortByOrder) {
  std::vector<uint64_t> orders = {0, 1, 9, 10, 35, 36, 61, 62, 3843, 3844, 1'700'000'000'000, 218'340'105'584'895};
  std::vector<std::string> parts;
  for (uint64_t order : orders) parts.push_back(unique_part(order, order % 2 ? "zzzzzzzz" : "00000000"));
  EXPECT_TRUE(std::ranges::is_sorted(parts));
  for (const std::string& part : parts) EXPECT_EQ(part.size(), 16u);
  EXPECT_EQ(parts.back(), "zzzzzzzzzzzzzzzz");
  EXPECT_EQ(parts[6], "0000000zzzzzzzzz");
}

TEST(ObjectNames, AreReadBack) {
  for (std::string prefix : {"", "audit/prod", "AWSLogs", "a/AWSLogs/111122223333/CloudTrail/us-east-1/2026/01/02"}) {
    for (std::string organization : {"", "o-exampleorgid"}) {
      Place its = place();
      its.prefix = prefix;
      its.organization = organization;
      const Time end = at("2024-02-29T23:59:59Z");

      auto digest = parse_key(digest_key(its, kParis, end));
      ASSERT_TRUE(digest) << digest_key(its, kParis, end);
      EXPECT_EQ(digest->kind, ParsedKey::Kind::kDigest);
      EXPECT_EQ(digest->place.prefix, prefix);
      EXPECT_EQ(digest->place.organization, organization);
      EXPECT_EQ(digest->place.account, its.account);
      EXPECT_EQ(digest->place.trail_name, its.trail_name);
      EXPECT_EQ(digest->place.home, its.home);
      EXPECT_EQ(digest->region, kParis);
      EXPECT_EQ(digest->time, end);

      auto backfill = parse_key(backfill_digest_key(its, kParis, end));
      ASSERT_TRUE(backfill);
      EXPECT_EQ(backfill->kind, ParsedKey::Kind::kBackfillDigest);
      EXPECT_EQ(backfill->place.trail_name, its.trail_name);

      auto log = parse_key(log_file_key(its, kParis, end, "ABCDEFGHIJ012345"));
      ASSERT_TRUE(log);
      EXPECT_EQ(log->kind, ParsedKey::Kind::kLogFile);
      EXPECT_EQ(log->place.prefix, prefix);
      EXPECT_EQ(log->place.trail_name, "");
      EXPECT_EQ(log->time, at("2024-02-29T23:59:00Z"));
    }
  }
}

TEST(ObjectNames, OtherKeysAreOtherKeys) {
  const std::string good =
      "AWSLogs/111122223333/CloudTrail/eu-west-3/2026/01/02/111122223333_CloudTrail_eu-west-3_20260102T0304Z_0123456789abcdEF.json.gz";
  ASSERT_TRUE(parse_key(good));
  EXPECT_FALSE(parse_key(""));
  EXPECT_FALSE(parse_key("/"));
  EXPECT_FALSE(parse_key("/" + good));
  EXPECT_FALSE(parse_key("x" + good));
  EXPECT_FALSE(parse_key(good + ".bak"));
  EXPECT_FALSE(parse_key(
      "AWSLogs/111122223333/CloudTrail/eu-west-3/2026/01/03/111122223333_CloudTrail_eu-west-3_20260102T0304Z_0123456789abcdEF.json.gz"));
  EXPECT_FALSE(parse_key(
      "AWSLogs/111122223333/CloudTrail/eu-west-3/2026/02/30/111122223333_CloudTrail_eu-west-3_20260230T0304Z_0123456789abcdEF.json.gz"));
  EXPECT_FALSE(parse_key(
      "AWSLogs/111122223333/CloudTrail/eu-west-1/2026/01/02/111122223333_CloudTrail_eu-west-3_20260102T0304Z_0123456789abcdEF.json.gz"));
  EXPECT_FALSE(parse_key(
      "AWSLogs/111122223334/CloudTrail/eu-west-3/2026/01/02/111122223333_CloudTrail_eu-west-3_20260102T0304Z_0123456789abcdEF.json.gz"));
  EXPECT_FALSE(
      parse_key("AWSLogs/111122223333/CloudTrail-Insight/eu-west-3/2026/01/02/"
                "111122223333_CloudTrail-Insight_eu-west-3_20260102T0304Z_0123456789abcdEF.json.gz"));
  EXPECT_FALSE(
      parse_key("AWSLogs/111122223333/CloudTrail-Digest/eu-west-3/2026/01/02/"
                "111122223333_CloudTrail-Digest_eu-west-3_us-east-1_20260102T030405Z.json.gz"));
}

}  // namespace
}  // namespace cairn::archive
