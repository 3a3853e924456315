#include <gtest/gtest.h>

#include "services/cloudtrail/harness.h"

namespace cairn::cloudtrail {
namespace {

/// In us-east-1 `everywhere` (multi-region) and `here`, in eu-west-1 `there`.
class DescribeTest : public testing::Test, protected Harness {
 protected:
  DescribeTest() {
    create("here");
    create("everywhere", {{"IsMultiRegionTrail", true}});
    region = "eu-west-1";
    create("there", {{"S3KeyPrefix", "p"}, {"EnableLogFileValidation", true}});
    region = "us-east-1";
  }
  std::string names(const Json& in = Json::object()) {
    const Answer answer = call("DescribeTrails", in);
    if (!answer.ok()) return answer.code;
    std::string names;
    for (const Json& trail : answer.out["trailList"]) names += (names.empty() ? "" : " ") + trail["Name"].get<std::string>();
    return names;
  }
};

constexpr const char* kThere = "arn:aws:cloudtrail:eu-west-1:111122223333:trail/there";
constexpr const char* kEverywhere = "arn:aws:cloudtrail:us-east-1:111122223333:trail/everywhere";

TEST_F(DescribeTest, ATrailIsDescribedInTheOrderOfAws) {
  const std::string there =
      R"({"Name":"there","S3BucketName":"logs","S3KeyPrefix":"p","IncludeGlobalServiceEvents":true,"IsMultiRegionTrail":false,)"
      R"("HomeRegion":"eu-west-1","TrailARN":"arn:aws:cloudtrail:eu-west-1:111122223333:trail/there","LogFileValidationEnabled":true,)"
      R"("HasCustomEventSelectors":false,"HasInsightSelectors":false,"IsOrganizationTrail":false})";
  EXPECT_EQ(call("GetTrail", {{"Name", kThere}}).out.dump(), R"({"Trail":)" + there + "}");
  EXPECT_EQ(call("DescribeTrails", {{"trailNameList", {kThere}}}).out.dump(), R"({"trailList":[)" + there + "]}");
}

TEST_F(DescribeTest, AMultiRegionTrailShowsInEveryRegion) {
  EXPECT_EQ(names(), "everywhere here");
  EXPECT_EQ(names({{"trailNameList", Json::array()}, {"includeShadowTrails", false}}), "everywhere here");
  region = "eu-west-1";
  EXPECT_EQ(names(), "everywhere there");
  EXPECT_EQ(names({{"includeShadowTrails", true}}), "everywhere there");
  EXPECT_EQ(names({{"includeShadowTrails", false}}), "there");
  EXPECT_EQ(call("DescribeTrails", Json::object()).out["trailList"][0]["HomeRegion"], "us-east-1");
  region = "ap-south-1";
  EXPECT_EQ(names(), "everywhere");
  region = "us-east-1";
  call("UpdateTrail", {{"Name", "everywhere"}, {"IsMultiRegionTrail", false}});
  region = "ap-south-1";
  EXPECT_EQ(names(), "");
}

TEST_F(DescribeTest, NamesMeanThisRegionsTrailsArnsAnys) {
  EXPECT_EQ(names({{"trailNameList", {"here"}}}), "here");
  EXPECT_EQ(names({{"trailNameList", {"here", "there", "unknown"}}}), "here");
  EXPECT_EQ(names({{"trailNameList", {kThere, "here", kThere}}}), "here there");
  EXPECT_EQ(names({{"trailNameList", {kThere}}, {"includeShadowTrails", false}}), "");
  EXPECT_EQ(names({{"trailNameList", {"arn:aws:cloudtrail:us-east-1:444455556666:trail/here"}}}), "");
  region = "eu-west-1";
  EXPECT_EQ(names({{"trailNameList", {"everywhere"}}}), "") << "a shadow trail has no name of its own";
  EXPECT_EQ(names({{"trailNameList", {kEverywhere}}}), "everywhere");
  EXPECT_EQ(names({{"trailNameList", {"x"}}}), "InvalidTrailNameException");
  EXPECT_EQ(names({{"trailNameList", {"arn:aws:s3:::logs"}}}), "CloudTrailARNInvalidException");
}

TEST_F(DescribeTest, GetTrailKnowsNamesAtHomeAndArnsEverywhere) {
  EXPECT_TRUE(call("GetTrail", {{"Name", "here"}}).ok());
  EXPECT_EQ(call("GetTrail", {{"Name", "there"}}).code, "TrailNotFoundException");
  EXPECT_EQ(call("GetTrail", {{"Name", "x"}}).code, "InvalidTrailNameException");
  EXPECT_EQ(call("GetTrail", {{"Name", "arn:aws:s3:::logs"}}).code, "CloudTrailARNInvalidException");
}

TEST_F(DescribeTest, AnotherAccountsTrailsAreNotShown) {
  account = "444455556666";
  EXPECT_EQ(names(), "");
  EXPECT_EQ(names({{"trailNameList", {kThere}}}), "");
  EXPECT_EQ(call("ListTrails", Json::object()).out.dump(), R"({"Trails":[]})");
}

TEST_F(DescribeTest, SelectorsShow) {
  const std::string key = delivery::keys::trail(aws::AccountId(account), aws::Region(region), "here");
  delivery::Trail trail = delivery::decode_trail(document(key).value());
  trail.advanced_event_selectors.push_back(Json::object());
  trail.insight_selectors.push_back(Json::object());
  put(key, delivery::encode(trail));
  const Json shown = call("GetTrail", {{"Name", "here"}}).out["Trail"];
  EXPECT_EQ(shown["HasCustomEventSelectors"], true);
  EXPECT_EQ(shown["HasInsightSelectors"], true);
}

TEST_F(DescribeTest, ListTrailsListsEveryRegionsInPages) {
  EXPECT_EQ(call("ListTrails", Json::object()).out.dump(),
            R"({"Trails":[{"TrailARN":"arn:aws:cloudtrail:eu-west-1:111122223333:trail/there","Name":"there","HomeRegion":"eu-west-1"},)"
            R"({"TrailARN":"arn:aws:cloudtrail:us-east-1:111122223333:trail/everywhere","Name":"everywhere","HomeRegion":"us-east-1"},)"
            R"({"TrailARN":"arn:aws:cloudtrail:us-east-1:111122223333:trail/here","Name":"here","HomeRegion":"us-east-1"}]})");
  for (char area = 'a'; area <= 'z'; ++area) {
    region = fmt::format("xx-{}-1", area);
    for (int n = 0; n < 4; ++n) ASSERT_TRUE(create(fmt::format("trail-{}", n)).ok());
  }
  std::set<std::string> arns;
  Json in = Json::object();
  int pages = 0;
  do {
    const Json out = call("ListTrails", in).out;
    for (const Json& trail : out["Trails"]) EXPECT_TRUE(arns.insert(trail["TrailARN"]).second);
    ++pages;
    if (!out.contains("NextToken")) break;
    in["NextToken"] = out["NextToken"];
  } while (pages < 10);
  EXPECT_EQ(arns.size(), 107u);
  EXPECT_EQ(pages, 2);
  EXPECT_EQ(call("ListTrails", {{"NextToken", "?"}}).code, "InvalidNextTokenException");
}

}  // namespace
}  // namespace cairn::cloudtrail
