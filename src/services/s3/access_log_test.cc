#include "services/s3/access_log.h"

#include <gtest/gtest.h>

#include "services/s3/harness.h"

/// Lines after "Amazon S3 server access log format" and its examples.
namespace cairn::s3 {
namespace {

TEST(AccessLine, FieldsComeInS3sOrder) {
  AccessLine line;
  line.owner = "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be";
  line.bucket = "amzn-s3-demo-bucket1";
  line.time = timestamps::parse_iso8601("2019-02-06T00:00:38Z").value();
  line.remote_ip = "192.0.2.3";
  line.requester = line.owner;
  line.request_id = "3E57427F3EXAMPLE";
  line.operation = "REST.GET.VERSIONING";
  line.request_uri = "GET /amzn-s3-demo-bucket1?versioning HTTP/1.1";
  line.status = 200;
  line.bytes_sent = 113;
  line.total_time = std::chrono::milliseconds(7);
  line.user_agent = "S3Console/0.4";
  line.host_id = "s9lzHYrFp76ZVxRcpX9+5cjAnEH2ROuNkd2BHfIa6UkFVdtjf5mKR3/eTPFvsiP/XV/VLi31234=";
  line.signature_version = "SigV4";
  line.cipher_suite = "ECDHE-RSA-AES128-GCM-SHA256";
  line.authentication = "AuthHeader";
  line.host = "amzn-s3-demo-bucket1.s3.us-west-1.amazonaws.com";
  line.tls_version = "TLSV1.2";
  EXPECT_EQ(write(line),
            "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be amzn-s3-demo-bucket1 [06/Feb/2019:00:00:38 +0000] 192.0.2.3 "
            "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be 3E57427F3EXAMPLE REST.GET.VERSIONING - \"GET "
            "/amzn-s3-demo-bucket1?versioning HTTP/1.1\" 200 - 113 - 7 - \"-\" \"S3Console/0.4\" - "
            "s9lzHYrFp76ZVxRcpX9+5cjAnEH2ROuNkd2BHfIa6UkFVdtjf5mKR3/eTPFvsiP/XV/VLi31234= SigV4 ECDHE-RSA-AES128-GCM-SHA256 AuthHeader "
            "amzn-s3-demo-bucket1.s3.us-west-1.amazonaws.com TLSV1.2 - -\n");
}

TEST(AccessLine, NobodyWritesALineOfTheirOwn) {
  AccessLine line;
  line.bucket = "b";
  line.key = "a b\n\"c\"/d";
  line.request_uri = "GET /b/a%20b HTTP/1.1";
  line.referer = "x\" 200 \"y";
  line.user_agent = "agent\twith\r\nmore";
  line.host = "h - \"";
  const std::string written = write(line);
  EXPECT_EQ(std::ranges::count(written, '\n'), 1);
  EXPECT_NE(written.find(" a%20b%0A%22c%22/d "), std::string::npos) << written;
  EXPECT_NE(written.find(" \"x%22 200 %22y\" \"agent%09with%0D%0Amore\" "), std::string::npos) << written;
  EXPECT_NE(written.find(" h%20-%20%22 "), std::string::npos) << written;
}

TEST(AccessLine, WhatAClientWroteHasALimit) {
  AccessLine line;
  line.key = line.request_uri = line.referer = std::string(1 << 20, '"');
  EXPECT_LT(write(line).size(), 3 * 3 * kAccessFieldBytesMax + 100) << "each byte as three";
}

class BucketLoggingTest : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : {"source", "target"}) ASSERT_TRUE(s3.call("CreateBucket", {{"Bucket", name}}).ok());
  }
  Answer put(const Json& logging, const std::string& bucket = "source") {
    return s3.call("PutBucketLogging",
                   {{"Bucket", bucket}, {"BucketLoggingStatus", logging.is_null() ? Json::object() : Json{{"LoggingEnabled", logging}}}});
  }
  Answer get() { return s3.call("GetBucketLogging", {{"Bucket", "source"}}); }
  Json to(const std::string& target) { return {{"TargetBucket", target}, {"TargetPrefix", "p/"}}; }
  Harness s3;
};

TEST_F(BucketLoggingTest, IsKeptAndTakenBack) {
  EXPECT_TRUE(get().out.empty());
  Json logging = to("target");
  logging["TargetObjectKeyFormat"] = {{"PartitionedPrefix", {{"PartitionDateSource", "EventTime"}}}};
  ASSERT_TRUE(put(logging).ok());
  EXPECT_EQ(get().out.at("LoggingEnabled"), logging);
  ASSERT_TRUE(put(nullptr).ok());
  EXPECT_TRUE(get().out.empty());
  EXPECT_TRUE(put(to("source")).ok()) << "into itself";
}

TEST_F(BucketLoggingTest, TheTargetIsThereAndOnesOwn) {
  const Answer absent = put(to("absent"));
  EXPECT_EQ(absent.code, "InvalidTargetBucketForLogging");
  EXPECT_EQ(absent.message, "The target bucket for logging does not exist");
  EXPECT_EQ(absent.details.at("TargetBucket"), "absent");
  s3.region = "eu-west-1";
  ASSERT_TRUE(s3.call("CreateBucket", {{"Bucket", "far"}, {"CreateBucketConfiguration", {{"LocationConstraint", "eu-west-1"}}}}).ok());
  s3.region = "us-east-1";
  const Answer far = put(to("far"));
  EXPECT_EQ(far.status, 403);
  EXPECT_EQ(far.code, "CrossLocationLoggingProhibitted");
  EXPECT_EQ(far.details.at("TargetBucketLocation"), "eu-west-1");
  s3.be_user("444455556666");
  ASSERT_TRUE(s3.call("CreateBucket", {{"Bucket", "anothers"}}).ok());
  s3.be_user();
  EXPECT_EQ(put(to("anothers")).message, "The owner for the bucket to be logged and the target bucket must be the same.");
}

TEST_F(BucketLoggingTest, GrantsNeedLists) {
  Json logging = to("target");
  logging["TargetGrants"] = Json::array(
      {{{"Grantee", {{"Type", "Group"}, {"URI", "http://acs.amazonaws.com/groups/global/AuthenticatedUsers"}}}, {"Permission", "READ"}}});
  EXPECT_EQ(put(logging).code, "InvalidArgument");
  Json rules = Json::array({{{"ObjectOwnership", "ObjectWriter"}}});
  ASSERT_TRUE(s3.call("PutBucketOwnershipControls", {{"Bucket", "target"}, {"OwnershipControls", {{"Rules", rules}}}}).ok());
  EXPECT_EQ(put(logging).message, "You must give the log-delivery group WRITE and READ_ACP permissions to the target bucket");
  ASSERT_TRUE(s3.call("PutBucketAcl", {{"Bucket", "target"}, {"ACL", "log-delivery-write"}}).ok());
  EXPECT_TRUE(put(logging).ok());
  logging["TargetGrants"][0]["Grantee"] = {{"Type", "Group"}, {"URI", "http://nobody"}};
  EXPECT_EQ(put(logging).code, "MalformedXML");
  for (const std::string& nobody : {std::string("nobody"), std::string("a\n\nb"), std::string(70'000, 'a')}) {
    logging["TargetGrants"][0]["Grantee"] = {{"Type", "CanonicalUser"}, {"ID", nobody}};
    EXPECT_EQ(put(logging).code, "InvalidArgument");
  }
  logging["TargetGrants"][0]["Grantee"]["ID"] = owner_id(s3.caller().account);
  EXPECT_TRUE(put(logging).ok());
}

TEST_F(BucketLoggingTest, TheLifecyclesDeletionsAreLogged) {
  ASSERT_TRUE(put(to("target")).ok());
  state::Transaction state(s3.store());
  const Expiration one{.kind = Expiration::Kind::kObject, .bucket = "source", .key = "a b", .version = "", .size = 7, .time = Time()};
  EXPECT_GT(note_expiration(state, one), 0u);
  EXPECT_GT(note_expiration(state, one), 0u);
  const Expiration other{.kind = Expiration::Kind::kObject, .bucket = "target", .key = "k", .version = "", .size = 7, .time = Time()};
  EXPECT_EQ(note_expiration(state, other), 0u);
  ASSERT_EQ(state.changes().size(), 1u);
  const std::string note = *state.changes().front().value;
  EXPECT_NE(note.find("AmazonS3 - S3.EXPIRE.OBJECT a%20b - - - - 7 - - "), std::string::npos) << note;
  EXPECT_NE(note.find("S3.EXPIRE.OBJECT"), note.rfind("S3.EXPIRE.OBJECT"));
}

}  // namespace
}  // namespace cairn::s3
