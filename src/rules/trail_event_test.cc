#include "rules/trail_event.h"

#include <gtest/gtest.h>

namespace cairn::rules {
namespace {

/// A record, reduced; `more` stands before its end.
std::string record(std::string_view name, std::string_view identity = R"({"type":"IAMUser","accountId":"111122223333"})",
                   std::string_view more = R"("readOnly":false)", std::string_view type = "AwsApiCall") {
  return fmt::format(
      R"({{"eventVersion":"1.11","userIdentity":{},"eventTime":"2026-01-01T00:00:00Z","eventSource":"iam.amazonaws.com","eventName":"{}",)"
      R"("awsRegion":"us-east-1","requestParameters":{{"n":1.10}},"eventID":"7e5c2f1a-0000-4000-8000-000000000001","eventType":"{}",)"
      R"("managementEvent":true,"recipientAccountId":"111122223333","eventCategory":"Management",{}}})",
      identity, name, type, more);
}

struct Read {
  explicit Read(std::string text_) : text(std::move(text_)) { EXPECT_TRUE(event::read_selected(text, document, event)); }
  std::string text;
  json::Document document;
  event::Selected event;
};

TEST(TrailEvent, TheEnvelope) {
  const Read create(record("CreateUser"));
  EXPECT_EQ(event_of(create.event, create.text, "id-1"),
            R"({"version":"0","id":"id-1","detail-type":"AWS API Call via CloudTrail","source":"aws.iam","account":"111122223333",)"
            R"("time":"2026-01-01T00:00:00Z","region":"us-east-1","resources":[],"detail":)" +
                create.text + "}");
  EXPECT_EQ(event_id_of("a"), event_id_of("a"));
  EXPECT_NE(event_id_of("a"), event_id_of("b"));
  EXPECT_EQ(event_id_of("a").size(), 36u);
}

TEST(TrailEvent, TheTypes) {
  const auto type = [](std::string_view event_type) {
    const Read read(record("X", R"({"type":"Root"})", R"("readOnly":false)", event_type));
    return std::string(detail_type_of(read.event));
  };
  EXPECT_EQ(type("AwsApiCall"), "AWS API Call via CloudTrail");
  EXPECT_EQ(type("AwsConsoleSignIn"), "AWS Console Sign In via CloudTrail");
  EXPECT_EQ(type("AwsServiceEvent"), "AWS Service Event via CloudTrail");
  EXPECT_EQ(type("AwsVpceEvent"), "");
}

// Read-only events are told by their names, too: GetSessionToken is no read, Decrypt does not begin like one.
TEST(TrailEvent, WhatOnlyReads) {
  const auto reads = [](std::string_view name, bool read_only) {
    const Read read(record(name, R"({"type":"Root"})", read_only ? R"("readOnly":true)" : R"("readOnly":false)"));
    return is_read(read.event);
  };
  EXPECT_TRUE(reads("ListUsers", true));
  EXPECT_TRUE(reads("GetUser", true));
  EXPECT_TRUE(reads("DescribeTrails", true));
  EXPECT_FALSE(reads("GetSessionToken", false));
  EXPECT_FALSE(reads("AssumeRole", true));
  EXPECT_FALSE(reads("Decrypt", true));
  EXPECT_FALSE(reads("CreateUser", false));
}

TEST(TrailEvent, OurOwnDeliveriesFeedNobody) {
  const auto is_own = [](std::string_view identity) { return is_own_delivery(Read(record("Publish", identity)).event); };
  EXPECT_TRUE(is_own(R"({"type":"AWSService","invokedBy":"events.amazonaws.com"})"));
  EXPECT_TRUE(is_own(R"({"type":"AWSService","invokedBy":"sns.amazonaws.com"})"));
  EXPECT_TRUE(is_own(R"({"type":"AWSService","invokedBy":"cloudtrail.amazonaws.com"})"));
  EXPECT_TRUE(is_own(R"({"type":"AssumedRole","accountId":"111122223333","invokedBy":"events.amazonaws.com"})"));  // in a target's role
  EXPECT_FALSE(is_own(R"({"type":"IAMUser","accountId":"111122223333"})"));
  EXPECT_FALSE(is_own(R"({"type":"IAMUser","accountId":"111122223333","invokedBy":"fas.s3.amazonaws.com"})"));  // for its caller
  EXPECT_FALSE(is_own(R"({"accountId":"111122223333","invokedBy":"AWS Internal"})"));                           // a key's rotation
}

}  // namespace
}  // namespace cairn::rules
