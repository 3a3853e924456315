#include "services/s3/object_lock.h"

#include "services/s3/harness.h"

namespace cairn::s3 {
namespace {

constexpr std::string_view kProtected = "Access Denied because object protected by object lock.";

class ObjectLocks : public testing::Test {
 protected:
  ObjectLocks() {
    EXPECT_TRUE(call("CreateBucket", {{"ObjectLockEnabledForBucket", true}}).ok());
    s3.headers = {{"content-md5", "x"}};
  }

  Answer call(std::string_view operation, const Json& more = Json::object()) {
    Json in{{"Bucket", "b-1"}};
    in.update(more);
    return s3.call(operation, in);
  }
  std::string in_days(int days) { return timestamps::iso8601_millis(s3.clock().now() + std::chrono::days(days)); }
  std::string put(const std::string& key, const Json& more = Json::object()) {
    Json in{{"Bucket", "b-1"}, {"Key", key}};
    in.update(more);
    const Answer answer = s3.call("PutObject", in, {"evidence", ""});
    EXPECT_TRUE(answer.ok()) << answer.message;
    return answer.text("VersionId");
  }
  std::string put_locked(const std::string& mode, int days) {
    return put("k", {{"ObjectLockMode", mode}, {"ObjectLockRetainUntilDate", in_days(days)}});
  }
  Answer remove(const std::string& id, bool bypass = false) {
    Json in{{"Key", "k"}, {"VersionId", id}};
    if (bypass) in["BypassGovernanceRetention"] = true;
    return call("DeleteObject", in);
  }
  Answer retain(const std::string& id, const Json& retention, bool bypass = false) {
    Json in{{"Key", "k"}, {"VersionId", id}, {"Retention", retention}};
    if (bypass) in["BypassGovernanceRetention"] = true;
    return call("PutObjectRetention", in);
  }
  Json retention(const std::string& mode, int days) { return {{"Mode", mode}, {"RetainUntilDate", in_days(days)}}; }
  void allow_only(const std::vector<std::string>& actions) {
    s3.caller().is_administrator = false;
    Json statement{{"Effect", "Allow"},
                   {"Principal", {{"AWS", s3.caller().arn}}},
                   {"Action", actions},
                   {"Resource", {"arn:aws:s3:::b-1", "arn:aws:s3:::b-1/*"}}};
    state::Transaction state(s3.store());
    state.put("s3/bucket-policy/b-1", json::dump(Json{{"Version", "2012-10-17"}, {"Statement", {statement}}}));
    ASSERT_TRUE(s3.commit(state));
  }

  Harness s3;
};

TEST_F(ObjectLocks, nobody_deletes_early_in_compliance_mode) {
  const std::string id = put_locked("COMPLIANCE", 10);
  EXPECT_EQ(remove(id).message, kProtected);
  EXPECT_EQ(remove(id, true).message, kProtected);
  s3.be_root();
  EXPECT_EQ(remove(id, true).message, kProtected);
  EXPECT_EQ(retain(id, retention("COMPLIANCE", 9), true).message, kProtected);
  EXPECT_EQ(retain(id, retention("GOVERNANCE", 20), true).message, kProtected);
  EXPECT_EQ(retain(id, Json::object(), true).message, kProtected);
  EXPECT_EQ(call("DeleteBucket").code, "BucketNotEmpty");
  EXPECT_EQ(call("PutBucketVersioning", {{"VersioningConfiguration", {{"Status", "Suspended"}}}}).code, "InvalidBucketState");
  EXPECT_TRUE(retain(id, retention("COMPLIANCE", 11)).ok()) << "longer is always possible";
  EXPECT_TRUE(call("DeleteObject", {{"Key", "k"}}).ok()) << "a delete marker takes nothing away";
  s3.clock().advance(std::chrono::days(11));
  EXPECT_TRUE(remove(id).ok());
}

TEST_F(ObjectLocks, governance_is_bypassed_by_header_and_permission_together) {
  const std::string id = put_locked("GOVERNANCE", 10);
  EXPECT_EQ(remove(id).message, kProtected);
  EXPECT_EQ(retain(id, retention("GOVERNANCE", 9)).message, kProtected);
  EXPECT_TRUE(retain(id, retention("GOVERNANCE", 12)).ok());
  allow_only({"s3:DeleteObjectVersion", "s3:PutObjectRetention"});
  EXPECT_EQ(remove(id, true).message, kProtected);
  EXPECT_EQ(retain(id, Json::object(), true).message, kProtected);
  allow_only({"s3:DeleteObjectVersion", "s3:BypassGovernanceRetention"});
  EXPECT_EQ(remove(id).message, kProtected);
  EXPECT_TRUE(remove(id, true).ok());
}

TEST_F(ObjectLocks, a_legal_hold_has_no_end_and_no_bypass) {
  const std::string id = put("k", {{"ObjectLockLegalHoldStatus", "ON"}});
  EXPECT_EQ(call("GetObjectLegalHold", {{"Key", "k"}}).out["LegalHold"]["Status"], "ON");
  s3.clock().advance(std::chrono::days(10'000));
  EXPECT_EQ(remove(id, true).message, kProtected);
  EXPECT_TRUE(call("PutObjectLegalHold", {{"Key", "k"}, {"VersionId", id}, {"LegalHold", {{"Status", "OFF"}}}}).ok());
  EXPECT_EQ(s3.get("b-1", "k").text("ObjectLockLegalHoldStatus"), "OFF");
  EXPECT_TRUE(remove(id).ok());
}

TEST_F(ObjectLocks, a_stricter_mode_is_a_change_that_governance_forbids_too) {
  const std::string id = put_locked("GOVERNANCE", 10);
  EXPECT_EQ(retain(id, retention("COMPLIANCE", 10)).message, kProtected);
  EXPECT_TRUE(retain(id, retention("COMPLIANCE", 10), true).ok());
  EXPECT_EQ(remove(id, true).message, kProtected);
}

TEST_F(ObjectLocks, a_bucket_gives_what_names_no_retention_its_own) {
  const auto set = [&](const Json& retention) {
    return call("PutObjectLockConfiguration",
                {{"ObjectLockConfiguration", {{"ObjectLockEnabled", "Enabled"}, {"Rule", {{"DefaultRetention", retention}}}}}});
  };
  EXPECT_EQ(json::dump(call("GetObjectLockConfiguration").out["ObjectLockConfiguration"]), R"({"ObjectLockEnabled":"Enabled"})");
  const std::string before = put("k");
  ASSERT_TRUE(set({{"Mode", "COMPLIANCE"}, {"Years", 1}}).ok());
  const std::string id = put("k");
  const Answer read = s3.get("b-1", "k");
  EXPECT_EQ(read.text("ObjectLockMode"), "COMPLIANCE");
  EXPECT_EQ(read.text("ObjectLockRetainUntilDate"), "2027-01-01T00:00:00.000Z");
  EXPECT_TRUE(remove(before).ok());
  EXPECT_EQ(remove(id).message, kProtected);
  put("k", {{"ObjectLockMode", "GOVERNANCE"}, {"ObjectLockRetainUntilDate", in_days(1)}});
  EXPECT_EQ(s3.get("b-1", "k").text("ObjectLockMode"), "GOVERNANCE");
  EXPECT_EQ(call("GetObjectLockConfiguration").out["ObjectLockConfiguration"]["Rule"]["DefaultRetention"]["Years"], 1);

  EXPECT_TRUE(call("CopyObject", {{"Key", "copy"}, {"CopySource", "b-1/k"}}).ok());
  EXPECT_EQ(s3.get("b-1", "copy").text("ObjectLockMode"), "COMPLIANCE") << "the source's lock is not copied";
  const std::string upload = call("CreateMultipartUpload", {{"Key", "parts"}}).text("UploadId");
  const Answer part = s3.call("UploadPart", {{"Bucket", "b-1"}, {"Key", "parts"}, {"UploadId", upload}, {"PartNumber", 1}}, {"x", ""});
  const Json parts{{"Parts", {{{"PartNumber", 1}, {"ETag", part.text("ETag")}}}}};
  EXPECT_TRUE(call("CompleteMultipartUpload", {{"Key", "parts"}, {"UploadId", upload}, {"MultipartUpload", parts}}).ok());
  EXPECT_EQ(s3.get("b-1", "parts").text("ObjectLockMode"), "COMPLIANCE");

  for (const Json& wrong : {Json{{"Mode", "COMPLIANCE"}}, Json{{"Mode", "COMPLIANCE"}, {"Days", 1}, {"Years", 1}},
                            Json{{"Mode", "x"}, {"Days", 1}}, Json::object(), Json{{"Days", 1}}})
    EXPECT_EQ(set(wrong).code, "MalformedXML") << wrong;
  const Answer none = set({{"Mode", "COMPLIANCE"}, {"Days", 0}});
  EXPECT_EQ(none.code, "InvalidArgument");
  EXPECT_EQ(none.message, "Default retention period must be a positive integer value.");
  EXPECT_EQ(set({{"Mode", "COMPLIANCE"}, {"Days", 36'501}}).code, "InvalidArgument");
  EXPECT_EQ(call("PutObjectLockConfiguration", {{"ObjectLockConfiguration", {{"ObjectLockEnabled", "no"}}}}).code, "MalformedXML");
}

TEST_F(ObjectLocks, leap_years_end_on_the_first_of_march) {
  s3.clock().set(*timestamps::parse_iso8601("2028-02-29T12:00:00Z"));
  const Json retention{{"Mode", "GOVERNANCE"}, {"Years", 1}};
  call("PutObjectLockConfiguration",
       {{"ObjectLockConfiguration", {{"ObjectLockEnabled", "Enabled"}, {"Rule", {{"DefaultRetention", retention}}}}}});
  put("k");
  EXPECT_EQ(s3.get("b-1", "k").text("ObjectLockRetainUntilDate"), "2029-03-01T12:00:00.000Z");
}

TEST_F(ObjectLocks, what_is_to_be_locked_comes_with_a_checksum) {
  s3.headers.clear();
  const Json lock{{"Bucket", "b-1"}, {"Key", "k"}, {"ObjectLockMode", "GOVERNANCE"}, {"ObjectLockRetainUntilDate", in_days(1)}};
  EXPECT_EQ(s3.call("PutObject", lock).message,
            "Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock parameters");
  s3.headers = {{"x-amz-checksum-crc32", "x"}};
  EXPECT_TRUE(s3.call("PutObject", lock).ok());
}

TEST_F(ObjectLocks, wrong_requests_are_refused_in_aws_words) {
  const auto write = [&](const Json& more) {
    Json in{{"Key", "k"}};
    in.update(more);
    return call("PutObject", in);
  };
  EXPECT_EQ(write({{"ObjectLockMode", "GOVERNANCE"}}).message,
            "x-amz-object-lock-retain-until-date and x-amz-object-lock-mode must both be supplied");
  EXPECT_EQ(write({{"ObjectLockMode", "GOVERNANCE"}}).details.at("ArgumentName"), "x-amz-object-lock-retain-until-date");
  EXPECT_EQ(write({{"ObjectLockRetainUntilDate", in_days(1)}}).details.at("ArgumentName"), "x-amz-object-lock-mode");
  EXPECT_EQ(write({{"ObjectLockMode", "BAD-VALUE"}, {"ObjectLockRetainUntilDate", in_days(1)}}).message, "Unknown wormMode directive.");
  EXPECT_EQ(write({{"ObjectLockMode", "GOVERNANCE"}, {"ObjectLockRetainUntilDate", in_days(-1)}}).message,
            "The retain until date must be in the future!");
  const std::string id = put("k");
  EXPECT_EQ(call("GetObjectRetention", {{"Key", "k"}}).code, "NoSuchObjectLockConfiguration");
  EXPECT_EQ(call("GetObjectLegalHold", {{"Key", "k"}}).message, "The specified object does not have a ObjectLock configuration");
  EXPECT_EQ(retain(id, {{"Mode", "GOVERNANCE"}}).code, "MalformedXML");
  EXPECT_EQ(retain(id, retention("BAD", 1)).code, "MalformedXML");
  EXPECT_EQ(retain(id, retention("GOVERNANCE", -1)).code, "InvalidArgument");
  EXPECT_EQ(call("PutObjectLegalHold", {{"Key", "k"}}).code, "MalformedXML");
  EXPECT_EQ(call("GetObjectRetention", {{"Key", "none"}}).code, "NoSuchKey");
  call("DeleteObject", {{"Key", "k"}});
  EXPECT_EQ(call("GetObjectRetention", {{"Key", "k"}}).code, "MethodNotAllowed");

  s3.call("CreateBucket", {{"Bucket", "plain"}});
  EXPECT_EQ(s3.call("GetObjectRetention", {{"Bucket", "plain"}, {"Key", "k"}}).message, "Bucket is missing Object Lock Configuration");
  EXPECT_EQ(s3.call("GetObjectLockConfiguration", {{"Bucket", "plain"}}).code, "ObjectLockConfigurationNotFoundError");
  EXPECT_EQ(s3.call("PutObject", {{"Bucket", "plain"}, {"Key", "k"}, {"ObjectLockLegalHoldStatus", "ON"}}).code, "InvalidRequest");
  const Json enable{{"Bucket", "plain"}, {"ObjectLockConfiguration", {{"ObjectLockEnabled", "Enabled"}}}};
  EXPECT_EQ(s3.call("PutObjectLockConfiguration", enable).message,
            "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration");
  s3.call("PutBucketVersioning", {{"Bucket", "plain"}, {"VersioningConfiguration", {{"Status", "Enabled"}}}});
  EXPECT_TRUE(s3.call("PutObjectLockConfiguration", enable).ok()) << "also later, where there are versions";
}

TEST_F(ObjectLocks, who_may_not_lock_does_not_and_who_may_not_look_does_not_see) {
  put_locked("GOVERNANCE", 1);
  allow_only({"s3:PutObject", "s3:GetObject"});
  EXPECT_EQ(call("PutObject", {{"Key", "k"}, {"ObjectLockMode", "GOVERNANCE"}, {"ObjectLockRetainUntilDate", in_days(1)}}).code,
            "AccessDenied");
  EXPECT_EQ(call("PutObject", {{"Key", "k"}, {"ObjectLockLegalHoldStatus", "ON"}}).code, "AccessDenied");
  EXPECT_EQ(s3.get("b-1", "k").text("ObjectLockMode"), "(none)");
}

TEST_F(ObjectLocks, policies_look_at_what_is_asked_for) {
  const Json deny{{"Effect", "Deny"},
                  {"Principal", "*"},
                  {"Action", "s3:PutObjectRetention"},
                  {"Resource", "arn:aws:s3:::b-1/*"},
                  {"Condition", {{"NumericGreaterThan", {{"s3:object-lock-remaining-retention-days", "10"}}}}}};
  EXPECT_TRUE(call("PutBucketPolicy", {{"Policy", json::dump(Json{{"Version", "2012-10-17"}, {"Statement", deny}})}}).ok());
  EXPECT_EQ(call("PutObject", {{"Key", "k"}, {"ObjectLockMode", "GOVERNANCE"}, {"ObjectLockRetainUntilDate", in_days(11)}}).code,
            "AccessDenied");
  const std::string id = put_locked("GOVERNANCE", 10);
  EXPECT_EQ(retain(id, retention("GOVERNANCE", 30)).code, "AccessDenied");
}

}  // namespace
}  // namespace cairn::s3
