#include <gtest/gtest.h>

#include "services/cloudtrail/harness.h"

namespace cairn::cloudtrail {
namespace {

class TrailsTest : public testing::Test, protected Harness {
 protected:
  /// The refusal of a call, as "code: message".
  std::string refusal(std::string_view operation, const Json& in) {
    const Answer answer = call(operation, in);
    return answer.ok() ? "" : answer.code + ": " + answer.message;
  }
  std::string refusal_of_create(const Json& more = Json::object()) {
    Json in{{"Name", "audit"}, {"S3BucketName", "logs"}};
    in.update(more);
    return refusal("CreateTrail", in);
  }
  std::string code_of_create(const Json& more) {
    const std::string text = refusal_of_create(more);
    return text.substr(0, text.find(':'));
  }
  delivery::Trail stored(const std::string& name) {
    return delivery::decode_trail(document(delivery::keys::trail(aws::AccountId(account), aws::Region(region), name)).value());
  }
};

TEST_F(TrailsTest, CreateAnswersWhatWasSetInTheOrderOfAws) {
  // As of a delivered event of CreateTrail.
  EXPECT_EQ(create("audit", {{"IncludeGlobalServiceEvents", true}}).out.dump(),
            R"({"Name":"audit","S3BucketName":"logs","IncludeGlobalServiceEvents":true,"IsMultiRegionTrail":false,)"
            R"("TrailARN":"arn:aws:cloudtrail:us-east-1:111122223333:trail/audit","LogFileValidationEnabled":false,)"
            R"("IsOrganizationTrail":false})");
  EXPECT_EQ(create("audit2", {{"S3KeyPrefix", "a/b"}, {"IsMultiRegionTrail", true}, {"EnableLogFileValidation", true}}).out.dump(),
            R"({"Name":"audit2","S3BucketName":"logs","S3KeyPrefix":"a/b","IncludeGlobalServiceEvents":true,"IsMultiRegionTrail":true,)"
            R"("TrailARN":"arn:aws:cloudtrail:us-east-1:111122223333:trail/audit2","LogFileValidationEnabled":true,)"
            R"("IsOrganizationTrail":false})");
}

TEST_F(TrailsTest, ANewTrailDoesNotLogAndHasACursor) {
  create("audit");
  const delivery::Trail trail = stored("audit");
  EXPECT_FALSE(trail.logging);
  EXPECT_EQ(trail.created, clock.now());
  EXPECT_EQ(documents("delivery/cursor/"), 1u);
}

TEST_F(TrailsTest, ATrailOfTheSameNameMadeAnewIsAnother) {
  const auto tags = [&] { return call("ListTags", {{"ResourceIdList", {arn("audit")}}}).out["ResourceTagList"][0]["TagsList"]; };
  create("audit", {{"TagsList", Json::array({Json{{"Key", "a"}, {"Value", "1"}}})}});
  EXPECT_EQ(tags().size(), 1u);
  const std::string id = stored("audit").id;
  EXPECT_EQ(refusal_of_create(), "TrailAlreadyExistsException: Trail audit already exists for customer: 111122223333");
  EXPECT_TRUE(call("DeleteTrail", {{"Name", arn("audit")}}).ok());
  EXPECT_EQ(refusal("DeleteTrail", {{"Name", "audit"}}),
            "TrailNotFoundException: Unknown trail: arn:aws:cloudtrail:us-east-1:111122223333:trail/audit for the user: 111122223333");
  EXPECT_TRUE(create("audit").ok());
  EXPECT_NE(stored("audit").id, id);
  EXPECT_EQ(tags(), Json::array());
}

TEST_F(TrailsTest, ANameIsFreeInAnotherRegion) {
  EXPECT_TRUE(create("audit").ok());
  region = "eu-west-1";
  EXPECT_TRUE(create("audit").ok());
}

TEST_F(TrailsTest, NamesPrefixesAndBucketsAreChecked) {
  EXPECT_EQ(code_of_create({{"Name", "my--trail"}}), "InvalidTrailNameException");
  EXPECT_EQ(code_of_create({{"Name", arn("audit")}}), "InvalidTrailNameException");
  EXPECT_EQ(refusal_of_create({{"S3BucketName", ""}}), "InvalidS3BucketNameException: Bucket name cannot be blank!");
  for (const char* bucket : {"ab", "Logs", "logs_1", "-logs", "logs-", "a..b", "a.-b", "a-.b", "192.168.5.4"})
    EXPECT_EQ(code_of_create({{"S3BucketName", bucket}}), "InvalidS3BucketNameException") << bucket;
  EXPECT_EQ(refusal_of_create({{"S3KeyPrefix", std::string(201, 'a')}}),
            "InvalidS3PrefixException: S3 prefix is longer than maximum length: 200");
  EXPECT_EQ(refusal_of_create({{"S3KeyPrefix", std::string(200, 'a')}}), "");
}

TEST_F(TrailsTest, AMultiRegionTrailHasGlobalEvents) {
  const std::string words = "InvalidParameterCombinationException: Multi-Region trail must include global service events.";
  buckets.missing = {"logs"};  // the combination is looked at first
  EXPECT_EQ(refusal_of_create({{"IsMultiRegionTrail", true}, {"IncludeGlobalServiceEvents", false}}), words);
  buckets.missing = {};
  create("audit", {{"IncludeGlobalServiceEvents", false}});
  EXPECT_EQ(refusal("UpdateTrail", {{"Name", "audit"}, {"IsMultiRegionTrail", true}}), words);
  EXPECT_EQ(refusal("UpdateTrail", {{"Name", "audit"}, {"IsMultiRegionTrail", true}, {"IncludeGlobalServiceEvents", true}}), "");
  EXPECT_EQ(refusal("UpdateTrail", {{"Name", "audit"}, {"IncludeGlobalServiceEvents", false}}), words);
}

TEST_F(TrailsTest, OrganizationTrailsNeedAnOrganization) {
  EXPECT_EQ(code_of_create({{"IsOrganizationTrail", true}}), "OrganizationsNotInUseException");
  EXPECT_EQ(code_of_create({{"IsOrganizationTrail", false}, {"RecursiveLogging", true}}), "");
}

TEST_F(TrailsTest, RecursiveLoggingIsKeptAndShownWhileFalse) {
  EXPECT_EQ(create("audit", {{"RecursiveLogging", false}}).out["RecursiveLogging"], false);
  EXPECT_FALSE(stored("audit").recursive);
  EXPECT_EQ(call("GetTrail", {{"Name", "audit"}}).out["Trail"]["RecursiveLogging"], false);
  EXPECT_FALSE(call("UpdateTrail", {{"Name", "audit"}, {"RecursiveLogging", true}}).out.contains("RecursiveLogging"));
  EXPECT_TRUE(stored("audit").recursive);
}

TEST_F(TrailsTest, WhatIsNotThereOrCannotBeIsRefusedByName) {
  for (const char* topic : {"topic", "arn:aws:sns:us-east-1:111122223333:topic"})
    EXPECT_EQ(refusal_of_create({{"SnsTopicName", topic}}),
              "InsufficientSnsTopicPolicyException: SNS Topic does not exist or the topic policy is incorrect!");
  for (const char* topic : {"to pic", "arn:aws:sqs:us-east-1:111122223333:topic", "arn:aws:sns:us-east-1:1111:topic", "a.fifo"})
    EXPECT_EQ(code_of_create({{"SnsTopicName", topic}}), "InvalidSnsTopicNameException") << topic;
  EXPECT_EQ(code_of_create({{"SnsTopicName", std::string(257, 'a')}}), "InvalidSnsTopicNameException");

  for (const char* key :
       {"alias/", "key/12345678-1234-1234-1234-123456789012", "arn:aws:kms:us-east-2:123456789012:", "not a key", "arn:aws:s3:::key"})
    EXPECT_EQ(code_of_create({{"KmsKeyId", key}}), "InvalidKmsKeyIdException") << key;

  const std::string group = "arn:aws:logs:us-east-1:111122223333:log-group:trail:*", role = "arn:aws:iam::111122223333:role/trail";
  const auto logs = [&](const std::string& g, const std::string& r) {
    return refusal_of_create({{"CloudWatchLogsLogGroupArn", g}, {"CloudWatchLogsRoleArn", r}});
  };
  EXPECT_EQ(logs(group, role),
            "InvalidCloudWatchLogsRoleArnException: Access denied. Check the trust relationships for your role. (The role "
            "arn:aws:iam::111122223333:role/trail does not exist.)");
  EXPECT_EQ(logs(group, ""), "InvalidCloudWatchLogsRoleArnException: You must specify a role ARN as well as a log group.");
  EXPECT_EQ(logs("", role), "InvalidCloudWatchLogsLogGroupArnException: You must specify a log group as well as a role ARN.");
  EXPECT_EQ(logs("arn:aws:logs:us-east-1:111122223333:log-group:trail", role),
            "InvalidCloudWatchLogsLogGroupArnException: CloudTrail cannot validate the specified log group ARN.");
  EXPECT_EQ(logs("arn:aws:logs:eu-west-1:111122223333:log-group:trail:*", role),
            "InvalidCloudWatchLogsLogGroupArnException: You must specify a log group that is in the current region");
  EXPECT_EQ(logs(group, "role").substr(0, 37), "InvalidCloudWatchLogsRoleArnException");
  EXPECT_EQ(logs("", ""), "") << "as Terraform sends them";
}

TEST_F(TrailsTest, TheBucketIsAskedAsCloudTrailWillCall) {
  create("audit", {{"S3KeyPrefix", "prefix"}});
  ASSERT_EQ(buckets.asks.size(), 2u);
  const api::BucketAccess::Ask &acl = buckets.asks[0], &put = buckets.asks[1];
  EXPECT_EQ(acl.action, "s3:GetBucketAcl");
  EXPECT_EQ(acl.bucket, "logs");
  EXPECT_EQ(acl.key, "");
  EXPECT_EQ(acl.principal.kind, aws::Principal::Kind::kService);
  EXPECT_EQ(acl.principal.user_name, "cloudtrail.amazonaws.com");
  EXPECT_EQ(acl.principal.source_arn, arn("audit"));
  EXPECT_EQ(acl.principal.source_account.str(), account);
  EXPECT_EQ(put.action, "s3:PutObject");
  EXPECT_TRUE(put.key.starts_with("prefix/AWSLogs/111122223333/CloudTrail/us-east-1/")) << put.key;
  EXPECT_EQ(put.headers["x-amz-acl"], "bucket-owner-full-control");
  EXPECT_EQ(put.principal.source_arn, arn("audit"));
}

TEST_F(TrailsTest, ABucketThatIsNotThereOrForbidsIsRefused) {
  buckets.missing = {"gone"};
  EXPECT_EQ(refusal_of_create({{"S3BucketName", "gone"}}), "S3BucketDoesNotExistException: S3 bucket gone does not exist!");
  buckets.denied = {{"s3:PutObject", "no statement allows it"}};
  EXPECT_EQ(refusal_of_create(),
            "InsufficientS3BucketPolicyException: Incorrect S3 bucket policy is detected for bucket: logs (no statement allows it)");
  buckets.denied = {};
  create("audit");
  EXPECT_EQ(refusal("UpdateTrail", {{"Name", "audit"}, {"S3BucketName", "gone"}}),
            "S3BucketDoesNotExistException: S3 bucket gone does not exist!");
  buckets.missing = {"logs"};
  EXPECT_EQ(refusal("UpdateTrail", {{"Name", "audit"}, {"EnableLogFileValidation", true}}), "") << "the bucket is not looked at";
  EXPECT_EQ(stored("audit").bucket, "logs");
}

TEST_F(TrailsTest, FiveTrailsToARegionShadowsIncluded) {
  for (int n = 0; n < 3; ++n) EXPECT_TRUE(create(fmt::format("trail-{}", n)).ok());
  region = "eu-west-1";
  for (int n = 0; n < 2; ++n) EXPECT_TRUE(create(fmt::format("everywhere-{}", n), {{"IsMultiRegionTrail", true}}).ok());
  region = "us-east-1";
  EXPECT_EQ(refusal_of_create(), "MaximumNumberOfTrailsExceededException: User: 111122223333 already has 5 trails in us-east-1.");
  region = "eu-west-1";
  EXPECT_EQ(refusal_of_create({{"IsMultiRegionTrail", true}}),
            "MaximumNumberOfTrailsExceededException: User: 111122223333 already has 5 trails in us-east-1.");
  EXPECT_TRUE(create("here-only").ok());
  EXPECT_EQ(refusal("UpdateTrail", {{"Name", "here-only"}, {"IsMultiRegionTrail", true}}),
            "MaximumNumberOfTrailsExceededException: User: 111122223333 already has 5 trails in us-east-1.");
  EXPECT_TRUE(call("UpdateTrail", {{"Name", "everywhere-0"}, {"IsMultiRegionTrail", false}}).ok());
  EXPECT_EQ(refusal("UpdateTrail", {{"Name", "here-only"}, {"IsMultiRegionTrail", true}}), "");
  account = "444455556666";
  EXPECT_TRUE(create("audit").ok()) << "another account's";
}

TEST_F(TrailsTest, AnAccountsTrailsAreBounded) {
  for (char area = 'a'; area <= 'j'; ++area) {
    for (int n = 0; n < 20; ++n) {
      region = fmt::format("xx-{}-{}", area, n / 5);
      ASSERT_TRUE(create(fmt::format("trail-{}", n)).ok());
    }
  }
  region = "xx-new-1";
  EXPECT_EQ(refusal_of_create(), "MaximumNumberOfTrailsExceededException: User: 111122223333 already has 200 trails.");
}

TEST_F(TrailsTest, UpdateChangesWhatItNamesOnly) {
  create("audit", {{"S3KeyPrefix", "a"}, {"EnableLogFileValidation", true}});
  const delivery::Trail before = stored("audit");
  EXPECT_EQ(call("UpdateTrail", {{"Name", "audit"}}).out.dump(),
            R"({"Name":"audit","S3BucketName":"logs","S3KeyPrefix":"a","IncludeGlobalServiceEvents":true,"IsMultiRegionTrail":false,)"
            R"("TrailARN":"arn:aws:cloudtrail:us-east-1:111122223333:trail/audit","LogFileValidationEnabled":true,)"
            R"("IsOrganizationTrail":false})");
  EXPECT_EQ(delivery::encode(stored("audit")), delivery::encode(before));
  const Json out = call("UpdateTrail", {{"Name", arn("audit")}, {"S3BucketName", "other"}, {"S3KeyPrefix", ""}}).out;
  EXPECT_EQ(out["S3BucketName"], "other");
  EXPECT_FALSE(out.contains("S3KeyPrefix"));
  EXPECT_EQ(out["LogFileValidationEnabled"], true);
  EXPECT_EQ(stored("audit").id, before.id);
}

TEST_F(TrailsTest, ATrailIsChangedAtHomeOnly) {
  create("audit", {{"IsMultiRegionTrail", true}});
  const std::string home = arn("audit");
  region = "eu-west-1";
  for (const char* operation : {"UpdateTrail", "DeleteTrail", "StartLogging", "StopLogging"}) {
    EXPECT_EQ(call(operation, {{"Name", home}}).code, "InvalidHomeRegionException") << operation;
    EXPECT_EQ(call(operation, {{"Name", "audit"}}).code, "TrailNotFoundException") << operation;
  }
}

}  // namespace
}  // namespace cairn::cloudtrail
