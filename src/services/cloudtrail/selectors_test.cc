#include <gtest/gtest.h>

#include "services/cloudtrail/data_types.h"
#include "services/cloudtrail/harness.h"

namespace cairn::cloudtrail {
namespace {

Json parsed(std::string_view text) { return json::parse(text).value(); }

/// A trail "audit", made in us-east-1.
class SelectorsTest : public testing::Test {
 protected:
  SelectorsTest() { EXPECT_TRUE(cloudtrail_.create("audit").ok()); }

  Answer put(const char* member, std::string_view selectors, std::string_view name = "audit") {
    return cloudtrail_.call("PutEventSelectors", {{"TrailName", name}, {member, parsed(selectors)}});
  }
  Answer basic(std::string_view selectors) { return put("EventSelectors", selectors); }
  Answer advanced(std::string_view selectors) { return put("AdvancedEventSelectors", selectors); }
  /// One advanced selector with these field selectors.
  Answer fields(std::string_view list) { return advanced(fmt::format(R"([{{"FieldSelectors":[{}]}}])", list)); }
  /// One data resource in a basic selector.
  Answer resource(std::string_view type, std::string_view value) {
    return basic(fmt::format(R"([{{"DataResources":[{{"Type":"{}","Values":["{}"]}}]}}])", type, value));
  }
  Answer get(std::string_view name = "audit") { return cloudtrail_.call("GetEventSelectors", {{"TrailName", name}}); }

  static void expect_invalid(const Answer& answer, std::string_view words) {
    EXPECT_EQ(answer.code, "InvalidEventSelectorsException") << words;
    EXPECT_NE(answer.message.find(words), std::string::npos) << answer.message;
  }

  Harness cloudtrail_;
};

constexpr std::string_view kDefault =
    R"([{"ReadWriteType":"All","IncludeManagementEvents":true,"DataResources":[],"ExcludeManagementEventSources":[]}])";

TEST_F(SelectorsTest, a_fresh_trail_shows_the_default) {
  const Json out = get().out;
  EXPECT_EQ(json::dump(out), fmt::format(R"({{"TrailARN":"{}","EventSelectors":{}}})", cloudtrail_.arn("audit"), kDefault));
}

/// As AWS recorded it.
TEST_F(SelectorsTest, basic_selectors_are_kept_and_shown_whole) {
  const Answer answer =
      basic(R"([{"ReadWriteType":"ReadOnly","IncludeManagementEvents":false,"DataResources":[{"Type":"AWS::S3::Object","Values":[]},)"
            R"({"Type":"AWS::Lambda::Function","Values":[]}],"ExcludeManagementEventSources":[]}])");
  ASSERT_TRUE(answer.ok()) << answer.message;
  EXPECT_EQ(
      json::dump(answer.out),
      R"({"TrailARN":"arn:aws:cloudtrail:us-east-1:111122223333:trail/audit","EventSelectors":[{"ReadWriteType":"ReadOnly",)"
      R"("IncludeManagementEvents":false,"DataResources":[{"Type":"AWS::S3::Object","Values":[]},{"Type":"AWS::Lambda::Function","Values":[]}],)"
      R"("ExcludeManagementEventSources":[]}]})");
  EXPECT_EQ(get().out, answer.out);
  EXPECT_EQ(json::dump(basic("[{}]").out["EventSelectors"]), kDefault) << "what is left out is filled in";
  const Answer excluding = basic(
      R"([{"ReadWriteType":"All","ExcludeManagementEventSources":["kms.amazonaws.com","rdsdata.amazonaws.com"],"IncludeManagementEvents":true}])");
  EXPECT_EQ(excluding.out["EventSelectors"][0]["ExcludeManagementEventSources"].size(), 2u);
}

TEST_F(SelectorsTest, basic_and_advanced_selectors_take_each_others_place) {
  constexpr std::string_view kAdvanced =
      R"([{"Name":"Log all management events","FieldSelectors":[{"Field":"eventCategory","Equals":["Management"]}]}])";
  ASSERT_TRUE(basic(R"([{"ReadWriteType":"WriteOnly"}])").ok());
  const Answer answer = advanced(kAdvanced);
  ASSERT_TRUE(answer.ok()) << answer.message;
  EXPECT_EQ(json::dump(answer.out), fmt::format(R"({{"TrailARN":"{}","AdvancedEventSelectors":{}}})", cloudtrail_.arn("audit"), kAdvanced));
  EXPECT_EQ(get().out, answer.out);
  EXPECT_TRUE(cloudtrail_.call("GetTrail", {{"Name", "audit"}}).out["Trail"]["HasCustomEventSelectors"].get<bool>());
  ASSERT_TRUE(basic("[{}]").ok());
  EXPECT_FALSE(get().out.contains("AdvancedEventSelectors"));

  const Answer both = cloudtrail_.call(
      "PutEventSelectors", {{"TrailName", "audit"}, {"EventSelectors", parsed("[{}]")}, {"AdvancedEventSelectors", parsed(kAdvanced)}});
  expect_invalid(both, "not both");
  expect_invalid(cloudtrail_.call("PutEventSelectors", {{"TrailName", "audit"}}),
                 "Specify a valid number of selectors (1 to 5) for your trail.");
}

TEST_F(SelectorsTest, a_refused_change_changes_nothing) {
  ASSERT_TRUE(basic(R"([{"ReadWriteType":"WriteOnly"}])").ok());
  const Json before = get().out;
  expect_invalid(resource("AWS::S3::Object", "arn:aws:s3:::*"), "Value arn:aws:s3:::* for DataResources.Values is invalid.");
  EXPECT_EQ(get().out, before);
}

/// Refusals that AWS has given to others, in its words.
TEST_F(SelectorsTest, data_resources_that_name_nothing_are_refused) {
  for (const char* value :
       {"arn:aws:s3:::*", "arn:aws:s3:::*/", "arn:aws:s3:::*/*", "arn:aws:s3:::/", "arn:aws:s3:::bucket", "bucket/", "bucket/*", ""})
    expect_invalid(resource("AWS::S3::Object", value), fmt::format("Value {} for DataResources.Values is invalid.", value));
  for (const char* value : {"arn:aws:lambda:*", "arn:aws:lambda:us-west-2:111111111111:function:*",
                            "arn:aws:lambda:us-west-2:111111111111:layer:l", "arn:aws:s3"})
    expect_invalid(resource("AWS::Lambda::Function", value), fmt::format("Value {} for DataResources.Values is invalid.", value));
  expect_invalid(resource("AWS::DynamoDB::Table", "arn:aws:dynamodb:us-west-2:111111111111:index/i"), "DataResources.Values");
  expect_invalid(resource("AWS::S3::Bucket", "arn:aws:s3:::bucket/"), "Value AWS::S3::Bucket for DataResources.Type is invalid.");
  expect_invalid(basic(R"([{"DataResources":[{"Values":["arn:aws:s3"]}]}])"), "DataResources.Type");

  for (const char* value : {"arn:aws:s3", "arn:aws:s3:::", "arn:aws:s3:::bucket/", "arn:aws:s3:::bucket/prefix", "arn:aws:s3:::bucket/*"})
    EXPECT_TRUE(resource("AWS::S3::Object", value).ok()) << value;
  EXPECT_TRUE(resource("AWS::Lambda::Function", "arn:aws:lambda").ok());
  EXPECT_TRUE(resource("AWS::Lambda::Function", "arn:aws:lambda:us-west-2:111111111111:function:helloworld").ok());
  EXPECT_TRUE(resource("AWS::DynamoDB::Table", "arn:aws:dynamodb").ok());
  EXPECT_TRUE(resource("AWS::DynamoDB::Table", "arn:aws:dynamodb:us-west-2:111111111111:table/music").ok());
}

TEST_F(SelectorsTest, basic_selectors_that_make_no_sense_are_refused) {
  expect_invalid(basic(R"([{"IncludeManagementEvents":false}])"),
                 "When includeManagementEvents is false, DataResources must not be empty.");
  expect_invalid(basic(R"([{"ExcludeManagementEventSources":["iam.amazonaws.com"]}])"),
                 "Value iam.amazonaws.com for ExcludeManagementEventSources is invalid.");
  expect_invalid(basic(R"([{"ReadWriteType":"read-only"}])"), "ReadWriteType");
}

TEST_F(SelectorsTest, five_basic_selectors_and_250_data_resources_are_the_most) {
  const auto selectors = [](size_t count, size_t values, const char* value) {
    Json all = Json::array();
    for (size_t n = 0; n < count; ++n)
      all.push_back(
          {{"DataResources", Json::array({{{"Type", "AWS::S3::Object"}, {"Values", Json(std::vector<std::string>(values, value))}}})}});
    return json::dump(all);
  };
  EXPECT_TRUE(basic(selectors(5, 50, "arn:aws:s3:::bucket/")).ok());
  expect_invalid(basic(selectors(6, 1, "arn:aws:s3:::bucket/")), "Specify a valid number of selectors (1 to 5) for your trail.");
  expect_invalid(basic(selectors(5, 51, "arn:aws:s3:::bucket/")),
                 "Specify a valid number of DataResources.Values (0 to 250) for all your selectors.");
  EXPECT_TRUE(basic(selectors(5, 51, "arn:aws:s3")).ok()) << "all objects are no resource of their own";
  expect_invalid(basic(selectors(5, 49, ("arn:aws:s3:::bucket/" + std::string(4000, 'k')).c_str())), "bytes as JSON");
}

constexpr std::string_view kData = R"({"Field":"eventCategory","Equals":["Data"]})";
constexpr std::string_view kObjects =
    R"({"Field":"eventCategory","Equals":["Data"]},{"Field":"resources.type","Equals":["AWS::S3::Object"]})";
constexpr std::string_view kManagement = R"({"Field":"eventCategory","Equals":["Management"]})";
constexpr std::string_view kNetwork =
    R"({"Field":"eventCategory","Equals":["NetworkActivity"]},{"Field":"eventSource","Equals":["kms.amazonaws.com"]})";

TEST_F(SelectorsTest, advanced_selectors_of_awss_examples_are_taken) {
  const std::string good[] = {
      std::string(kManagement),
      fmt::format(R"({},{{"Field":"eventSource","NotEquals":["kms.amazonaws.com"]}})", kManagement),
      fmt::format(
          R"({},{{"Field":"readOnly","Equals":["true"]}},{{"Field":"eventSource","NotEquals":["rdsdata.amazonaws.com","kms.amazonaws.com"]}})",
          kManagement),
      std::string(kObjects),
      fmt::format(R"({},{{"Field":"resources.type","Equals":["AWS::Cognito::IdentityPool"]}})", kData),
      fmt::format(R"({},{{"Field":"eventName","Equals":["GetObject","PutObject"],"NotStartsWith":["List"]}})", kObjects),
      fmt::format(R"({},{{"Field":"resources.ARN","StartsWith":["arn:aws:s3:::b/"],"NotEndsWith":["x"]}})", kObjects),
      fmt::format(R"({},{{"Field":"resources.ARN","Equals":["arn:aws:s3:::b/object1"]}})", kObjects),
      fmt::format(R"({},{{"Field":"userIdentity.arn","NotStartsWith":["arn:aws:sts::123456789012:assumed-role/bucket-scanner-role"]}})",
                  kObjects),
      fmt::format(R"({},{{"Field":"eventType","NotEquals":["AwsServiceEvent"]}},{{"Field":"eventSource","EndsWith":["amazonaws.com"]}})",
                  kObjects),
      fmt::format(R"({},{{"Field":"sessionCredentialFromConsole","NotEquals":["true"]}})", kObjects),
      std::string(kNetwork),
      fmt::format(
          R"({},{{"Field":"errorCode","Equals":["VpceAccessDenied"]}},{{"Field":"vpcEndpointId","Equals":["vpce-example8c1b6b9b7"]}})",
          kNetwork),
  };
  for (const std::string& list : good) EXPECT_TRUE(fields(list).ok()) << list << fields(list).message;
}

TEST_F(SelectorsTest, advanced_selectors_against_the_rules_are_refused) {
  const std::pair<std::string, std::string_view> bad[] = {
      {R"({"Field":"readOnly","Equals":["true"]})", "eventCategory"},
      {R"({"Field":"eventCategory","Equals":["Management","Data"]})", "exactly one value"},
      {fmt::format("{},{}", kManagement, kManagement), "once only"},
      {R"({"Field":"eventCategory","StartsWith":["Da"]})", "It can only use Equals"},
      {R"({"Field":"eventCategory","Equals":["Insight"]})", "Value Insight for eventCategory is invalid."},
      {fmt::format(R"({},{{"Field":"eventName","Equals":["CreateUser"]}})", kManagement), "Value eventName for Field is invalid."},
      {fmt::format(R"({},{{"Field":"eventSource","Equals":["kms.amazonaws.com"]}})", kManagement), "Value Equals for eventSource"},
      {fmt::format(R"({},{{"Field":"eventSource","NotEquals":["s3.amazonaws.com"]}})", kManagement),
       "Value s3.amazonaws.com for eventSource"},
      {fmt::format(R"({},{{"Field":"readOnly","NotEquals":["true"]}})", kManagement), "Value NotEquals for readOnly"},
      {fmt::format(R"({},{{"Field":"readOnly","Equals":["yes"]}})", kManagement), "Value yes for readOnly is invalid."},
      {std::string(kData), "resources.type"},
      {fmt::format(R"({},{{"Field":"resources.type","Equals":["AWS::S3::Bucket"]}})", kData), "Value AWS::S3::Bucket for resources.type"},
      {fmt::format(R"({},{{"Field":"resources.type","Equals":["AWS::S3::Object","AWS::Lambda::Function"]}})", kData), "exactly one value"},
      {fmt::format(R"({},{{"Field":"resources.type","Equals":["AWS::SNS::Topic"]}})", kObjects), "once only"},
      {fmt::format(R"({},{{"Field":"resources.type","NotEquals":["AWS::S3::Object"]}})", kData), "NotEquals"},
      {fmt::format(R"({},{{"Field":"resources.ARN","Equals":["arn:aws:lambda:us-east-1:111122223333:function:f"]}})", kObjects),
       "resources.ARN"},
      {fmt::format(R"({},{{"Field":"resources.ARN","NotEquals":["arn:aws:s3:::bucket"]}})", kObjects), "resources.ARN"},
      {fmt::format(R"({},{{"Field":"sessionCredentialFromConsole","StartsWith":["t"]}})", kObjects), "StartsWith"},
      {fmt::format(R"({},{{"Field":"sessionCredentialFromConsole","Equals":["false"]}})", kObjects), "Value false"},
      {fmt::format(R"({},{{"Field":"errorCode","Equals":["VpceAccessDenied"]}})", kObjects), "Value errorCode for Field is invalid."},
      {fmt::format(R"({},{{"Field":"eventName"}})", kObjects), "eventName has no operator"},
      {R"({"Field":"eventCategory","Equals":["NetworkActivity"]})", "eventSource"},
      {R"({"Field":"eventCategory","Equals":["NetworkActivity"]},{"Field":"eventSource","Equals":["a.amazonaws.com","b.amazonaws.com"]})",
       "exactly one value"},
      {R"({"Field":"eventCategory","Equals":["NetworkActivity"]},{"Field":"eventSource","Equals":["kms"]})", "Value kms for eventSource"},
      {fmt::format(R"({},{{"Field":"errorCode","Equals":["AccessDenied"]}})", kNetwork), "Value AccessDenied for errorCode"},
      {fmt::format(R"({},{{"Field":"readOnly","Equals":["true"]}})", kNetwork), "Value readOnly for Field is invalid."},
  };
  for (const auto& [list, words] : bad) expect_invalid(fields(list), words);
}

TEST_F(SelectorsTest, advanced_selectors_have_500_values_at_most) {
  const auto with = [&](size_t values) {  // of eventName, beside the two that must be there
    const Json names(std::vector<std::string>(values, "PutObject"));
    return fields(fmt::format(R"({},{{"Field":"eventName","Equals":{}}})", kObjects, json::dump(names)));
  };
  EXPECT_TRUE(with(498).ok());
  expect_invalid(with(499), "Specify up to 500 values for all conditions in all advanced event selectors for a trail.");
}

TEST_F(SelectorsTest, selectors_are_of_the_trail_that_is_named) {
  EXPECT_EQ(put("EventSelectors", "[{}]", "other").code, "TrailNotFoundException");
  EXPECT_EQ(put("EventSelectors", "[{}]", "x").code, "InvalidTrailNameException");
  EXPECT_EQ(put("EventSelectors", "[{}]", "arn:aws:s3:::x").code, "CloudTrailARNInvalidException");
  EXPECT_TRUE(put("EventSelectors", R"([{"ReadWriteType":"ReadOnly"}])", cloudtrail_.arn("audit")).ok());
  const std::string arn = cloudtrail_.arn("audit");
  cloudtrail_.region = "eu-west-1";
  EXPECT_EQ(put("EventSelectors", "[{}]", arn).code, "InvalidHomeRegionException");
  EXPECT_EQ(get(arn).out["EventSelectors"][0]["ReadWriteType"], "ReadOnly");
  EXPECT_EQ(get().code, "TrailNotFoundException");
}

class InsightSelectorsTest : public SelectorsTest {
 protected:
  Answer insights(std::string_view selectors) {
    return cloudtrail_.call("PutInsightSelectors", {{"TrailName", "audit"}, {"InsightSelectors", parsed(selectors)}});
  }
  Answer shown() { return cloudtrail_.call("GetInsightSelectors", {{"TrailName", "audit"}}); }
};

TEST_F(InsightSelectorsTest, are_kept_shown_and_turned_off) {
  EXPECT_EQ(shown().code, "InsightNotEnabledException");
  EXPECT_EQ(shown().message,
            "Trail arn:aws:cloudtrail:us-east-1:111122223333:trail/audit does not have Insights enabled. Edit the trail settings to enable "
            "Insights, and then try the operation again.");
  const Answer answer =
      insights(R"([{"InsightType":"ApiErrorRateInsight","EventCategories":["Data","Management"]},{"InsightType":"ApiCallRateInsight"}])");
  ASSERT_TRUE(answer.ok()) << answer.message;
  EXPECT_EQ(
      json::dump(answer.out),
      R"({"TrailARN":"arn:aws:cloudtrail:us-east-1:111122223333:trail/audit","InsightSelectors":[{"InsightType":"ApiErrorRateInsight",)"
      R"("EventCategories":["Data","Management"]},{"InsightType":"ApiCallRateInsight","EventCategories":["Management"]}]})");
  EXPECT_EQ(shown().out, answer.out);
  EXPECT_EQ(insights("[]").out["InsightSelectors"], Json::array());
  EXPECT_EQ(shown().code, "InsightNotEnabledException");
}

TEST_F(InsightSelectorsTest, wrong_ones_have_their_errors) {
  EXPECT_EQ(insights(R"([{"InsightType":"ApiWeatherInsight"}])").code, "InvalidInsightSelectorsException");
  EXPECT_EQ(insights("[{}]").code, "InvalidInsightSelectorsException");
  EXPECT_EQ(insights(R"([{"InsightType":"ApiCallRateInsight"},{"InsightType":"ApiCallRateInsight"}])").code,
            "InvalidInsightSelectorsException");
  EXPECT_EQ(cloudtrail_.call("GetInsightSelectors", Json::object()).code, "InvalidParameterException");
  EXPECT_EQ(cloudtrail_.call("GetInsightSelectors", {{"TrailName", "audit"}, {"EventDataStore", "store"}}).code,
            "InvalidParameterCombinationException");
  EXPECT_EQ(cloudtrail_.call("GetInsightSelectors", {{"EventDataStore", "store"}}).code, "NotImplemented");
  EXPECT_EQ(cloudtrail_.call("GetInsightSelectors", {{"TrailName", "other"}}).code, "TrailNotFoundException");
  cloudtrail_.buckets.missing.insert("logs");
  EXPECT_EQ(insights(R"([{"InsightType":"ApiCallRateInsight"}])").code, "S3BucketDoesNotExistException");
  EXPECT_TRUE(insights("[]").ok()) << "turning off needs no bucket";
}

TEST(DataTypes, arns_fit_their_types) {
  EXPECT_TRUE(is_data_type("AWS::S3::Object"));
  EXPECT_TRUE(is_data_type("AWS::XRay::Trace"));
  EXPECT_FALSE(is_data_type("AWS::S3::Bucket"));
  EXPECT_TRUE(fits_data_type("AWS::S3::Object", "arn:aws:s3:::b/k:with:colons"));
  EXPECT_FALSE(fits_data_type("AWS::S3::Object", "arn:aws:s3:us-east-1:111122223333:b/k"));
  EXPECT_TRUE(fits_data_type("AWS::EC2::Snapshot", "arn:aws:ec2:us-east-1::snapshot/snap-1"));
  EXPECT_FALSE(fits_data_type("AWS::EC2::Snapshot", "arn:aws:ec2:us-east-1::snapshot/"));
  EXPECT_TRUE(fits_data_type("AWS::SSM::ManagedNode", "arn:aws:ssm:us-east-1:111122223333:managed-instance/mi-1"));
  EXPECT_TRUE(fits_data_type("AWS::SSM::ManagedNode", "arn:aws:ec2:us-east-1:111122223333:instance/i-1"));
  EXPECT_FALSE(fits_data_type("AWS::SSM::ManagedNode", "arn:aws:ec2:us-east-1:111122223333:volume/v-1"));
  EXPECT_TRUE(fits_data_type("AWS::Kinesis::Stream", "arn:aws:kinesis:us-east-1:111122223333:stream/s")) << "shape not documented: any ARN";
  for (const char* text : {"", "arn", ":::::", "arn:aws:s3:::", "arn:aws-cn:s3:::b/k", "arn:aws:s3:::/k"})
    EXPECT_FALSE(fits_data_type("AWS::S3::Object", text)) << text;
}

}  // namespace
}  // namespace cairn::cloudtrail
