#include "api/route_s3.h"

#include <gtest/gtest.h>

#include "aws/model.h"
#include "base/text.h"

namespace cairn::api {
namespace {

/// A request head with the given parts; owns what the head looks into.
struct Request {
  std::string method, target, path, query;
  std::vector<std::pair<std::string, std::string>> headers;

  std::string operation(std::string_view bucket, std::string_view key) const {
    http::Head head;
    head.method = method;
    head.path = path;
    head.query = query;
    for (const auto& [name, value] : headers) head.headers.push_back({name, value});
    return std::string(s3_operation(head, bucket, key).value_or("none"));
  }
};

std::string bucket_call(std::string method, std::string query = "") {
  return Request{.method = std::move(method), .path = "/b", .query = std::move(query)}.operation("b", "");
}
std::string object_call(std::string method, std::string query = "", std::vector<std::pair<std::string, std::string>> headers = {}) {
  return Request{.method = std::move(method), .path = "/b/k", .query = std::move(query), .headers = std::move(headers)}.operation("b", "k");
}

TEST(RouteS3, everyday_requests_find_their_operation) {
  EXPECT_EQ((Request{.method = "GET", .path = "/"}).operation("", ""), "ListBuckets");
  EXPECT_EQ(bucket_call("PUT"), "CreateBucket");
  EXPECT_EQ(bucket_call("HEAD"), "HeadBucket");
  EXPECT_EQ(bucket_call("DELETE"), "DeleteBucket");
  EXPECT_EQ(bucket_call("GET"), "ListObjects");
  EXPECT_EQ(bucket_call("GET", "prefix=a%2F&delimiter=%2F"), "ListObjects");
  EXPECT_EQ(bucket_call("GET", "list-type=2&prefix=a"), "ListObjectsV2");
  EXPECT_EQ(bucket_call("GET", "location"), "GetBucketLocation");
  EXPECT_EQ(bucket_call("GET", "location="), "GetBucketLocation");
  EXPECT_EQ(bucket_call("POST", "delete"), "DeleteObjects");
  EXPECT_EQ(object_call("PUT"), "PutObject");
  EXPECT_EQ(object_call("PUT", "x-id=PutObject"), "PutObject");
  EXPECT_EQ(object_call("GET"), "GetObject");
  EXPECT_EQ(object_call("GET", "response-content-type=a"), "GetObject");
  EXPECT_EQ(object_call("GET", "partNumber=2"), "GetObject");
  EXPECT_EQ(object_call("HEAD"), "HeadObject");
  EXPECT_EQ(object_call("DELETE"), "DeleteObject");
  EXPECT_EQ(object_call("GET", "X-Amz-Signature=00&X-Amz-Date=1"), "GetObject");
}

TEST(RouteS3, copies_are_told_from_puts_by_their_header) {
  EXPECT_EQ(object_call("PUT", "", {{"X-Amz-Copy-Source", "/a/b"}}), "CopyObject");
  EXPECT_EQ(object_call("PUT", "partNumber=1&uploadId=u"), "UploadPart");
  EXPECT_EQ(object_call("PUT", "partNumber=1&uploadId=u", {{"x-amz-copy-source", "/a/b"}}), "UploadPartCopy");
}

TEST(RouteS3, multipart_calls_find_their_operation) {
  EXPECT_EQ(object_call("POST", "uploads"), "CreateMultipartUpload");
  EXPECT_EQ(object_call("POST", "uploadId=u"), "CompleteMultipartUpload");
  EXPECT_EQ(object_call("DELETE", "uploadId=u"), "AbortMultipartUpload");
  EXPECT_EQ(object_call("GET", "uploadId=u&max-parts=1"), "ListParts");
  EXPECT_EQ(bucket_call("GET", "uploads&prefix=p"), "ListMultipartUploads");
}

TEST(RouteS3, an_id_tells_one_configuration_from_their_list) {
  EXPECT_EQ(bucket_call("GET", "inventory"), "ListBucketInventoryConfigurations");
  EXPECT_EQ(bucket_call("GET", "inventory&id=1"), "GetBucketInventoryConfiguration");
}

TEST(RouteS3, the_operation_that_replaced_another_wins) {
  EXPECT_EQ(bucket_call("GET", "lifecycle"), "GetBucketLifecycleConfiguration");
  EXPECT_EQ(bucket_call("PUT", "notification"), "PutBucketNotificationConfiguration");
}

TEST(RouteS3, a_sub_resource_never_falls_through_to_its_bucket_or_object) {
  EXPECT_EQ(bucket_call("DELETE", "acl"), "none");
  EXPECT_EQ(bucket_call("DELETE", "uploads"), "none");
  EXPECT_EQ(object_call("DELETE", "acl"), "none");
  EXPECT_EQ(object_call("DELETE", "policy"), "none");
  EXPECT_EQ(object_call("PUT", "uploadId=u"), "none");
  EXPECT_EQ(bucket_call("PUT", "location"), "none");
}

TEST(RouteS3, browsers_send_forms_to_buckets_and_ask_about_anything) {
  EXPECT_EQ(bucket_call("POST"), "PostObject");
  EXPECT_EQ(object_call("OPTIONS"), "PreflightRequest");
  EXPECT_EQ(bucket_call("OPTIONS", "acl&X-Amz-Signature=s"), "PreflightRequest");
}

TEST(RouteS3, odd_methods_are_no_operation) {
  EXPECT_EQ(object_call("POST"), "none");
  EXPECT_EQ((Request{.method = "DELETE", .path = "/"}).operation("", ""), "none");
}

TEST(RouteS3, every_operation_of_the_table_can_be_reached) {
  const aws::ServiceModel* model = aws::service_model("s3");
  ASSERT_NE(model, nullptr);
  for (const aws::OperationModel& operation : model->operations) {
    Request request{.method = operation.method};
    const std::string uri = operation.uri;
    request.path = uri.substr(0, uri.find('?'));
    const bool has_bucket = uri.starts_with("/{Bucket}"), has_key = uri.find("{Key+}") != std::string::npos;
    if (has_bucket) request.path = has_key ? "/b/k" : "/b";
    if (uri.find('?') != std::string::npos) request.query = uri.substr(uri.find('?') + 1) + "&";
    request.query += "x-id=" + operation.name;
    if (operation.input != nullptr) {
      for (const aws::Member& member : operation.input->members) {
        if (!member.required) continue;
        if (member.location == aws::Location::kQuery) request.query += "&" + member.location_name + "=1";
        if (member.location == aws::Location::kHeader) request.headers.emplace_back(member.location_name, "1");
      }
    }
    EXPECT_EQ(request.operation(has_bucket ? "b" : "", has_key ? "k" : ""), operation.name);
  }
}

}  // namespace
}  // namespace cairn::api
