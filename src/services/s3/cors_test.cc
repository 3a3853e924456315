#include "services/s3/cors.h"

#include <gtest/gtest.h>

#include <map>

#include "services/s3/harness.h"

/// Rules and answers after "Elements of a CORS configuration" and "How does Amazon S3 evaluate the CORS configuration on a bucket".
namespace cairn::s3 {
namespace {

Json rule(const Json& origins, const Json& methods) { return {{"AllowedOrigins", origins}, {"AllowedMethods", methods}}; }

std::map<std::string, std::string> shown(const Json& rules, std::string_view origin, std::string_view method,
                                         std::string_view headers = "") {
  const auto found = cors_headers(rules, {origin, method, headers});
  return found ? std::map<std::string, std::string>(found->begin(), found->end()) : std::map<std::string, std::string>();
}

TEST(Cors, AnOriginByNameMayBringItsCredentials) {
  Json one = rule({"https://app.example"}, {"GET", "PUT"});
  one["MaxAgeSeconds"] = 3000;
  one["ExposeHeaders"] = {"ETag", "x-amz-request-id"};
  const std::map<std::string, std::string> expected = {{"Access-Control-Allow-Origin", "https://app.example"},
                                                       {"Access-Control-Allow-Methods", "GET, PUT"},
                                                       {"Access-Control-Allow-Credentials", "true"},
                                                       {"Access-Control-Max-Age", "3000"},
                                                       {"Access-Control-Expose-Headers", "ETag, x-amz-request-id"},
                                                       {"Vary", "Origin, Access-Control-Request-Headers, Access-Control-Request-Method"}};
  EXPECT_EQ(shown(Json::array({one}), "https://app.example", "PUT"), expected);
  EXPECT_TRUE(shown(Json::array({one}), "https://other.example", "PUT").empty());
  EXPECT_TRUE(shown(Json::array({one}), "HTTPS://app.example", "PUT").empty()) << "case counts";
  EXPECT_TRUE(shown(Json::array({one}), "https://app.example", "DELETE").empty());
}

TEST(Cors, AStarStandsForAnything) {
  const Json rules = Json::array({rule({"https://*.example", "*end", "start*"}, {"GET"})});
  for (const char* origin : {"https://a.example", "https://a.b.example", "https://.example", "end", "the end", "start", "started"})
    EXPECT_EQ(shown(rules, origin, "GET")["Access-Control-Allow-Origin"], origin) << origin;
  for (const char* origin : {"https://example", "https://a.example:8080", "http://a.example", "ende", "restart"})
    EXPECT_TRUE(shown(rules, origin, "GET").empty()) << origin;
  EXPECT_TRUE(shown(Json::array({rule({"ab*ba"}, {"GET"})}), "aba", "GET").empty()) << "its ends do not overlap";
}

TEST(Cors, AllOriginsAreAnsweredByAStarAndWithoutCredentials) {
  const auto headers = shown(Json::array({rule({"https://a.example", "*"}, {"GET"})}), "https://a.example", "GET");
  EXPECT_EQ(headers.at("Access-Control-Allow-Origin"), "*");
  EXPECT_FALSE(headers.contains("Access-Control-Allow-Credentials"));
}

TEST(Cors, EveryHeaderAskedForMustBeAllowed) {
  Json one = rule({"*"}, {"GET"});
  EXPECT_FALSE(shown(Json::array({one}), "o", "GET").empty());
  EXPECT_TRUE(shown(Json::array({one}), "o", "GET", "x-amz-date").empty());
  one["AllowedHeaders"] = {"x-AMZ-*", "Content-Type"};
  EXPECT_EQ(shown(Json::array({one}), "o", "GET", "X-Amz-Date,content-type ")["Access-Control-Allow-Headers"], "x-amz-date, content-type");
  EXPECT_TRUE(shown(Json::array({one}), "o", "GET", "x-amz-date, x-other").empty());
}

TEST(Cors, TheFirstRuleThatFitsAnswers) {
  const Json rules = Json::array({rule({"https://a.example"}, {"PUT"}), rule({"*"}, {"GET"}), rule({"https://a.example"}, {"GET"})});
  EXPECT_EQ(shown(rules, "https://a.example", "GET").at("Access-Control-Allow-Origin"), "*");
  EXPECT_EQ(shown(rules, "https://a.example", "PUT").at("Access-Control-Allow-Origin"), "https://a.example");
}

class BucketCorsTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(harness.call("CreateBucket", {{"Bucket", "bucket"}}).ok()); }
  Answer put(const Json& rules) {
    return harness.call("PutBucketCors", {{"Bucket", "bucket"}, {"CORSConfiguration", {{"CORSRules", rules}}}});
  }
  std::string why(const Json& rules) {
    const Answer answer = put(rules);
    return answer.code + ": " + answer.message;
  }
  Answer preflight(std::vector<std::pair<std::string, std::string>> headers, const std::string& bucket = "bucket") {
    harness.headers = std::move(headers);
    harness.be_anonymous();
    Answer answer = harness.call("PreflightRequest", {{"Bucket", bucket}});
    harness.headers.clear();
    harness.be_user();
    return answer;
  }
  Harness harness;
};

TEST_F(BucketCorsTest, IsKeptAsItWasPut) {
  EXPECT_EQ(harness.call("GetBucketCors", {{"Bucket", "bucket"}}).code, "NoSuchCORSConfiguration");
  Json full = rule({"https://a.example"}, {"GET", "PUT", "POST", "DELETE", "HEAD"});
  full["ID"] = "one";
  full["AllowedHeaders"] = {"*"};
  full["MaxAgeSeconds"] = 1;
  const Json rules = Json::array({full, rule({"*"}, {"GET"})});
  ASSERT_TRUE(put(rules).ok());
  EXPECT_EQ(harness.call("GetBucketCors", {{"Bucket", "bucket"}}).out.at("CORSRules"), rules);
  EXPECT_EQ(harness.call("DeleteBucketCors", {{"Bucket", "bucket"}}).status, 204);
  EXPECT_EQ(harness.call("DeleteBucketCors", {{"Bucket", "bucket"}}).status, 204);
  const Answer gone = harness.call("GetBucketCors", {{"Bucket", "bucket"}});
  EXPECT_EQ(gone.status, 404);
  EXPECT_EQ(gone.details.at("BucketName"), "bucket");
}

TEST_F(BucketCorsTest, RulesThatMakeNoSenseAreRefused) {
  EXPECT_EQ(put(Json::array()).code, "MalformedXML");
  EXPECT_EQ(put(Json::array({{{"AllowedMethods", {"GET"}}}})).code, "MalformedXML");
  EXPECT_EQ(why(Json::array({rule({"*"}, {"PATCH"})})),
            "InvalidRequest: Found unsupported HTTP method in CORS config. Unsupported method is PATCH");
  EXPECT_EQ(why(Json::array({rule({"*.*"}, {"GET"})})), "InvalidRequest: AllowedOrigin \"*.*\" can not have more than one wildcard.");
  Json headers = rule({"*"}, {"GET"});
  headers["AllowedHeaders"] = {"x-*-*"};
  EXPECT_EQ(why(Json::array({headers})), "InvalidRequest: AllowedHeader \"x-*-*\" can not have more than one wildcard.");
  Json exposed = rule({"*"}, {"GET"});
  exposed["ExposeHeaders"] = {"x-*"};
  EXPECT_EQ(why(Json::array({exposed})),
            "InvalidRequest: ExposeHeader \"x-*\" contains wildcard. We currently do not support wildcard for ExposeHeader.");
  Json many = Json::array();
  for (size_t i = 0; i < kCorsRulesMax; ++i) many.push_back(rule({"*"}, {"GET"}));
  EXPECT_TRUE(put(many).ok());
  many.push_back(many.front());
  EXPECT_EQ(put(many).code, "InvalidRequest");
  EXPECT_EQ(put(Json::array({rule({std::string(kCorsBytesMax, 'x')}, {"GET"})})).code, "MaxMessageLengthExceeded");
}

TEST_F(BucketCorsTest, PreflightsAreAnsweredToAnyone) {
  EXPECT_EQ(preflight({}).message, "Insufficient information. Origin request header needed.");
  const Answer none = preflight({{"origin", "o"}, {"access-control-request-method", "PUT"}});
  EXPECT_EQ(none.status, 403);
  EXPECT_EQ(none.code, "AccessForbidden");
  EXPECT_EQ(none.message, "CORSResponse: CORS is not enabled for this bucket.");
  EXPECT_EQ(none.details.at("Method"), "PUT");
  EXPECT_EQ(none.details.at("ResourceType"), "BUCKET");
  EXPECT_EQ(preflight({{"origin", "o"}}).details.at("Method"), "OPTIONS");
  EXPECT_EQ(preflight({{"origin", "o"}}, "absent").message, "CORSResponse: Bucket not found");
  ASSERT_TRUE(put(Json::array({rule({"o"}, {"GET"})})).ok());
  EXPECT_EQ(preflight({{"origin", "o"}}).code, "BadRequest");
  EXPECT_TRUE(preflight({{"origin", "o"}, {"access-control-request-method", "GET"}}).ok());
  EXPECT_TRUE(preflight({{"origin", "o"}, {"access-control-request-method", "PUT"}})
                  .message.starts_with("CORSResponse: This CORS request is not allowed."));
}

}  // namespace
}  // namespace cairn::s3
