#include "services/kms/upkeep.h"

#include <gtest/gtest.h>

#include "services/kms/harness.h"

namespace cairn::kms {
namespace {

using std::chrono::days;

/// Takes entries, and keeps their records.
class RecordingJournal final : public journal::Journal {
 public:
  explicit RecordingJournal(Harness& harness) : harness_(harness) {}
  journal::Position append(std::string_view entry, journal::Waiter*) override {
    const Result<journal::EntryView> view = journal::decode_entry(entry);
    for (const auto record : view->records) records.emplace_back(record);
    return harness_.next_position();
  }
  bool accepting() const override { return is_accepting; }
  journal::Position appended() const override { return {}; }
  journal::Position durable() const override { return {}; }
  Result<size_t> read(journal::Position, size_t, const OnEntry&) override { return 0; }
  void watch(env::Task*) override {}
  void unwatch(env::Task*) override {}
  void release(journal::Position) override {}
  journal::Position oldest() const override { return {}; }
  uint64_t bytes_behind(journal::Position) const override { return 0; }
  void drain() override {}

  std::vector<std::string> records;
  bool is_accepting = true;

 private:
  Harness& harness_;
};

class UpkeepTest : public testing::Test {
 protected:
  void run() {
    while (upkeep_.step().kind == env::Next::kNow) {
    }
  }
  Harness harness_;
  RecordingJournal journal_{harness_};
  Upkeep upkeep_{harness_.clock, harness_.random(), harness_.sealer(), harness_.store(), journal_};
};

TEST_F(UpkeepTest, DestroysAKeyWhenItsTimeHasComeAndRecordsIt) {
  const std::string id = harness_.create_key(), kept = harness_.create_key();
  harness_.call("ScheduleKeyDeletion", {{"KeyId", id}, {"PendingWindowInDays", 7}});
  harness_.clock.advance(days(7) - std::chrono::milliseconds(1));
  run();
  EXPECT_TRUE(journal_.records.empty());
  EXPECT_EQ(harness_.documents("kms/material/"), 2u);
  harness_.clock.advance(std::chrono::milliseconds(1));
  run();
  EXPECT_EQ(harness_.documents("kms/material/" + id), 0u);
  EXPECT_EQ(harness_.documents("kms/material/" + kept), 1u);
  ASSERT_EQ(journal_.records.size(), 1u);
  const Json record = json::parse(journal_.records[0]).value();
  EXPECT_EQ(record["userIdentity"].dump(), R"({"accountId":"111122223333","invokedBy":"AWS Internal"})");
  EXPECT_EQ(record["eventName"], "DeleteKey");
  EXPECT_EQ(record["eventType"], "AwsServiceEvent");
  EXPECT_EQ(record["sourceIPAddress"], "AWS Internal");
  EXPECT_EQ(record["userAgent"], "AWS Internal");
  EXPECT_TRUE(record["requestParameters"].is_null());
  EXPECT_TRUE(record["responseElements"].is_null());
  EXPECT_EQ(record["readOnly"], false);
  EXPECT_FALSE(record.contains("requestID"));
  EXPECT_EQ(record["recipientAccountId"], "111122223333");
  EXPECT_EQ(record["resources"][0]["ARN"], harness_.arn(id));
  EXPECT_EQ(record["serviceEventDetails"].dump(), R"({"keyId":")" + id + R"("})");
}

TEST_F(UpkeepTest, RotatesAtEachPeriod) {
  const std::string id = harness_.create_key();
  harness_.call("EnableKeyRotation", {{"KeyId", id}, {"RotationPeriodInDays", 90}});
  const std::string blob = harness_.encrypt(id, "old").text("CiphertextBlob");
  for (int i = 0; i < 3; ++i) {
    harness_.clock.advance(days(90));
    run();
  }
  ASSERT_EQ(journal_.records.size(), 3u);
  const Json details = json::parse(journal_.records[2]).value()["serviceEventDetails"];
  EXPECT_EQ(details["rotationType"], "AUTOMATIC");
  EXPECT_EQ(details["currentKeyMaterialId"], harness_.call("DescribeKey", {{"KeyId", id}}).out["KeyMetadata"]["CurrentKeyMaterialId"]);
  EXPECT_EQ(harness_.call("ListKeyRotations", {{"KeyId", id}}).out["Rotations"].size(), 3u);
  EXPECT_TRUE(harness_.decrypt(blob).ok());
}

TEST_F(UpkeepTest, ADisabledKeyIsRotatedOnceItIsEnabledAgain) {
  const std::string id = harness_.create_key();
  harness_.call("EnableKeyRotation", {{"KeyId", id}, {"RotationPeriodInDays", 90}});
  harness_.call("DisableKey", {{"KeyId", id}});
  harness_.clock.advance(days(200));
  run();
  EXPECT_TRUE(journal_.records.empty());
  harness_.call("EnableKey", {{"KeyId", id}});
  run();
  EXPECT_EQ(journal_.records.size(), 1u);
}

TEST_F(UpkeepTest, WaitsWhileTheJournalTakesNothing) {
  const std::string id = harness_.create_key();
  harness_.call("ScheduleKeyDeletion", {{"KeyId", id}, {"PendingWindowInDays", 7}});
  harness_.clock.advance(days(8));
  journal_.is_accepting = false;
  EXPECT_EQ(upkeep_.step().kind, env::Next::kAfter);
  EXPECT_EQ(harness_.documents("kms/material/"), 1u);
  journal_.is_accepting = true;
  run();
  EXPECT_EQ(harness_.documents("kms/"), 0u);
}

TEST_F(UpkeepTest, AKeyOfManyGrantsGoesInSeveralEntriesItsMaterialFirst) {
  const std::string id = harness_.create_key();
  for (int i = 0; i < 1200; ++i)
    harness_.call("CreateGrant", {{"KeyId", id},
                                  {"GranteePrincipal", fmt::format("arn:aws:iam::111122223333:user/u{}", i)},
                                  {"Operations", Json::array({"Decrypt"})}});
  harness_.call("ScheduleKeyDeletion", {{"KeyId", id}, {"PendingWindowInDays", 7}});
  harness_.clock.advance(days(7));
  EXPECT_EQ(upkeep_.step().kind, env::Next::kNow);
  EXPECT_EQ(harness_.documents("kms/material/"), 0u);
  EXPECT_GT(harness_.documents("kms/grant/"), 0u);
  run();
  EXPECT_EQ(harness_.documents("kms/"), 0u);
  EXPECT_EQ(journal_.records.size(), 1u);
}

}  // namespace
}  // namespace cairn::kms
