#include "event/attributes.h"

#include <gtest/gtest.h>

namespace cairn::event {
namespace {

std::string record(std::string_view identity, std::string_view members = "") {
  return fmt::format(
      R"({{"eventVersion":"1.11","userIdentity":{},"eventTime":"2026-01-02T03:04:05Z","eventSource":"sts.amazonaws.com","eventName":"GetCallerIdentity",)"
      R"("awsRegion":"us-east-1",{}"eventID":"e-1","readOnly":true,"managementEvent":true,"recipientAccountId":"111122223333","eventCategory":"Management"}})",
      identity, members);
}

Attributes read(std::string_view text) {
  json::Document document;
  const Result<Attributes> result = attributes(text, document);
  EXPECT_TRUE(result) << (result ? "" : result.error().message);
  return result.value_or(Attributes());
}

std::vector<std::string> resources_of(const Attributes& attributes) {
  std::vector<std::string> all;
  for (const LookupResource& one : attributes.resources) all.push_back(one.type + " " + one.name);
  return all;
}

using Words = std::vector<std::string>;

TEST(Attributes, all_that_a_record_can_be_found_by_is_read) {
  const Attributes found = read(record(
      R"({"type":"IAMUser","principalId":"AIDAEXAMPLE","arn":"arn:aws:iam::111122223333:user/alice","accountId":"111122223333","accessKeyId":"AKIAEXAMPLE","userName":"alice"})",
      R"("errorCode":"AccessDenied",)"));
  EXPECT_EQ(found.event_id, "e-1");
  EXPECT_EQ(found.event_name, "GetCallerIdentity");
  EXPECT_EQ(found.event_source, "sts.amazonaws.com");
  EXPECT_EQ(found.username, "alice");
  EXPECT_EQ(found.access_key, "AKIAEXAMPLE");
  EXPECT_EQ(found.region, "us-east-1");
  EXPECT_EQ(found.account, "111122223333");
  EXPECT_EQ(found.error_code, "AccessDenied");
  EXPECT_EQ(found.time, timestamps::parse_iso8601("2026-01-02T03:04:05Z"));
  EXPECT_TRUE(found.read_only);
  EXPECT_TRUE(found.management);
  EXPECT_TRUE(found.resources.empty());
}

TEST(Attributes, username_is_what_lookup_events_shows) {
  const auto username = [](std::string_view identity) { return read(record(identity)).username; };
  EXPECT_EQ(username(R"({"type":"Root","principalId":"111122223333","userName":"my-alias"})"), "root");
  EXPECT_EQ(username(R"({"type":"AssumedRole","principalId":"AROAEXAMPLE:session"})"), "session");
  EXPECT_EQ(username(R"({"type":"FederatedUser","principalId":"111122223333:bob"})"), "bob");
  EXPECT_EQ(username(R"({"type":"WebIdentityUser","principalId":"issuer:aud:sub","userName":"sub"})"), "sub");
  EXPECT_EQ(username(R"({"type":"SAMLUser","principalId":"q:sub","userName":"sub"})"), "sub");
  EXPECT_EQ(username(R"({"type":"AWSService","invokedBy":"cloudtrail.amazonaws.com"})"), "");
  EXPECT_EQ(username(R"({"type":"AWSAccount","principalId":"","accountId":"ANONYMOUS_PRINCIPAL"})"), "");
}

TEST(Attributes, tell_whether_they_say_what_the_members_are) {
  const auto is_plain = [](std::string_view identity, std::string_view members = "") { return read(record(identity, members)).is_plain; };
  EXPECT_TRUE(is_plain(R"({"type":"Root"})"));
  EXPECT_TRUE(is_plain("null", R"("errorCode":"AccessDenied","userAgent":"cli",)"));
  EXPECT_FALSE(is_plain(R"({"type":""})"));
  EXPECT_FALSE(is_plain(R"({"type":"Root","arn":null})"));
  EXPECT_FALSE(is_plain("null", R"("errorCode":404,)"));
  EXPECT_FALSE(is_plain("null", R"("sourceIPAddress":"",)"));
  EXPECT_FALSE(is_plain("null", R"("userAgent":"one","userAgent":"two",)"));
  EXPECT_FALSE(is_plain("null", R"("readOnly":"true",)"));
  EXPECT_FALSE(is_plain("null", R"("userIdentity":{"type":"Root"},)"));
  EXPECT_FALSE(is_plain("null", R"("userIdentity.arn":"x",)"));
  const Attributes found = read(record(R"({"type":"Root","accountId":"444455556666"})", R"("userAgent":"cli",)"));
  EXPECT_EQ(found.user_type, "Root");
  EXPECT_EQ(found.user_agent, "cli");
  EXPECT_EQ(found.event_category, "Management");
  EXPECT_TRUE(found.says_read_only && found.says_account);
}

// As lookup-events shows them on AWS.
TEST(Attributes, assume_role_shows_key_session_and_role) {
  const Attributes found = read(record(
      R"({"type":"AWSService","invokedBy":"lambda.amazonaws.com"})",
      R"("requestParameters":{"roleArn":"arn:aws:iam::111122223333:role/r","roleSessionName":"s"},)"
      R"("responseElements":{"credentials":{"accessKeyId":"ASIAEXAMPLE"},"assumedRoleUser":{"assumedRoleId":"AROAEXAMPLE:s","arn":"arn:aws:sts::111122223333:assumed-role/r/s"}},)"));
  EXPECT_EQ(resources_of(found),
            (Words{"AWS::IAM::AccessKey ASIAEXAMPLE", "AWS::STS::AssumedRole s", "AWS::STS::AssumedRole AROAEXAMPLE:s",
                   "AWS::STS::AssumedRole arn:aws:sts::111122223333:assumed-role/r/s", "AWS::IAM::Role arn:aws:iam::111122223333:role/r"}));
}

Attributes of_service(std::string_view source, std::string_view name, std::string_view members) {
  return read(
      fmt::format(R"({{"eventID":"e","eventTime":"2026-01-02T03:04:05Z","eventSource":"{}","eventName":"{}",{}}})", source, name, members));
}

TEST(Attributes, a_queue_is_found_by_name_url_and_arn) {
  constexpr std::string_view kArn =
      R"("resources":[{"accountId":"111122223333","type":"AWS::SQS::Queue","ARN":"arn:aws:sqs:eu-west-1:111122223333:q"}])";
  EXPECT_EQ(resources_of(of_service("sqs.amazonaws.com", "SendMessage",
                                    fmt::format(R"("requestParameters":{{"queueUrl":"http://h/1/q"}},{})", kArn))),
            (Words{"AWS::SQS::Queue http://h/1/q", "AWS::SQS::Queue q", "AWS::SQS::Queue arn:aws:sqs:eu-west-1:111122223333:q"}));
  EXPECT_EQ(resources_of(of_service("sqs.amazonaws.com", "SendMessage", fmt::format(R"("requestParameters":null,{})", kArn))),
            (Words{"AWS::SQS::Queue q", "AWS::SQS::Queue arn:aws:sqs:eu-west-1:111122223333:q"}));
}

TEST(Attributes, bucket_and_trail_are_found_by_name) {
  EXPECT_EQ(resources_of(of_service("s3.amazonaws.com", "GetBucketAcl", R"("requestParameters":{"bucketName":"b","Host":"h","acl":""})")),
            (Words{"AWS::S3::Bucket b"}));
  EXPECT_EQ(resources_of(of_service("cloudtrail.amazonaws.com", "StopLogging", R"("requestParameters":{"name":"t"})")),
            (Words{"AWS::CloudTrail::Trail t"}));
  EXPECT_EQ(resources_of(of_service(
                "kms.amazonaws.com", "Decrypt",
                R"("requestParameters":{"encryptionAlgorithm":"SYMMETRIC_DEFAULT"},"resources":[{"type":"AWS::KMS::Key","ARN":"arn:k"}])")),
            Words{});
  EXPECT_EQ(resources_of(of_service(
                "s3.amazonaws.com", "GetObject",
                R"("requestParameters":{"bucketName":"b","key":"k"},"resources":[{"type":"AWS::S3::Object","ARN":"arn:aws:s3:::b/k"}])")),
            (Words{"AWS::S3::Bucket b", "AWS::S3::Object arn:aws:s3:::b/k"}));
}

TEST(Attributes, category_decides_and_old_records_do_without) {
  EXPECT_FALSE(of_service("s3.amazonaws.com", "GetObject", R"("eventCategory":"Data","managementEvent":false)").management);
  EXPECT_FALSE(of_service("s3.amazonaws.com", "GetObject", R"("managementEvent":false)").management);
  EXPECT_TRUE(of_service("s3.amazonaws.com", "ListBuckets", R"("readOnly":"true")").management);
  EXPECT_FALSE(of_service("s3.amazonaws.com", "CreateBucket", R"("readOnly":"false")").read_only);
}

TEST(Attributes, what_is_no_record_is_refused) {
  json::Document document;
  for (const std::string_view text :
       {"", "[]", "not json", R"({"eventID":"e"})", R"({"eventID":1,"eventName":"n","eventSource":"s","eventTime":"2026-01-02T03:04:05Z"})",
        R"({"eventID":"e","eventName":"n","eventSource":"s","eventTime":"yesterday"})",
        R"({"eventID":"e","eventName":"n","eventSource":"s"})"}) {
    EXPECT_FALSE(attributes(text, document)) << text;
  }
}

TEST(Attributes, members_of_the_wrong_kind_are_as_good_as_absent) {
  const Attributes found =
      of_service("s3.amazonaws.com", "GetObject",
                 R"("userIdentity":"me","requestParameters":[1],"responseElements":"x","resources":{"a":1},"readOnly":[],"awsRegion":7)");
  EXPECT_EQ(found.username, "");
  EXPECT_EQ(found.region, "");
  EXPECT_TRUE(found.resources.empty());
}

}  // namespace
}  // namespace cairn::event
