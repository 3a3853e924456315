// What a notification configuration may say, and whom it means. Expected values: S3's User Guide, "Event notification types and
// destinations" and "Configuring event notifications using object key name filtering".
#include "services/s3/notification_rules.h"

#include <gtest/gtest.h>

#include "env/sim/random.h"
#include "services/s3/errors.h"

namespace cairn::s3 {
namespace {

const std::string kQueue = "arn:aws:sqs:us-east-1:111122223333:q";

Json rule(const std::string& id, const Json& events, const std::string& prefix = "", const std::string& suffix = "") {
  Json rules = Json::array();
  if (!prefix.empty()) rules.push_back({{"Name", "prefix"}, {"Value", prefix}});
  if (!suffix.empty()) rules.push_back({{"Name", "suffix"}, {"Value", suffix}});
  return {{"Id", id}, {"QueueArn", kQueue}, {"Events", events}, {"Filter", {{"Key", {{"FilterRules", rules}}}}}};
}

std::string refusal(const Json& queues) {
  env::SimRandom random(1);
  const Bucket bucket{.name = "b", .account = aws::AccountId("111122223333"), .region = aws::Region("us-east-1")};
  try {
    checked_notifications({{"QueueConfigurations", queues}}, bucket, random);
  } catch (const Error& error) {
    return error.message;
  }
  return "";
}

constexpr std::string_view kAmbiguous =
    "Configuration is ambiguously defined. Cannot have overlapping suffixes in two rules if the prefixes are overlapping for the same "
    "event type.";

TEST(NotificationRules, EveryEventOfAKeyHasOneDestination) {
  const Json created = {"s3:ObjectCreated:*"}, put = {"s3:ObjectCreated:Put"}, removed = {"s3:ObjectRemoved:*"};
  EXPECT_EQ(refusal({rule("1", created), rule("2", removed)}), "");
  EXPECT_EQ(refusal({rule("1", created), rule("2", put)}),
            "Configurations overlap. Configurations on the same bucket cannot share a common event type.");
  EXPECT_EQ(refusal({rule("1", created, "images"), rule("2", put, "logs")}), "");
  EXPECT_EQ(refusal({rule("1", created, "images"), rule("2", put, "images/2026")}), kAmbiguous);
  EXPECT_EQ(refusal({rule("1", created, "", ".jpg"), rule("2", created, "", ".png")}), "");
  EXPECT_EQ(refusal({rule("1", created, "images", ".jpg"), rule("2", created, "images", ".png")}), "");
  EXPECT_EQ(refusal({rule("1", created, "images", ".jpg"), rule("2", created, "", "x.jpg")}), kAmbiguous);
  EXPECT_EQ(refusal({rule("1", created, "a"), rule("1", removed, "a")}), "Configurations must have unique ids.");
}

TEST(NotificationRules, WhatIsRefused) {
  const Json created = {"s3:ObjectCreated:*"};
  Json twice = rule("1", created, "a");
  twice["Filter"]["Key"]["FilterRules"].push_back({{"Name", "Prefix"}, {"Value", "b"}});
  EXPECT_EQ(refusal(Json::array({twice})), "Cannot specify more than one prefix rule in a filter.");
  Json infix = rule("1", created, "a");
  infix["Filter"]["Key"]["FilterRules"][0]["Name"] = "infix";
  EXPECT_EQ(refusal(Json::array({infix})), "filter rule name must be either prefix or suffix");
  EXPECT_EQ(refusal(Json::array({rule("1", {"s3:ObjectCreated"})})), "The event is not supported for notifications");
  Json elsewhere = rule("1", created);
  elsewhere["QueueArn"] = "arn:aws:sqs:eu-west-1:111122223333:q";
  EXPECT_EQ(refusal(Json::array({elsewhere})),
            "The notification destination service region is not valid for the bucket location constraint");
  elsewhere["QueueArn"] = kQueue + std::string(512, 'q');
  EXPECT_EQ(refusal(Json::array({elsewhere})), "The ARN could not be parsed");
  elsewhere["QueueArn"] = kQueue + ".fifo";
  EXPECT_NE(refusal(Json::array({elsewhere})), "");
}

TEST(NotificationRules, WhatARuleCovers) {
  NotificationRule rule{
      .id = "1", .target = kQueue, .events = {"s3:ObjectCreated:*", "s3:ObjectRemoved:Delete"}, .prefix = "in/", .suffix = ".txt"};
  EXPECT_TRUE(rule.covers("ObjectCreated:Put", "in/a.txt"));
  EXPECT_TRUE(rule.covers("ObjectRemoved:Delete", "in/a.txt"));
  EXPECT_FALSE(rule.covers("ObjectRemoved:DeleteMarkerCreated", "in/a.txt"));
  EXPECT_FALSE(rule.covers("ObjectCreated:Put", "in/a.bin"));
  EXPECT_FALSE(rule.covers("ObjectCreated:Put", "a.txt"));
}

}  // namespace
}  // namespace cairn::s3
