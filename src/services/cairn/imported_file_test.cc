#include "services/cairn/imported_file.h"

#include <gtest/gtest.h>

namespace cairn::services {
namespace {

constexpr const char* kAccount = "111122223333";
const Time kNow = timestamps::parse_iso8601("2026-01-02T03:04:05Z").value();

std::string record(std::string_view more = "", std::string_view account = kAccount, std::string_view time = "2026-01-01T00:00:00Z") {
  return fmt::format(
      R"({{"eventVersion":"1.11","userIdentity":{{"type":"Root","accountId":"{0}"}},"eventTime":"{1}","eventSource":"s3.amazonaws.com",)"
      R"("eventName":"ListBuckets","awsRegion":"us-east-1",{2}"eventID":"e-1","recipientAccountId":"{0}"}})",
      account, time, more);
}

struct Read {
  ImportedFile file;
  std::vector<history::Arrival> arrivals;
};
Read read(std::string_view text, const char* account = kAccount) {
  json::Document scratch;
  Read out;
  out.file = read_imported(text, {.account = aws::AccountId(account), .now = kNow}, scratch, out.arrivals);
  return out;
}
std::string reason(std::string_view text, const char* account = kAccount) {
  const Read out = read(text, account);
  return out.file.problems.empty() ? "" : out.file.problems.front().reason;
}

TEST(ImportedFile, brings_records_as_they_stand) {
  const std::string one = record(R"("requestParameters":{"n":1.10,"big":9223372036854775807},)");
  const std::string text = "{\"Records\":[" + one + "," + record() + "]}";
  const Read out = read(text);
  ASSERT_EQ(out.arrivals.size(), 2u);
  EXPECT_EQ(out.arrivals[0].record, one);
  EXPECT_EQ(out.arrivals[0].attributes.event_name, "ListBuckets");
  EXPECT_EQ(out.file.records, 2u);
  EXPECT_EQ(out.file.bad, 0u);
}

TEST(ImportedFile, belongs_to_an_account) {
  const std::string theirs = record("", "444455556666");
  EXPECT_EQ(reason(theirs), "it is an event of account 444455556666; those of others may be imported from the server's first account only");
  EXPECT_EQ(reason(theirs, ""), "");
  EXPECT_EQ(reason(record("", "nobody"), ""), "'nobody' is no account of twelve digits");
  EXPECT_EQ(reason(record("", ""), ""), "it has neither a recipientAccountId nor its caller's account");
}

TEST(ImportedFile, is_refused_beyond_the_limits) {
  const std::string large(kImportedRecordBytesMax, 'x');
  EXPECT_EQ(reason(record("\"x\":\"" + large + "\",")).substr(0, 7), "it has ");
  EXPECT_EQ(reason(record("\"userIdentity\":{\"type\":\"IAMUser\",\"userName\":\"" + large.substr(0, 2000) + "\"},")),
            "a member has 2000 bytes; at most 1024 are taken");
  EXPECT_EQ(reason(record("", kAccount, "2026-01-03T03:04:06Z")), "its eventTime, 2026-01-03T03:04:06Z, is yet to come");
  EXPECT_EQ(reason(record("", kAccount, "2026-01-03T03:04:05Z")), "");
  EXPECT_NE(reason(record("", kAccount, "yesterday")), "");
}

TEST(ImportedFile, names_its_first_problems_and_counts_all) {
  std::string text;
  for (int i = 0; i < 100; ++i) text += "no record\n";
  const Read out = read(text + record());
  EXPECT_EQ(out.file.bad, 100u);
  ASSERT_EQ(out.file.problems.size(), kProblemsToldMax);
  EXPECT_EQ(out.file.problems[4].record, 5u);
  EXPECT_EQ(out.file.problems[4].line, 5u);
  EXPECT_EQ(out.arrivals.size(), 1u);
}

TEST(ImportedFile, may_be_a_digest_or_one_of_insights) {
  EXPECT_EQ(read(R"({"awsAccountId":"1","digestS3Object":"AWSLogs/x","logFiles":[]})").file.kind, ImportedFile::Kind::kDigest);
  const std::string insight = R"({"eventVersion":"1.07","eventID":"i","eventType":"AwsCloudTrailInsight","eventCategory":"Insight"})";
  const Read out = read("{\"Records\":[" + insight + "]}");
  EXPECT_EQ(out.file.kind, ImportedFile::Kind::kInsights);
  EXPECT_EQ(out.file.insights, 1u);
  EXPECT_EQ(out.file.bad, 0u);
  EXPECT_EQ(read(insight + "\n" + record()).file.kind, ImportedFile::Kind::kLog);
}

}  // namespace
}  // namespace cairn::services
