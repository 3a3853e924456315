#include "api/route.h"

#include <gtest/gtest.h>

#include "aws/model.h"

namespace cairn::api {
namespace {

Route routed(std::string_view service, std::string_view target, std::string_view method = "POST", std::string_view path = "/") {
  http::Head head;
  head.method = method;
  head.path = path;
  const std::string authorization =
      fmt::format("AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20260101/us-east-1/{}/aws4_request, SignedHeaders=host", service);
  head.headers = {{"Host", "127.0.0.1:4566"}, {"X-Amz-Target", target}, {"Authorization", authorization}};
  Result<Route, NoRoute> route = route_head(head);
  if (!route) throw std::runtime_error(route.error().message);
  return std::move(*route);
}

TEST(Route, a_target_names_the_operation_of_a_json_service) {
  EXPECT_EQ(routed("cloudtrail", "CloudTrail_20131101.LookupEvents").model->name, "LookupEvents");
  EXPECT_EQ(routed("cloudtrail", "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents").model->name, "LookupEvents");
  EXPECT_EQ(routed("cloudtrail", "Unknown.LookupEvents").model->name, "LookupEvents");
}

TEST(Route, a_target_known_here_wins_over_the_scope_so_that_the_refusal_says_which_service) {
  EXPECT_EQ(routed("sts", "CloudTrail_20131101.LookupEvents").service->model->key, "cloudtrail");
}

TEST(Route, a_target_makes_no_json_calls_of_services_that_speak_none) {
  const Route s3 = routed("s3", "Foo.CreateBucket", "PUT", "/bucket/key");
  EXPECT_EQ(s3.protocol, aws::Protocol::kRestXml);
  EXPECT_EQ(s3.bucket, "bucket");
  ASSERT_NE(s3.model, nullptr);
  EXPECT_EQ(s3.model->name, "PutObject");
  EXPECT_EQ(routed("sts", "Foo.GetCallerIdentity").protocol, aws::Protocol::kQuery);
  EXPECT_EQ(routed("lambda", "Foo.ListFunctions", "GET", "/2015-03-31/functions").protocol, aws::Protocol::kRestJson);
}

}  // namespace
}  // namespace cairn::api
