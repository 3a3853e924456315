#include "event/build.h"

#include <gtest/gtest.h>

#include "event/classify.h"

namespace cairn::event {
namespace {

constexpr std::string_view kSecret = "this-must-never-be-recorded";

/// A call by an IAM user, ready to be changed.
struct Call {
  Call(std::string_view service, std::string_view operation) {
    facts.time = *timestamps::parse_iso8601("2026-01-02T03:04:05Z");
    facts.principal = {.kind = aws::Principal::Kind::kUser,
                       .account = aws::AccountId("111122223333"),
                       .principal_id = "AIDAEXAMPLE000000001",
                       .arn = "arn:aws:iam::111122223333:user/alice",
                       .access_key = aws::AccessKeyId("AKIAEXAMPLE000000001"),
                       .user_name = "alice"};
    facts.service = aws::service_model(service);
    facts.operation = facts.service->operation(operation);
    facts.event_source = event_source(*facts.service);
    facts.event_name = event_name(service, operation);
    facts.read_only = is_read_only(service, operation);
    facts.management = is_management(service, operation);
    facts.region = aws::Region("us-east-1");
    facts.recipient = aws::AccountId("111122223333");
    facts.source_ip = "203.0.113.7";
    facts.user_agent = "agent";
    facts.request_id = "r-1";
    facts.event_id = EventId("e-1");
    facts.input = &input;
    facts.output = &output;
    if (service == "s3") {
      http.host = "b.s3.us-east-1.amazonaws.com";
      http.bucket = "b";
      facts.http = &http;
    }
  }
  std::string bytes() const { return build(facts); }
  Json record() const { return json::parse(bytes()).value(); }

  Json input = Json::object(), output = Json::object();
  HttpFacts http;
  Facts facts;
};

TEST(Build, members_come_in_awss_order) {
  Call call("logs", "CreateLogGroup");
  call.input = {{"logGroupName", "g"}};
  call.facts.error_code = "ResourceAlreadyExistsException";
  call.facts.error_message = "The specified log group already exists";
  call.facts.additional = Json{{"a", 1}};
  call.facts.resources = {
      {.type = "AWS::Logs::LogGroup", .arn = "arn:aws:logs:us-east-1:111122223333:log-group:g", .account = aws::AccountId("111122223333")}};
  call.facts.tls = Tls{"TLSv1.3", "TLS_AES_128_GCM_SHA256"};
  call.facts.tls_host = "logs.us-east-1.amazonaws.com";
  call.facts.api_version = "20140328";
  call.facts.shared_event_id = EventId("s-1");
  EXPECT_EQ(
      call.bytes(),
      R"({"eventVersion":"1.11","userIdentity":{"type":"IAMUser","principalId":"AIDAEXAMPLE000000001","arn":"arn:aws:iam::111122223333:user/alice",)"
      R"("accountId":"111122223333","accessKeyId":"AKIAEXAMPLE000000001","userName":"alice"},"eventTime":"2026-01-02T03:04:05Z",)"
      R"("eventSource":"logs.amazonaws.com","eventName":"CreateLogGroup","awsRegion":"us-east-1","sourceIPAddress":"203.0.113.7","userAgent":"agent",)"
      R"("errorCode":"ResourceAlreadyExistsException","errorMessage":"The specified log group already exists","requestParameters":{"logGroupName":"g"},)"
      R"("responseElements":null,"additionalEventData":{"a":1},"requestID":"r-1","eventID":"e-1","readOnly":false,)"
      R"("resources":[{"accountId":"111122223333","type":"AWS::Logs::LogGroup","ARN":"arn:aws:logs:us-east-1:111122223333:log-group:g"}],)"
      R"("eventType":"AwsApiCall","apiVersion":"20140328","managementEvent":true,"recipientAccountId":"111122223333","sharedEventID":"s-1",)"
      R"("eventCategory":"Management","tlsDetails":{"tlsVersion":"TLSv1.3","cipherSuite":"TLS_AES_128_GCM_SHA256","clientProvidedHostHeader":"logs.us-east-1.amazonaws.com"}})");
}

TEST(Build, callers_are_shown_by_their_kind) {
  using Kind = aws::Principal::Kind;
  Call call("sts", "GetCallerIdentity");
  call.facts.principal = {.kind = Kind::kAnonymous};
  EXPECT_EQ(call.record()["userIdentity"].dump(), R"({"type":"AWSAccount","principalId":"","accountId":"ANONYMOUS_PRINCIPAL"})");
  call.facts.principal = {.kind = Kind::kService, .user_name = "cloudtrail.amazonaws.com"};
  call.facts.source_ip = call.facts.user_agent = "";
  EXPECT_EQ(call.record()["userIdentity"].dump(), R"({"type":"AWSService","invokedBy":"cloudtrail.amazonaws.com"})");
  EXPECT_EQ(call.record()["sourceIPAddress"], "cloudtrail.amazonaws.com");
  EXPECT_EQ(call.record()["userAgent"], "cloudtrail.amazonaws.com");
  call.facts.principal = {.kind = Kind::kRoot,
                          .account = aws::AccountId("111122223333"),
                          .principal_id = "111122223333",
                          .arn = "arn:aws:iam::111122223333:root",
                          .access_key = aws::AccessKeyId("AKIAEXAMPLE000000002"),
                          .user_name = "root"};
  EXPECT_EQ(
      call.record()["userIdentity"].dump(),
      R"({"type":"Root","principalId":"111122223333","arn":"arn:aws:iam::111122223333:root","accountId":"111122223333","accessKeyId":"AKIAEXAMPLE000000002"})");
}

TEST(Build, refused_and_throttled_calls_show_no_parameters) {
  Call call("iam", "GetRole");
  call.input = {{"RoleName", "r"}};
  for (const std::string_view code : {"AccessDenied", "AccessDeniedException", "ThrottlingException"}) {
    call.facts.error_code = code;
    EXPECT_TRUE(call.record()["requestParameters"].is_null()) << code;
  }
  call.facts.error_code = "NoSuchEntity";
  EXPECT_EQ(call.record()["requestParameters"].dump(), R"({"roleName":"r"})");
  EXPECT_EQ(call.record()["errorCode"], "NoSuchEntityException");
}

TEST(Build, unset_members_are_absent_and_empty_ones_stay) {
  Call call("cloudtrail", "PutInsightSelectors");
  call.input = {{"TrailName", ""}, {"InsightSelectors", Json::array()}, {"EventDataStore", nullptr}};
  EXPECT_EQ(call.record()["requestParameters"].dump(), R"({"trailName":"","insightSelectors":[]})");
  call.input = Json::object();
  EXPECT_TRUE(call.record()["requestParameters"].is_null());
}

TEST(Build, operation_nobody_knows_is_recorded_without_parameters) {
  Call call("cloudtrail", "GetTrail");
  call.facts.operation = nullptr;
  call.facts.input = call.facts.output = nullptr;
  call.facts.event_name = "MakeCoffee";
  call.facts.error_code = "UnknownOperationException";
  const Json record = call.record();
  EXPECT_EQ(record["eventName"], "MakeCoffee");
  EXPECT_TRUE(record["requestParameters"].is_null());
  EXPECT_TRUE(record["responseElements"].is_null());
}

TEST(Build, dates_are_javas_in_the_form_of_their_service) {
  Call sts("sts", "AssumeRole");
  sts.output = {
      {"Credentials",
       {{"AccessKeyId", "ASIAEXAMPLE"}, {"SecretAccessKey", kSecret}, {"SessionToken", "a=b&c"}, {"Expiration", "2026-02-09T22:26:46Z"}}}};
  const std::string bytes = sts.bytes();
  EXPECT_NE(bytes.find(R"("expiration":"Feb 9, 2026, 10:26:46 PM")"), std::string::npos) << bytes;
  EXPECT_NE(bytes.find(R"("sessionToken":"a\u003db\u0026c")"), std::string::npos) << bytes;
  EXPECT_EQ(bytes.find(kSecret), std::string::npos);
  Call iam("iam", "CreateUser");
  iam.output = {{"User", {{"UserName", "u"}, {"CreateDate", "2026-02-22T16:11:47Z"}}}};
  EXPECT_EQ(iam.record()["responseElements"]["user"]["createDate"], "Feb 22, 2026, 4:11:47\u202fPM");
}

/// Every member, secrets where the model knows of one.
Json sample(const aws::Shape* shape, int depth) {
  using aws::Type;
  if (shape->sensitive || shape->type == Type::kBlob) {
    if (shape->type == Type::kStructure || shape->type == Type::kMap) return Json{{std::string(kSecret), kSecret}};
    return shape->type == Type::kList ? Json::array({kSecret}) : Json(kSecret);
  }
  switch (shape->type) {
    case Type::kStructure: {
      Json object = Json::object();
      for (const aws::Member& member : shape->members) {
        if (depth > 0) object[member.name] = sample(member.shape, depth - 1);
      }
      return object;
    }
    case Type::kList:
      return depth > 0 ? Json::array({sample(shape->element.shape, depth - 1)}) : Json::array();
    case Type::kMap:
      return depth > 0 ? Json{{"k", sample(shape->element.shape, depth - 1)}} : Json::object();
    case Type::kBoolean:
      return true;
    case Type::kInteger:
    case Type::kLong:
      return 7;
    case Type::kFloat:
    case Type::kDouble:
      return 7;
    case Type::kTimestamp:
      return "2026-01-02T03:04:05Z";
    default:
      return "x";
  }
}

TEST(Build, no_operation_of_any_service_records_a_secret_or_a_null_member) {
  for (const std::string_view service : aws::service_model_keys()) {
    if (service == "s3" || service == "s3control") continue;  // recorded from HTTP
    for (const aws::OperationModel& operation : aws::service_model(service)->operations) {
      Call call(service, operation.name);
      if (operation.input != nullptr) call.input = sample(operation.input, 6);
      if (operation.output != nullptr) call.output = sample(operation.output, 6);
      const std::string bytes = call.bytes();
      ASSERT_TRUE(json::parse(bytes)) << service << " " << operation.name;
      EXPECT_EQ(bytes.find(kSecret), std::string::npos) << service << " " << operation.name << " " << bytes;
    }
  }
}

TEST(Build, parts_that_nest_deeper_than_their_readers_go_are_omitted) {
  for (const int depth : {40, 60}) {
    Json nested = 1;
    for (int level = 0; level < depth; ++level) nested = level % 2 == 0 ? Json{{"a\"[", nested}} : Json::array({nested});
    Call call("cloudtrail", "StartQuery");
    call.facts.additional = Json{{"deep", nested}, {"text", std::string(100, '[')}};
    const std::string bytes = call.bytes();
    json::Document document;
    ASSERT_TRUE(document.parse(bytes)) << depth;
    const bool is_omitted = json::parse(bytes)->at("additionalEventData").dump() == R"({"omitted":true})";
    EXPECT_EQ(is_omitted, depth == 60) << depth;
  }
}

TEST(Build, parts_over_their_limit_are_omitted_and_words_are_cut) {
  Call call("cloudtrail", "StartQuery");
  call.input = {{"QueryStatement", std::string(101 << 10, 'x')}};
  call.facts.additional = Json{{"a", std::string(29 << 10, 'x')}};
  call.facts.user_agent = std::string(1023, 'a') + "\u00e9";
  call.facts.error_message = std::string(5000, 'e');
  call.facts.error_code = "InvalidQueryStatementException";
  const Json record = call.record();
  EXPECT_EQ(record["requestParameters"].dump(), R"({"omitted":true})");
  EXPECT_EQ(record["additionalEventData"].dump(), R"({"omitted":true})");
  EXPECT_EQ(record["userAgent"], std::string(1023, 'a'));
  EXPECT_EQ(record["errorMessage"].get<std::string>().size(), 1024u);
  EXPECT_EQ(record["eventCategory"], "Management");
}

TEST(Build, no_record_is_over_256_kilobytes) {
  Call call("s3", "PutObject");
  call.http.key = std::string(90 << 10, '\x01');  // six bytes each in JSON
  call.http.headers = {{"x-amz-copy-source", std::string(90 << 10, '\x01')}};
  call.http.host = std::string(1 << 20, 'h');
  call.facts.event_name = "CopyObject";
  const std::string bytes = call.bytes();
  EXPECT_LE(bytes.size(), kRecordBytesMax);
  EXPECT_TRUE(json::parse(bytes));
}

TEST(Build, text_that_is_no_utf8_does_not_break_the_record) {
  Call call("s3", "GetObject");
  call.http.key =
      "a\xff"
      "b\"\\\n";
  call.facts.user_agent = "\xc3(";
  EXPECT_EQ(call.record()["requestParameters"]["key"],
            "a\ufffd"
            "b\"\\\n");
}

TEST(BuildS3, server_keys_tokens_and_signatures_are_not_shown) {
  Call call("s3", "GetObject");
  call.http.key = "k";
  call.http.authentication = HttpFacts::Authentication::kQueryString;
  call.http.query = {{"X-Amz-Algorithm", "AWS4-HMAC-SHA256"},
                     {"X-Amz-Credential", std::string(kSecret)},
                     {"X-Amz-Signature", std::string(kSecret)},
                     {"x-amz-security-token", std::string(kSecret)},
                     {"versionId", "v"},
                     {"response-content-type", "text/plain"}};
  call.http.headers = {{"x-amz-server-side-encryption-customer-algorithm", "AES256"},
                       {"x-amz-server-side-encryption-customer-key", std::string(kSecret)},
                       {"x-amz-meta-note", std::string(kSecret)},
                       {"authorization", std::string(kSecret)}};
  const std::string bytes = call.bytes();
  EXPECT_EQ(bytes.find(kSecret), std::string::npos) << bytes;
  const Json parameters = call.record()["requestParameters"];
  EXPECT_EQ(parameters["versionId"], "v");
  EXPECT_EQ(parameters["x-amz-server-side-encryption-customer-algorithm"], "AES256");
  EXPECT_EQ(call.record()["additionalEventData"]["AuthenticationMethod"], "QueryString");
}

TEST(BuildS3, a_client_cannot_forge_what_the_server_writes) {
  Call call("s3", "GetBucketAcl");
  call.http.query = {{"acl", ""}, {"bucketName", "other"}, {"Host", "other"}, {"key", "other"}, {"acl", "twice"}};
  EXPECT_EQ(call.record()["requestParameters"].dump(), R"({"bucketName":"b","Host":"b.s3.us-east-1.amazonaws.com","acl":""})");
}

TEST(BuildS3, object_bucket_and_copied_object_are_the_resources) {
  Call call("s3", "CopyObject");
  call.facts.owner = aws::AccountId("444455556666");
  call.http.key = "to/k";
  call.http.headers = {{"x-amz-copy-source", "/from/a%20b?versionId=3"}};
  EXPECT_EQ(
      call.record()["resources"].dump(),
      R"([{"type":"AWS::S3::Object","ARN":"arn:aws:s3:::b/to/k"},{"accountId":"444455556666","type":"AWS::S3::Bucket","ARN":"arn:aws:s3:::b"},)"
      R"({"type":"AWS::S3::Object","ARN":"arn:aws:s3:::from/a b"}])");
}

TEST(BuildS3, a_stranger_who_is_denied_is_not_told_the_owner) {
  Call call("s3", "GetObject");
  call.facts.owner = aws::AccountId("444455556666");
  call.facts.error_code = "AccessDenied";
  EXPECT_EQ(call.record()["resources"].back().dump(), R"({"accountId":"","type":"AWS::S3::Bucket","ARN":"arn:aws:s3:::b"})");
}

TEST(BuildS3, listing_addresses_a_prefix) {
  Call call("s3", "ListObjectsV2");
  call.http.query = {{"list-type", "2"}, {"prefix", "logs/"}};
  EXPECT_EQ(
      call.record()["resources"].dump(),
      R"([{"type":"AWS::S3::Object","ARNPrefix":"arn:aws:s3:::b/logs/"},{"accountId":"111122223333","type":"AWS::S3::Bucket","ARN":"arn:aws:s3:::b"}])");
}

TEST(BuildS3, account_calls_new_buckets_and_missing_ones_have_no_resources) {
  Call create("s3", "CreateBucket");
  EXPECT_FALSE(create.record().contains("resources"));
  Call list("s3", "ListBuckets");
  list.http.bucket = "";
  EXPECT_FALSE(list.record().contains("resources"));
  Call missing("s3", "GetBucketAcl");
  missing.facts.error_code = "NoSuchBucket";
  EXPECT_FALSE(missing.record().contains("resources"));
  EXPECT_EQ(missing.record()["errorCode"], "NoSuchBucket");
}

TEST(BuildS3, refused_calls_keep_parameters_and_resources) {
  Call call("s3", "GetBucketAcl");
  call.http.query = {{"acl", ""}};
  call.facts.error_code = "AccessDenied";
  EXPECT_EQ(call.record()["requestParameters"]["acl"], "");
  EXPECT_TRUE(call.record().contains("resources"));
}

TEST(BuildS3, keys_of_a_bulk_delete_are_not_shown) {
  Call call("s3", "DeleteObjects");
  call.http.query = {{"delete", ""}};
  call.http.body = "<Delete><Object><Key>a</Key></Object></Delete>";
  EXPECT_EQ(call.record()["requestParameters"].dump(), R"({"bucketName":"b","Host":"b.s3.us-east-1.amazonaws.com","delete":""})");
}

TEST(BuildS3, broken_bodies_leave_the_record_whole) {
  Call call("s3", "PutBucketPolicy");
  call.http.query = {{"policy", ""}};
  for (const std::string_view body : {"{\"Version\":", "<not", "[]", "\xff\xfe"}) {
    call.http.body = body;
    EXPECT_EQ(call.record()["requestParameters"].size(), 3u) << body;
  }
}

TEST(BuildS3, encryption_is_told_from_what_was_asked_and_answered) {
  Call call("s3", "PutObject");
  call.http.key = "k";
  const auto applied = [&] { return call.record()["additionalEventData"].value("SSEApplied", "none"); };
  EXPECT_EQ(applied(), "none");
  call.http.response_headers = {{"x-amz-server-side-encryption", "AES256"}};
  EXPECT_EQ(applied(), "Default_SSE_S3");
  call.http.headers = {{"x-amz-server-side-encryption", "AES256"}};
  EXPECT_EQ(applied(), "SSE_S3");
  call.http.response_headers = {{"x-amz-server-side-encryption", "aws:kms"}};
  EXPECT_EQ(applied(), "SSE_KMS");
  EXPECT_EQ(call.record()["responseElements"].dump(), R"({"x-amz-server-side-encryption":"aws:kms"})");
  call.http.headers = {{"x-amz-server-side-encryption-customer-algorithm", "AES256"}};
  EXPECT_EQ(applied(), "SSE_C");
}

TEST(BuildS3, user_agent_stands_in_brackets) {
  Call call("s3", "ListBuckets");
  EXPECT_EQ(call.record()["userAgent"], "[agent]");
  call.facts.user_agent = "";
  EXPECT_EQ(call.record()["userAgent"], "[]");
}

}  // namespace
}  // namespace cairn::event
