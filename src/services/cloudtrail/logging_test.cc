#include <gtest/gtest.h>

#include "services/cloudtrail/harness.h"

namespace cairn::cloudtrail {
namespace {

using std::chrono::minutes;

class LoggingTest : public testing::Test, protected Harness {
 protected:
  LoggingTest() {
    clock.set(timestamps::parse_iso8601("2026-01-02T03:04:05.678Z").value());
    create("audit");
  }
  std::string status() { return call("GetTrailStatus", {{"Name", "audit"}}).out.dump(); }
  void put_status(const delivery::Status& status) {
    const auto trail =
        delivery::decode_trail(document(delivery::keys::trail(aws::AccountId(account), aws::Region(region), "audit")).value());
    put(delivery::keys::status(trail.id), delivery::encode(status));
  }
};

TEST_F(LoggingTest, ANewTrailHasNothingToTell) {
  // As recorded of a trail that was just made.
  EXPECT_EQ(
      status(),
      R"({"IsLogging":false,"LatestDeliveryAttemptTime":"","LatestNotificationAttemptTime":"",)"
      R"("LatestNotificationAttemptSucceeded":"","LatestDeliveryAttemptSucceeded":"","TimeLoggingStarted":"","TimeLoggingStopped":""})");
}

TEST_F(LoggingTest, StartAndStopShow) {
  EXPECT_EQ(call("StartLogging", {{"Name", "audit"}}).out, Json::object());
  clock.advance(minutes(1));
  call("StartLogging", {{"Name", arn("audit")}});  // it logs already
  EXPECT_EQ(status(), R"({"IsLogging":true,"StartLoggingTime":"2026-01-02T03:04:05.678Z","LatestDeliveryAttemptTime":"",)"
                      R"("LatestNotificationAttemptTime":"","LatestNotificationAttemptSucceeded":"","LatestDeliveryAttemptSucceeded":"",)"
                      R"("TimeLoggingStarted":"2026-01-02T03:04:05Z","TimeLoggingStopped":""})");
  EXPECT_EQ(call("StopLogging", {{"Name", "audit"}}).out, Json::object());
  clock.advance(minutes(1));
  call("StopLogging", {{"Name", "audit"}});
  EXPECT_EQ(
      status(),
      R"({"IsLogging":false,"StartLoggingTime":"2026-01-02T03:04:05.678Z","StopLoggingTime":"2026-01-02T03:05:05.678Z",)"
      R"("LatestDeliveryAttemptTime":"","LatestNotificationAttemptTime":"","LatestNotificationAttemptSucceeded":"",)"
      R"("LatestDeliveryAttemptSucceeded":"","TimeLoggingStarted":"2026-01-02T03:04:05Z","TimeLoggingStopped":"2026-01-02T03:05:05Z"})");
  call("StartLogging", {{"Name", "audit"}});
  const Json again = Json::parse(status());
  EXPECT_EQ(again["TimeLoggingStarted"], "2026-01-02T03:06:05Z");
  EXPECT_EQ(again["TimeLoggingStopped"], "2026-01-02T03:05:05Z") << "the last stop stays";
}

TEST_F(LoggingTest, DeliveriesShow) {
  const Time delivered = clock.now();
  put_status({.delivered = delivered,
              .delivery_attempt = delivered,
              .delivery_attempt_succeeded = true,
              .delivery_error = {},
              .digest_delivered = delivered + minutes(1),
              .digest_error = {}});
  EXPECT_EQ(status(),
            R"({"IsLogging":false,"LatestDeliveryTime":"2026-01-02T03:04:05.678Z","LatestDigestDeliveryTime":"2026-01-02T03:05:05.678Z",)"
            R"("LatestDeliveryAttemptTime":"2026-01-02T03:04:05Z","LatestNotificationAttemptTime":"",)"
            R"("LatestNotificationAttemptSucceeded":"","LatestDeliveryAttemptSucceeded":"2026-01-02T03:04:05Z","TimeLoggingStarted":"",)"
            R"("TimeLoggingStopped":""})");
}

TEST_F(LoggingTest, FailuresAndWhatWasGivenUpShow) {
  const Time delivered = clock.now();
  delivery::Status failed{.delivered = delivered,
                          .delivery_attempt = delivered + minutes(7),
                          .delivery_attempt_succeeded = false,
                          .delivery_error = "AccessDenied",
                          .digest_delivered = {},
                          .digest_error = "NoSuchBucket"};
  put_status(failed);
  EXPECT_EQ(status(),
            R"({"IsLogging":false,"LatestDeliveryError":"AccessDenied","LatestDeliveryTime":"2026-01-02T03:04:05.678Z",)"
            R"("LatestDigestDeliveryError":"NoSuchBucket",)"
            R"("LatestDeliveryAttemptTime":"2026-01-02T03:11:05Z","LatestNotificationAttemptTime":"",)"
            R"("LatestNotificationAttemptSucceeded":"","LatestDeliveryAttemptSucceeded":"2026-01-02T03:04:05Z","TimeLoggingStarted":"",)"
            R"("TimeLoggingStopped":""})");
  failed.dropped = 12;
  put_status(failed);
  EXPECT_EQ(Json::parse(status())["LatestDeliveryError"],
            "AccessDenied. 12 events could not be delivered: the backlog had passed delivery.backlog_max.");
  failed.delivery_error = "";
  failed.dropped = 1;
  put_status(failed);
  EXPECT_EQ(Json::parse(status())["LatestDeliveryError"], "1 event could not be delivered: the backlog had passed delivery.backlog_max.");
}

TEST_F(LoggingTest, AShadowTrailsStatusIsToldByArn) {
  const std::string home = arn("audit");
  call("UpdateTrail", {{"Name", "audit"}, {"IsMultiRegionTrail", true}});
  call("StartLogging", {{"Name", "audit"}});
  region = "eu-west-1";
  EXPECT_EQ(call("GetTrailStatus", {{"Name", home}}).out["IsLogging"], true);
  EXPECT_EQ(call("GetTrailStatus", {{"Name", "audit"}}).code, "TrailNotFoundException");
}

}  // namespace
}  // namespace cairn::cloudtrail
