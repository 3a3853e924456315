#include "event/classify.h"

#include <gtest/gtest.h>

namespace cairn::event {
namespace {

TEST(Classify, events_are_named_as_cloudtrail_names_them) {
  EXPECT_EQ(event_name("s3", "ListObjectsV2"), "ListObjects");
  EXPECT_EQ(event_name("s3", "PutBucketLifecycleConfiguration"), "PutBucketLifecycle");
  EXPECT_EQ(event_name("s3", "GetPublicAccessBlock"), "GetBucketPublicAccessBlock");
  EXPECT_EQ(event_name("s3control", "GetPublicAccessBlock"), "GetAccountPublicAccessBlock");
  EXPECT_EQ(event_name("lambda", "UpdateFunctionCode"), "UpdateFunctionCode20150331v2");
  EXPECT_EQ(event_name("lambda", "Invoke"), "Invoke");
  EXPECT_EQ(event_name("iam", "CreateUser"), "CreateUser");
  EXPECT_EQ(event_name("s3", "NoSuchOperation"), "NoSuchOperation");
}

TEST(Classify, reading_is_told_from_the_name_with_aws_exceptions) {
  for (const std::string_view name : {"GetObject", "ListBuckets", "HeadBucket"}) EXPECT_TRUE(is_read_only("s3", name)) << name;
  for (const std::string_view name : {"PutObject", "CreateBucket", "DeleteObjects"}) EXPECT_FALSE(is_read_only("s3", name)) << name;
  EXPECT_TRUE(is_read_only("sts", "AssumeRole"));
  EXPECT_TRUE(is_read_only("sts", "GetCallerIdentity"));
  EXPECT_FALSE(is_read_only("sts", "GetSessionToken"));
  EXPECT_TRUE(is_read_only("kms", "Decrypt"));
  EXPECT_FALSE(is_read_only("kms", "CreateGrant"));
  EXPECT_TRUE(is_read_only("cloudtrail", "LookupEvents"));
  EXPECT_FALSE(is_read_only("signin", "GetSigninToken"));
  EXPECT_FALSE(is_read_only("lambda", "Invoke"));
}

TEST(Classify, every_s3_operation_on_an_object_is_a_data_event) {
  const aws::ServiceModel* s3 = aws::service_model("s3");
  ASSERT_NE(s3, nullptr);
  for (const aws::OperationModel& operation : s3->operations) {
    if (operation.uri.find("{Key") == std::string::npos) continue;
    EXPECT_FALSE(is_management("s3", operation.name)) << operation.name;
  }
  for (const std::string_view name : {"ListObjects", "ListObjectsV2", "HeadBucket", "DeleteObjects"})
    EXPECT_FALSE(is_management("s3", name));
  for (const std::string_view name : {"ListBuckets", "CreateBucket", "PutBucketPolicy", "GetObjectLockConfiguration"}) {
    EXPECT_TRUE(is_management("s3", name)) << name;
  }
  EXPECT_FALSE(is_management("sns", "Publish"));
  EXPECT_TRUE(is_management("kms", "Decrypt"));
}

TEST(Classify, event_source_is_the_endpoint) {
  EXPECT_EQ(event_source(*aws::service_model("monitoring")), "monitoring.amazonaws.com");
  EXPECT_EQ(event_source(*aws::service_model("s3control")), "s3.amazonaws.com");
  EXPECT_EQ(event_source(*aws::service_model("cloudtrail")), "cloudtrail.amazonaws.com");
}

}  // namespace
}  // namespace cairn::event
