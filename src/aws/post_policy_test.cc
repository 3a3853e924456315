#include "aws/post_policy.h"

#include <gtest/gtest.h>

/// After "Creating an HTML form (using AWS Signature Version 4)" and answers recorded on S3.
namespace cairn::aws {
namespace {

const Time kNow = timestamps::parse_iso8601("2026-01-02T03:04:05Z").value();

Json policy(const Json& conditions, const std::string& expiration = "2026-01-02T04:00:00.000Z") {
  return {{"expiration", expiration}, {"conditions", conditions}};
}

/// "": the form may be sent.
std::string why(const Json& document, const FormFields& fields, Time now = kNow) {
  try {
    PostPolicy(json::dump(document)).require(fields, "bucket", now);
  } catch (const Error& error) {
    return fmt::format("{} {}: {}", error.kind.status, error.kind.code, error.message);
  }
  return "";
}

const Json kBucket = {{"bucket", "bucket"}};

TEST(PostPolicy, EveryConditionMustHold) {
  const Json document = policy({kBucket, {"starts-with", "$key", "user/"}, {"eq", "$acl", "private"}, {{"Content-Type", "text/plain"}}});
  const FormFields good = {{"key", "user/a"}, {"acl", "private"}, {"content-type", "text/plain"}};
  EXPECT_EQ(why(document, good), "");
  FormFields bad = good;
  bad["key"] = "other/a";
  EXPECT_EQ(why(document, bad),
            R"(403 AccessDenied: Invalid according to Policy: Policy Condition failed: ["starts-with", "$key", "user/"])");
  bad = good;
  bad.erase("acl");
  EXPECT_EQ(why(document, bad), R"(403 AccessDenied: Invalid according to Policy: Policy Condition failed: ["eq", "$acl", "private"])");
  bad = good;
  bad["content-type"] = "text/html";
  EXPECT_EQ(why(document, bad),
            R"(403 AccessDenied: Invalid according to Policy: Policy Condition failed: ["eq", "$Content-Type", "text/plain"])");
  EXPECT_EQ(why(policy({{{"bucket", "other"}}, {"eq", "$key", "a"}}), {{"key", "a"}}),
            R"(403 AccessDenied: Invalid according to Policy: Policy Condition failed: ["eq", "$bucket", "other"])");
}

TEST(PostPolicy, CaseCountsInValuesOnly) {
  EXPECT_EQ(why(policy({{{"bUcKeT", "bucket"}}, {"EQ", "$Key", "a"}}), {{"key", "a"}}), "");
  EXPECT_NE(why(policy({kBucket, {"eq", "$key", "A"}}), {{"key", "a"}}), "");
}

TEST(PostPolicy, EveryFieldMustBeCovered) {
  const Json document = policy({kBucket, {"starts-with", "$key", ""}});
  EXPECT_EQ(
      why(document,
          {{"key", "a"}, {"policy", "p"}, {"x-amz-signature", "s"}, {"signature", "s"}, {"awsaccesskeyid", "k"}, {"x-ignore-this", "1"}}),
      "");
  EXPECT_EQ(why(document, {{"key", "a"}, {"acl", "private"}, {"x-amz-date", "d"}}),
            "403 AccessDenied: Invalid according to Policy: Extra input fields: acl, x-amz-date");
  EXPECT_EQ(why(policy(Json::array({{"eq", "$key", "a"}})), {{"key", "a"}}),
            "403 AccessDenied: Invalid according to Policy: Extra input fields: bucket");
  EXPECT_EQ(why(policy(Json::array({{"eq", "$key", "a"}})), {{"key", "a"}, {"bucket", "bucket"}}),
            "403 AccessDenied: Invalid according to Policy: Extra input fields: bucket");
}

TEST(PostPolicy, AnEmptyFrontAllowsAnything) {
  const Json document = policy({kBucket, {"starts-with", "$key", ""}, {"starts-with", "$acl", ""}});
  EXPECT_EQ(why(document, {{"key", "a"}}), "");
  EXPECT_EQ(why(document, {{"key", "a"}, {"acl", "public-read"}}), "");
}

TEST(PostPolicy, EachOfSeveralContentTypesMustBegin) {
  const Json document = policy({kBucket, {"starts-with", "$Content-Type", "image/"}});
  EXPECT_EQ(why(document, {{"content-type", "image/png, image/gif"}}), "");
  EXPECT_NE(why(document, {{"content-type", "image/png,text/html"}}), "");
}

TEST(PostPolicy, Expires) {
  const Json document = policy(Json::array({kBucket}));
  EXPECT_EQ(why(document, {}, timestamps::parse_iso8601("2026-01-02T03:59:59Z").value()), "");
  EXPECT_EQ(why(document, {}, timestamps::parse_iso8601("2026-01-02T04:00:00Z").value()),
            "403 AccessDenied: Invalid according to Policy: Policy expired.");
}

TEST(PostPolicy, SizesMayBeTexts) {
  const auto range = [](const Json& conditions) {
    const PostPolicy::SizeRange found = PostPolicy(json::dump(policy(conditions))).size_range();
    return std::pair(found.min, found.max);
  };
  EXPECT_EQ(range(Json::array({kBucket})), std::pair(uint64_t{0}, UINT64_MAX));
  EXPECT_EQ(range(Json::array({{"content-length-range", 5, 10}})), std::pair(uint64_t{5}, uint64_t{10}));
  EXPECT_EQ(range({{"content-length-range", "5", "10"}, {"content-length-range", 0, 7}}), std::pair(uint64_t{5}, uint64_t{7}));
  EXPECT_EQ(why(policy({kBucket, {"content-length-range", "test", "10"}}), {}),
            R"(403 AccessDenied: Invalid according to Policy: Policy Condition failed: ["content-length-range", "test", "10"])");
}

TEST(PostPolicy, DocumentsThatAreNone) {
  EXPECT_EQ(why({{"conditions", Json::array()}}, {}), "400 InvalidPolicyDocument: Invalid Policy: Policy missing expiration.");
  EXPECT_EQ(why({{"expiration", "2026-01-02T04:00:00Z"}}, {}), "400 InvalidPolicyDocument: Invalid Policy: Policy missing conditions.");
  EXPECT_EQ(why({{"EXPIRATION", "2026-01-02T04:00:00Z"}, {"conditions", Json::array()}}, {}),
            "400 InvalidPolicyDocument: Invalid Policy: Policy missing expiration.");
  EXPECT_EQ(
      why(policy(Json::array({{{"bucket", "bucket"}, {"key", "a"}}})), {}),
      "400 InvalidPolicyDocument: Invalid Policy: Invalid Simple-Condition: Simple-Conditions must have exactly one property specified.");
  for (const Json& wrong :
       {Json::object(), Json("eq"), Json::array({"eq", "$key"}), Json::array({"ends-with", "$key", "a"}), Json::array({"eq", "$key", 1}),
        Json::array({"content-length-range", 0}), Json::array({"content-length-range", -1, 0}), Json::array({1, 2, 3})})
    EXPECT_TRUE(why(policy(Json::array({wrong})), {}).starts_with("400 InvalidPolicyDocument")) << json::dump(wrong);
  EXPECT_TRUE(why(policy(Json::array({kBucket}), "tomorrow"), {}).starts_with("400 InvalidPolicyDocument"));
  EXPECT_THROW(PostPolicy("{"), Error);
}

}  // namespace
}  // namespace cairn::aws
