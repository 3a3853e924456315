#include "cli/verify_text.h"

#include <gtest/gtest.h>

#include "base/json.h"

namespace cairn::cli {
namespace {

archive::VerifyReport report() {
  archive::VerifyReport out;
  out.chains.push_back({.account = aws::AccountId("111122223333"),
                        .region = aws::Region("eu-west-3"),
                        .trail_name = "main",
                        .home = aws::Region("us-east-1"),
                        .digests = 3,
                        .digests_valid = 2,
                        .files = 7,
                        .files_valid = 6,
                        .proven_from = *timestamps::parse_iso8601("2026-01-02T10:00:00Z"),
                        .proven_until = *timestamps::parse_iso8601("2026-01-02T13:00:00Z")});
  return out;
}
void add(archive::VerifyReport& to, archive::Kind kind, std::string key, std::string message) {
  to.findings.push_back({kind, "trails", std::move(key), std::move(message)});
  ++to.counts[static_cast<size_t>(kind)];
}

TEST(VerifyText, ForPeople) {
  archive::VerifyReport it = report();
  EXPECT_EQ(as_text(it),
            "eu-west-3  111122223333/main: 2 of 3 digests, 6 of 7 log files valid; proven from 2026-01-02T10:00:00Z until "
            "2026-01-02T13:00:00Z\n\nValid.\n");
  EXPECT_TRUE(is_valid(it));
  add(it, archive::Kind::kChainRestarted, "d", "anew");
  EXPECT_TRUE(is_valid(it)) << "a notice is no fault";
  add(it, archive::Kind::kLogDeleted, "a\x1b[31mb", "gone");
  it.pending = 1;
  it.uncovered = 2;
  const std::string text = as_text(it);
  EXPECT_NE(text.find("notice: chain-restarted  s3://trails/d\n    anew\n"), text.npos) << text;
  EXPECT_NE(text.find("log-deleted  s3://trails/a\uFFFD[31mb\n    gone\n"), text.npos) << "no name commands the terminal" << text;
  EXPECT_NE(text.find("1 log file newer than the last digest"), text.npos) << text;
  EXPECT_NE(text.find("2 log files of times that no digest covers"), text.npos) << text;
  EXPECT_TRUE(text.ends_with("NOT VALID: 1 finding.\n")) << text;
  EXPECT_FALSE(is_valid(it));
  it.counts[static_cast<size_t>(archive::Kind::kLogDeleted)] = 20'001;
  EXPECT_NE(as_text(it).find("... and 20000 more\n"), text.npos);
}

TEST(VerifyText, NothingFoundIsNotValid) {
  EXPECT_FALSE(is_valid({}));
  EXPECT_EQ(as_text({}), "No digests found: nothing is proven.\n");
}

TEST(VerifyText, OfATrailWithoutADigestItIsSaidWhenTheFirstIsDue) {
  const Time began = *timestamps::parse_iso8601("2026-01-02T10:20:30Z");
  const auto said = [&](const FirstDigest& first, std::chrono::minutes later) { return expectation(first, began + later); };
  const FirstDigest first{.is_of_trail = true, .validates = true, .logs = true, .began = began};
  const std::string begun = "The trail began to log at 2026-01-02T10:20:30Z: its first digest ";
  EXPECT_EQ(said(first, std::chrono::minutes(59)), begun + "is due by 2026-01-02T11:20:30Z.");
  EXPECT_EQ(said(first, std::chrono::minutes(61)), begun + "was due by 2026-01-02T11:20:30Z, or an hour after validation was switched on.");
  EXPECT_EQ(said({.is_of_trail = true, .validates = false, .logs = true, .began = began}, {}),
            "The trail does not validate its log files (LogFileValidationEnabled): none will come.");
  EXPECT_EQ(said({.is_of_trail = true, .validates = true, .logs = false, .began = began}, {}),
            "The trail does not log: none will come until it does.");
  EXPECT_EQ(said({}, {}), "A trail's first digest comes within an hour after it began to log with validation.");
  EXPECT_EQ(as_text({}, "Soon."), "No digests found: nothing is proven.\nSoon.\n");
  EXPECT_EQ(json::parse(as_json({}, first.due()))->at("FirstDigestDue"), "2026-01-02T11:20:30Z");
  EXPECT_TRUE(json::parse(as_json({}, FirstDigest().due()))->at("FirstDigestDue").is_null());
  EXPECT_FALSE(json::parse(as_json(report(), first.due()))->contains("FirstDigestDue"));
}

TEST(VerifyText, TheServerKnowsOfNewerDigests) {
  archive::VerifyReport it = report();
  it.chains[0].period = std::chrono::hours(1);
  judge_newest(it, *timestamps::parse_iso8601("2026-01-02T15:00:59Z"));
  EXPECT_TRUE(is_valid(it));
  judge_newest(it, *timestamps::parse_iso8601("2026-01-02T15:01:01Z"));
  EXPECT_FALSE(is_valid(it));
  EXPECT_EQ(
      it.findings.at(0).message,
      "the server says that it delivered a digest at 2026-01-02T15:01:01Z, and the newest that is there ends at 2026-01-02T13:00:00Z: "
      "newer ones are gone");
}

TEST(VerifyText, ForPrograms) {
  archive::VerifyReport it = report();
  add(it, archive::Kind::kLogChanged, "\xff", "other");
  const auto json = json::parse(as_json(it));
  ASSERT_TRUE(json);
  EXPECT_EQ((*json)["Valid"], false);
  EXPECT_EQ((*json)["Chains"][0]["ProvenUntil"], "2026-01-02T13:00:00Z");
  EXPECT_EQ((*json)["Findings"][0]["Kind"], "log-changed");
  EXPECT_EQ((*json)["Findings"][0]["Notice"], false);
  EXPECT_EQ((*json)["Counts"]["log-changed"], 1);
}

}  // namespace
}  // namespace cairn::cli
