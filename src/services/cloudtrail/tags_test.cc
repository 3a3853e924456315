#include <gtest/gtest.h>

#include "services/cloudtrail/harness.h"

namespace cairn::cloudtrail {
namespace {

Json tag(const std::string& key, const std::string& value) { return {{"Key", key}, {"Value", value}}; }

class TagsTest : public testing::Test, protected Harness {
 protected:
  TagsTest() { create("audit", {{"TagsList", Json::array({tag("team", "security")})}}); }
  std::string add(const Json& list) {
    const Answer answer = call("AddTags", {{"ResourceId", arn("audit")}, {"TagsList", list}});
    return answer.ok() ? "" : answer.code;
  }
  std::string listed() {
    const Answer answer = call("ListTags", {{"ResourceIdList", {arn("audit")}}});
    return answer.ok() ? answer.out["ResourceTagList"][0]["TagsList"].dump() : answer.code;
  }
};

TEST_F(TagsTest, TagsAreAddedReplacedAndRemoved) {
  EXPECT_EQ(call("ListTags", {{"ResourceIdList", {arn("audit")}}}).out.dump(),
            R"({"ResourceTagList":[{"ResourceId":"arn:aws:cloudtrail:us-east-1:111122223333:trail/audit",)"
            R"("TagsList":[{"Key":"team","Value":"security"}]}]})");
  EXPECT_EQ(add(Json::array({tag("team", "platform"), tag("empty", ""), Json{{"Key", "null"}}})), "");
  EXPECT_EQ(listed(), R"([{"Key":"team","Value":"platform"},{"Key":"empty","Value":""},{"Key":"null"}])");
  EXPECT_TRUE(call("RemoveTags", {{"ResourceId", arn("audit")},
                                  {"TagsList", Json::array({Json{{"Key", "team"}}, tag("null", "x"), tag("unknown", "x")})}})
                  .ok());
  EXPECT_EQ(listed(), R"([{"Key":"empty","Value":""}])");
  EXPECT_TRUE(call("RemoveTags", {{"ResourceId", arn("audit")}, {"TagsList", Json::array({tag("empty", "")})}}).ok());
  EXPECT_EQ(listed(), "[]");
}

TEST_F(TagsTest, KeysAndValuesHaveRules) {
  EXPECT_EQ(add(Json::array({tag("Stra\xC3\x9F"
                                 "e 1_.:/=+-@",
                                 "v")})),
            "");
  for (const char* key : {"", "a,b", "a\nb", "aws:x", "AWS:x"})
    EXPECT_EQ(add(Json::array({tag(key, "v")})), "InvalidTagParameterException") << key;
  EXPECT_EQ(add(Json::array({tag(std::string(129, 'k'), "v")})), "InvalidTagParameterException");
  EXPECT_EQ(add(Json::array({tag(std::string(128, 'k'), std::string(256, 'v'))})), "");
  EXPECT_EQ(add(Json::array({tag("k", std::string(257, 'v'))})), "InvalidTagParameterException");
  EXPECT_EQ(add(Json::array({tag("k", "a;b")})), "InvalidTagParameterException");
  EXPECT_EQ(add(Json::array({tag("k", "1"), tag("k", "2")})), "InvalidTagParameterException");
  EXPECT_EQ(call("RemoveTags", {{"ResourceId", arn("audit")}, {"TagsList", Json::array({tag("", "")})}}).code,
            "InvalidTagParameterException");
  EXPECT_EQ(create("other", {{"TagsList", Json::array({tag("aws:x", "v")})}}).code, "InvalidTagParameterException");
}

TEST_F(TagsTest, ATrailHasAtMostFifty) {
  Json list = Json::array();
  for (int n = 0; n < 49; ++n) list.push_back(tag(fmt::format("key-{}", n), "v"));
  EXPECT_EQ(add(list), "");
  EXPECT_EQ(add(Json::array({tag("one-more", "v")})), "TagsLimitExceededException");
  EXPECT_EQ(add(Json::array({tag("key-0", "other")})), "") << "no new tag";
  list.push_back(tag("a", "v"));
  list.push_back(tag("b", "v"));
  EXPECT_EQ(create("other", {{"TagsList", list}}).code, "TagsLimitExceededException");
}

TEST_F(TagsTest, OnlyTrailsThatAreThereAndAtHomeHaveTags) {
  const auto list = [&](const std::string& arn) {
    const Answer answer = call("ListTags", {{"ResourceIdList", {arn}}});
    return answer.code;
  };
  EXPECT_EQ(list("audit"), "CloudTrailARNInvalidException");
  EXPECT_EQ(list("arn:aws:s3:::logs"), "CloudTrailARNInvalidException");
  EXPECT_EQ(list("arn:aws:cloudtrail:us-east-1:111122223333:trail/x"), "InvalidTrailNameException");
  EXPECT_EQ(list("arn:aws:cloudtrail:us-east-1:111122223333:trail/other"), "ResourceNotFoundException");
  EXPECT_EQ(list("arn:aws:cloudtrail:us-east-1:444455556666:trail/audit"), "ResourceNotFoundException");
  EXPECT_EQ(list("arn:aws:cloudtrail:us-east-1:111122223333:eventdatastore/12"), "EventDataStoreNotFoundException");
  EXPECT_EQ(list("arn:aws:cloudtrail:us-east-1:111122223333:channel/12"), "ChannelNotFoundException");
  EXPECT_EQ(list("arn:aws:cloudtrail:us-east-1:111122223333:dashboard/12"), "ResourceNotFoundException");
  EXPECT_EQ(list("arn:aws:cloudtrail:us-east-1:111122223333:query/12"), "ResourceTypeNotSupportedException");
  EXPECT_EQ(call("AddTags", {{"ResourceId", arn("other")}, {"TagsList", Json::array({tag("a", "b")})}}).code, "ResourceNotFoundException");

  const std::string home = arn("audit");
  const Answer mixed = call("ListTags", {{"ResourceIdList", {home, "arn:aws:cloudtrail:us-east-1:444455556666:trail/audit"}}});
  EXPECT_EQ(mixed.code, "CloudTrailARNInvalidException");
  EXPECT_EQ(mixed.message, "You cannot have resources belonging to multiple owners");
  region = "eu-west-1";
  const Answer elsewhere = call("ListTags", {{"ResourceIdList", {home}}});
  EXPECT_EQ(elsewhere.code, "CloudTrailARNInvalidException");
  EXPECT_EQ(elsewhere.message, "Region in ARN is wrong, you can only access resources in region eu-west-1.");
}

TEST_F(TagsTest, ListTagsTakesTwentyAndNoToken) {
  Json arns = Json::array();
  for (int n = 0; n < 20; ++n) arns.push_back(arn("audit"));
  EXPECT_EQ(call("ListTags", {{"ResourceIdList", arns}}).out["ResourceTagList"].size(), 20u);
  EXPECT_EQ(call("ListTags", {{"ResourceIdList", arns}, {"NextToken", "x"}}).code, "InvalidTokenException");
  arns.push_back(arn("audit"));
  EXPECT_EQ(call("ListTags", {{"ResourceIdList", arns}}).code, "ValidationException");
}

}  // namespace
}  // namespace cairn::cloudtrail
