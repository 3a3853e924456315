#include "api/modelled.h"

#include <gtest/gtest.h>

#include "api/protocol.h"
#include "api/route.h"
#include "http/local_exchange.h"

namespace cairn::api {
namespace {

/// What the server makes of the request, by the path of any client's.
struct Read {
  std::string operation;
  Json in;
};
Read read(const std::string& service, const std::string& operation, const Json& in) {
  const aws::ServiceModel& model = *aws::service_model(service);
  const Client::Request request = request_of(model, *model.operation(operation), aws::Region("eu-west-1"), in);
  std::string text = fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\nContent-Length: {}\r\n", request.method, request.target, request.host,
                                 request.body.size());
  for (const auto& [name, value] : request.headers) text += fmt::format("{}: {}\r\n", name, value);
  http::LocalExchange exchange(text + "\r\n", request.body, {}, [](http::Response) {});
  EXPECT_TRUE(exchange.sound());
  Result<Route, NoRoute> route = route_head(exchange.head());
  EXPECT_TRUE(route) << operation;
  if (route->protocol == aws::Protocol::kQuery) route_action(*route, exchange.head(), request.body);
  EXPECT_NE(route->model, nullptr) << operation;
  const WireRequest wire{.method = exchange.head().method,
                         .path = route->wire_path.empty() ? exchange.head().path : std::string_view(route->wire_path),
                         .query = exchange.head().query,
                         .headers = &exchange.head().headers,
                         .body = request.body,
                         .labels = route->labels};
  return {route->model->name, decode(route->protocol, model, *route->model, wire)};
}

void expect_same(const std::string& service, const std::string& operation, const Json& in) {
  const Read got = read(service, operation, in);
  EXPECT_EQ(got.operation, operation);
  for (const auto& [name, value] : in.items()) EXPECT_EQ(got.in.value(name, Json()), value) << operation << '.' << name;
}

TEST(Modelled, TheServerReadsWhatWasMeant) {
  expect_same("logs", "CreateLogGroup", {{"logGroupName", "g/ü \""}, {"tags", {{"a", "b"}}}, {"deletionProtectionEnabled", true}});
  expect_same(
      "cloudtrail", "PutEventSelectors",
      {{"TrailName", "t"}, {"EventSelectors", {{{"ReadWriteType", "All"}, {"DataResources", {{{"Type", "x"}, {"Values", {"a", "b"}}}}}}}}});
  expect_same("sqs", "CreateQueue", {{"QueueName", "q"}, {"Attributes", {{"DelaySeconds", "3"}}}, {"tags", {{"k", "v"}}}});
  expect_same("monitoring", "PutMetricAlarm", {{"AlarmName", "a"}, {"Threshold", 1.5}, {"Dimensions", {{{"Name", "n"}, {"Value", "v"}}}}});
  expect_same("sns", "CreateTopic",
              {{"Name", "t&=%+ "}, {"Attributes", {{"DisplayName", "d"}, {"Policy", "{}"}}}, {"Tags", {{{"Key", "k"}, {"Value", "v"}}}}});
  expect_same("iam", "CreateRole", {{"RoleName", "r"}, {"AssumeRolePolicyDocument", "{\"a\":\"é\"}"}, {"MaxSessionDuration", 3600}});
  expect_same(
      "s3", "CreateBucket",
      {{"Bucket", "b"}, {"ObjectLockEnabledForBucket", true}, {"CreateBucketConfiguration", {{"LocationConstraint", "eu-west-1"}}}});
  expect_same("s3", "PutBucketPolicy", {{"Bucket", "b"}, {"Policy", "{\"Version\":\"2012-10-17\"}"}});
  expect_same("s3", "PutBucketLifecycleConfiguration",
              {{"Bucket", "b"},
               {"LifecycleConfiguration",
                {{"Rules", {{{"Expiration", {{"Days", 3}}}, {"ID", "<&>"}, {"Filter", {{"Prefix", "p/"}}}, {"Status", "Enabled"}}}}}}});
  expect_same("s3", "GetObject", {{"Bucket", "b"}, {"Key", "a b/c+ü"}, {"VersionId", "null"}});
  expect_same("s3", "DeleteBucketTagging", {{"Bucket", "b"}});
}

TEST(Modelled, ReadsRefusalsOfEachProtocol) {
  const Refusal json = refusal_of({.status = 400,
                                   .headers = {{"x-amzn-RequestId", "id"}},
                                   .body = R"({"__type":"com.amazonaws.logs#ResourceNotFoundException","message":"no"})"});
  EXPECT_EQ((std::vector{json.code, json.message, json.request_id}), (std::vector<std::string>{"ResourceNotFoundException", "no", "id"}));
  const Refusal query =
      refusal_of({.status = 404, .body = "<ErrorResponse><Error><Code>NoSuchEntity</Code><Message>m</Message></Error></ErrorResponse>"});
  EXPECT_EQ((std::vector{query.code, query.message}), (std::vector<std::string>{"NoSuchEntity", "m"}));
  const Refusal s3 = refusal_of({.status = 404, .body = "<Error><Code>NoSuchBucket</Code><Message>m</Message></Error>"});
  EXPECT_EQ((std::vector{s3.code, s3.message}), (std::vector<std::string>{"NoSuchBucket", "m"}));
  EXPECT_EQ(refusal_of({.status = 503, .body = "what?"}).code, "503");
}

}  // namespace
}  // namespace cairn::api
