#include "aws/names.h"

#include <gtest/gtest.h>

namespace cairn::aws {
namespace {

TEST(Names, KnowsTheShapeOfARegion) {
  for (const char* region : {"us-east-1", "ap-southeast-5", "us-gov-west-1", "cn-north-1", "us-isob-east-1"})
    EXPECT_TRUE(is_region(region)) << region;
  for (const char* other : {"", "us-east", "useast1", "us-east-11", "aws-global", "US-EAST-1", "us--1", "eu-west-1 ", "../etc-1"})
    EXPECT_FALSE(is_region(other)) << other;
}

TEST(Names, AnAccountHasTwelveDigits) {
  EXPECT_TRUE(is_account_id("000000000000"));
  for (const char* other : {"", "1234", "12345678901a", "1234567890123"}) EXPECT_FALSE(is_account_id(other)) << other;
}

TEST(Names, BucketNamesFollowAwsRules) {
  for (const char* name : {"abc", "my.bucket-1", "1bucket", "a23456789012345678901234567890123456789012345678901234567890123"})
    EXPECT_TRUE(is_bucket_name(name)) << name;
  for (const char* name :
       {"ab", "Bucket", "my_bucket", "-bucket", "bucket-", ".bucket", "a..b", "192.168.5.4", "xn--bucket", "sthree-x", "name-s3alias",
        "name--x-s3", "_cairn", "a/b", "a234567890123456789012345678901234567890123456789012345678901234"})
    EXPECT_FALSE(is_bucket_name(name)) << name;
}

}  // namespace
}  // namespace cairn::aws
