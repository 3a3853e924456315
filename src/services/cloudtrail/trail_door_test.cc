#include "services/cloudtrail/trail_door.h"

#include <gtest/gtest.h>

#include "services/cloudtrail/harness.h"

namespace cairn::cloudtrail {
namespace {

std::string refusal_of(std::string_view name) {
  try {
    check_trail_name(name);
  } catch (const aws::Error& error) {
    EXPECT_EQ(error.kind.code, "InvalidTrailNameException");
    return error.message;
  }
  return "";
}

TEST(TrailName, EveryRuleHasItsWords) {
  for (const char* good : {"abc", "My-Trail_1.a", "1-2", "1.2.3", "1.2.3.4.5", "1.2.3.x"}) EXPECT_EQ(refusal_of(good), "") << good;
  EXPECT_EQ(refusal_of(std::string(128, 'a')), "");
  EXPECT_EQ(refusal_of(""), "Trail name cannot be blank!");
  EXPECT_EQ(refusal_of("ab"), "Trail name too short. Minimum allowed length: 3 characters. Specified name length: 2 characters.");
  EXPECT_EQ(refusal_of(std::string(129, 'a')),
            "Trail name too long. Maximum allowed length: 128 characters. Specified name length: 129 characters.");
  EXPECT_EQ(refusal_of("-trail"), "Trail name must starts with a letter or number.");
  EXPECT_EQ(refusal_of("trail!"), "Trail name must ends with a letter or number.");
  EXPECT_EQ(refusal_of("my#trail"),
            "Trail name or ARN can only contain uppercase letters, lowercase letters, numbers, periods (.), hyphens (-), and "
            "underscores (_).");
  EXPECT_EQ(refusal_of("tr\xC3\xA4il"), refusal_of("my#trail"));
  EXPECT_EQ(refusal_of("my-_trail"), "Trail name or ARN cannot have adjacent periods (.), hyphens (-), or underscores (_).");
  EXPECT_EQ(refusal_of("my--trail"), refusal_of("my-_trail"));
  EXPECT_EQ(refusal_of("192.168.5.4"), "Trail names must not be formatted as an IP address.");
}

TEST(TrailArn, OnlyATrailsArnIsOne) {
  const TrailArn arn = parse_trail_arn("arn:aws:cloudtrail:eu-west-1:111122223333:trail/My-Trail");
  EXPECT_EQ(arn.region.str(), "eu-west-1");
  EXPECT_EQ(arn.account.str(), "111122223333");
  EXPECT_EQ(arn.name, "My-Trail");
  for (const char* bad :
       {"arn:", "arn:aws:s3:::bucket", "arn:aws:cloudtrail:eu-west-1:111122223333:channel/My-Trail",
        "arn:aws:cloudtrail::111122223333:trail/My-Trail", "arn:aws:cloudtrail:eu-west-1:1111:trail/My-Trail",
        "arn:aws:cloudtrail:eu-west-1:111122223333:trail/My-Trail:1", "arn:aws-cn:cloudtrail:eu-west-1:111122223333:trail/My-Trail"}) {
    try {
      parse_trail_arn(bad);
      ADD_FAILURE() << bad;
    } catch (const aws::Error& error) {
      EXPECT_EQ(error.kind.code, "CloudTrailARNInvalidException") << bad;
    }
  }
  try {
    parse_trail_arn("arn:aws:cloudtrail:eu-west-1:111122223333:trail/");
    ADD_FAILURE();
  } catch (const aws::Error& error) {
    EXPECT_EQ(error.kind.code, "InvalidTrailNameException");
  }
}

class DoorTest : public testing::Test {
 protected:
  DoorTest() : engine_(database_.open()), store_(*engine_, {}), state_(store_) {
    call_.state = &state_;
    call_.account = aws::AccountId("111122223333");
    delivery::Trail trail;
    trail.account = call_.account;
    trail.home = aws::Region("eu-west-1");
    trail.name = "audit";
    trail.bucket = "logs";
    delivery::put_new(state_, trail);
  }
  std::string open(const char* region, const char* name, Use use) {
    call_.region = aws::Region(region);
    try {
      return open_trail(call_, name, use).arn();
    } catch (const aws::Error& error) {
      return fmt::format("{}: {}", error.kind.code, error.message);
    }
  }

  state::SimDatabase database_;
  std::unique_ptr<state::Engine> engine_;
  state::Store store_;
  state::Transaction state_;
  api::Call call_;
};

constexpr const char* kArn = "arn:aws:cloudtrail:eu-west-1:111122223333:trail/audit";

TEST_F(DoorTest, ANameIsLookedForInTheCallsRegion) {
  EXPECT_EQ(open("eu-west-1", "audit", Use::kChange), kArn);
  EXPECT_EQ(open("eu-west-1", "audit", Use::kRead), kArn);
  EXPECT_EQ(open("us-east-1", "audit", Use::kRead),
            "TrailNotFoundException: Unknown trail: arn:aws:cloudtrail:us-east-1:111122223333:trail/audit for the user: 111122223333");
  EXPECT_EQ(open("eu-west-1", "Audit", Use::kRead).substr(0, 22), "TrailNotFoundException");
}

TEST_F(DoorTest, AnArnIsReadEverywhereAndChangedAtHome) {
  EXPECT_EQ(open("us-east-1", kArn, Use::kRead), kArn);
  EXPECT_EQ(open("eu-west-1", kArn, Use::kChange), kArn);
  EXPECT_EQ(open("us-east-1", kArn, Use::kChange),
            "InvalidHomeRegionException: The home region of trail arn:aws:cloudtrail:eu-west-1:111122223333:trail/audit is eu-west-1. "
            "It can be changed there only, not in us-east-1.");
}

TEST_F(DoorTest, AnothersTrailsAreNotThere) {
  call_.account = aws::AccountId("444455556666");
  EXPECT_EQ(open("eu-west-1", kArn, Use::kRead),
            "TrailNotFoundException: Unknown trail: arn:aws:cloudtrail:eu-west-1:111122223333:trail/audit for the user: 444455556666");
}

}  // namespace
}  // namespace cairn::cloudtrail
