#include <gtest/gtest.h>

#include "api/protocols/wire_test.h"

namespace cairn::api {
namespace {

std::string verdict(std::string_view service, std::string_view operation, std::string_view in) {
  return error_of([&] { validate(*aws::service_model(service), model_of(service, operation), Json::parse(in)); });
}

// The texts are those that AWS answered in recorded sessions, member by member.
TEST(Validate, SaysWhatAwsSaysOfOneWrongValue) {
  EXPECT_EQ(verdict("sts", "AssumeRole", R"({"RoleArn":"arn:aws:iam::000000000000:role/r","RoleSessionName":"Session1:2"})"),
            "ValidationException: 1 validation error detected: Value 'Session1:2' at 'roleSessionName' failed to satisfy constraint: "
            "Member must satisfy regular expression pattern: [\\w+=,.@-]*");
  EXPECT_EQ(verdict("kms", "GenerateRandom", R"({"NumberOfBytes":1025})"),
            "ValidationException: 1 validation error detected: Value '1025' at 'numberOfBytes' failed to satisfy constraint: "
            "Member must have value less than or equal to 1024");
  EXPECT_EQ(verdict("kms", "GenerateRandom", R"({"NumberOfBytes":0})"),
            "ValidationException: 1 validation error detected: Value '0' at 'numberOfBytes' failed to satisfy constraint: "
            "Member must have value greater than or equal to 1");
  EXPECT_EQ(verdict("lambda", "PutFunctionRecursionConfig", R"({"FunctionName":"f","RecursiveLoop":"InvalidValue"})"),
            "ValidationException: 1 validation error detected: Value 'InvalidValue' at 'recursiveLoop' failed to satisfy constraint: "
            "Member must satisfy enum value set: [Allow, Terminate]");
  EXPECT_EQ(verdict("lambda", "CreateFunction",
                    R"({"FunctionName":"f","Role":"arn:aws:iam::000000000000:role/r","Code":{},"Architectures":["x86_64","arm64"]})"),
            "ValidationException: 1 validation error detected: Value '[x86_64, arm64]' at 'architectures' failed to satisfy constraint: "
            "Member must have length less than or equal to 1");
}

TEST(Validate, NamesEveryMissingMember) {
  EXPECT_EQ(verdict("sts", "AssumeRole", "{}"),
            "ValidationException: 2 validation errors detected: Value null at 'roleArn' failed to satisfy constraint: Member must not be "
            "null; Value null at 'roleSessionName' failed to satisfy constraint: Member must not be null");
  EXPECT_EQ(verdict("cloudtrail", "CreateTrail", R"({"Name":"t"})"),
            "ValidationException: 1 validation error detected: Value null at 's3BucketName' failed to satisfy constraint: Member must not "
            "be null");
}

TEST(Validate, NamesElementsByTheirPlace) {
  EXPECT_EQ(verdict("events", "PutTargets", R"({"Rule":"r","Targets":[{"Id":"!@#$@!#$","Arn":"a"}]})"),
            "ValidationException: 1 validation error detected: Value '!@#$@!#$' at 'targets.1.member.id' failed to satisfy constraint: "
            "Member must satisfy regular expression pattern: [\\.\\-_A-Za-z0-9]+");
  EXPECT_EQ(verdict("lambda", "CreateFunction",
                    R"({"FunctionName":"f","Role":"arn:aws:iam::000000000000:role/r","Code":{},"Architectures":["X86_64"]})"),
            "ValidationException: 1 validation error detected: Value '[X86_64]' at 'architectures' failed to satisfy constraint: "
            "Member must satisfy constraint: [Member must satisfy enum value set: [x86_64, arm64], Member must not be null]");
}

TEST(Validate, NamesValuesOfMapsByTheirKey) {
  EXPECT_EQ(verdict("sns", "Publish", R"({"Message":"m","MessageAttributes":{"attr1":{"StringValue":"v"}}})"),
            "ValidationException: 1 validation error detected: Value null at 'messageAttributes.attr1.member.dataType' failed to satisfy "
            "constraint: Member must not be null");
  EXPECT_EQ(verdict("sns", "PublishBatch",
                    R"({"TopicArn":"t","PublishBatchRequestEntries":[{"Id":"i","Message":"m","MessageAttributes":{"attr1":{}}}]})"),
            "ValidationException: 1 validation error detected: Value null at "
            "'publishBatchRequestEntries.1.member.messageAttributes.attr1.member.dataType' failed to satisfy constraint: Member must not "
            "be null");
}

TEST(Validate, PatternsComeBeforeLengthsAsOnAws) {
  const std::string name(65, '!');
  EXPECT_EQ(
      verdict("events", "DescribeConnection", fmt::format(R"({{"Name":"{}"}})", name)),
      fmt::format("ValidationException: 2 validation errors detected: Value '{0}' at 'name' failed to satisfy constraint: Member must "
                  "satisfy regular expression pattern: [\\.\\-_A-Za-z0-9]+; Value '{0}' at 'name' failed to satisfy constraint: "
                  "Member must have length less than or equal to 64",
                  name));
}

TEST(Validate, ValuesThatAreSensitiveAreNotRepeated) {
  const std::string large(6000, 'A');  // base64 of 4,500 bytes
  EXPECT_EQ(verdict("kms", "Encrypt", fmt::format(R"({{"KeyId":"k","Plaintext":"{}"}})", large)),
            "ValidationException: 1 validation error detected: Value at 'plaintext' failed to satisfy constraint: Member must have length "
            "less than or equal to 4096");
}

TEST(Validate, WhatARecordLeavesOutIsNotRepeatedEither) {  // the message is recorded, too
  EXPECT_EQ(verdict("sts", "GetSessionToken", R"({"TokenCode":"hunter2"})"),
            "ValidationException: 2 validation errors detected: Value at 'tokenCode' failed to satisfy constraint: Member must satisfy "
            "regular expression pattern: [\\d]*; Value at 'tokenCode' failed to satisfy constraint: Member must have length less than or "
            "equal to 6");
}

TEST(Validate, LookupEventsHasErrorsOfItsOwn) {
  EXPECT_EQ(verdict("cloudtrail", "LookupEvents", R"({"MaxResults":51})"),
            "InvalidMaxResultsException: 1 validation error detected: Value '51' at 'maxResults' failed to satisfy constraint: "
            "Member must have value less than or equal to 50");
  EXPECT_TRUE(
      verdict("cloudtrail", "LookupEvents", R"({"LookupAttributes":[{"AttributeKey":"Colour","AttributeValue":"red"}]})")
          .starts_with("InvalidLookupAttributesException: 1 validation error detected: Value 'Colour' at "
                       "'lookupAttributes.1.member.attributeKey' failed to satisfy constraint: Member must satisfy enum value set: ["));
  EXPECT_TRUE(verdict("cloudtrail", "LookupEvents", R"({"EventCategory":"x"})").starts_with("InvalidEventCategoryException: "));
}

TEST(Validate, SelectorsHaveErrorsOfTheirOwn) {
  EXPECT_TRUE(verdict("cloudtrail", "PutEventSelectors", R"({"TrailName":"t","EventSelectors":[{"ReadWriteType":"read-only"}]})")
                  .starts_with("InvalidEventSelectorsException: 1 validation error detected: Value 'read-only' at "
                               "'eventSelectors.1.member.readWriteType' failed to satisfy constraint: "));
  EXPECT_TRUE(verdict("cloudtrail", "PutEventSelectors",
                      R"({"TrailName":"t","AdvancedEventSelectors":[{"FieldSelectors":[{"Field":"eventName","Equals":[]}]}]})")
                  .starts_with("InvalidEventSelectorsException: "));
  EXPECT_TRUE(verdict("cloudtrail", "PutInsightSelectors", R"({"TrailName":"t","InsightSelectors":[{"InsightType":"x"}]})")
                  .starts_with("InvalidInsightSelectorsException: "));
}

TEST(Validate, LengthsCountCharactersAndNotBytes) {
  std::string name;
  for (int i = 0; i < 128; ++i) name += "ä";
  EXPECT_EQ(verdict("cloudtrail", "AddTags", fmt::format(R"({{"ResourceId":"a","TagsList":[{{"Key":"{}"}}]}})", name)), "");
}

TEST(Validate, AtMostTenViolationsAreListed) {
  Json targets = Json::array();
  for (int i = 0; i < 50; ++i) targets.push_back({{"Id", "!"}, {"Arn", "a"}});
  EXPECT_TRUE(verdict("events", "PutTargets", Json({{"Rule", "r"}, {"Targets", targets}}).dump())
                  .starts_with("ValidationException: 10 validation errors detected: "));
}

TEST(Validate, S3ChecksItsSchemaAndLeavesTheRestToItsHandlers) {
  EXPECT_EQ(verdict("s3", "ListObjects", R"({"MaxKeys":-1})"), "");
  EXPECT_EQ(verdict("s3", "PutBucketTagging", R"({"Bucket":"b","Tagging":{"TagSet":[{"Key":"k"}]}})"),
            "MalformedXML: The XML you provided was not well-formed or did not validate against our published schema");
  EXPECT_EQ(verdict("s3", "PutBucketTagging", R"({"Bucket":"b","Tagging":{"TagSet":[{"Key":"k","Value":"v"}]}})"), "");
}

}  // namespace
}  // namespace cairn::api
