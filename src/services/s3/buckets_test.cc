#include "services/s3/bucket_setting.h"
#include "services/s3/harness.h"

namespace cairn::s3 {
namespace {

Json named(const std::string& bucket) { return {{"Bucket", bucket}}; }
Json in_region(const std::string& bucket, const std::string& region) {
  return {{"Bucket", bucket}, {"CreateBucketConfiguration", {{"LocationConstraint", region}}}};
}

TEST(Buckets, a_new_one_can_be_headed_located_listed_and_deleted) {
  Harness s3;
  const Answer created = s3.call("CreateBucket", named("my-bucket"));
  EXPECT_EQ(created.text("Location"), "/my-bucket");
  EXPECT_EQ(s3.call("HeadBucket", named("my-bucket")).text("BucketRegion"), "us-east-1");
  const Answer location = s3.call("GetBucketLocation", named("my-bucket"));
  EXPECT_FALSE(location.out.contains("LocationConstraint"));
  EXPECT_EQ(location.body,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<LocationConstraint xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"/>");
  const Answer listed = s3.call("ListBuckets", Json::object());
  ASSERT_EQ(listed.out["Buckets"].size(), 1u);
  EXPECT_EQ(listed.out["Buckets"][0]["Name"], "my-bucket");
  EXPECT_EQ(listed.out["Buckets"][0]["CreationDate"], "2026-01-01T00:00:00.000Z");
  EXPECT_EQ(s3.call("DeleteBucket", named("my-bucket")).status, 204);
  EXPECT_EQ(s3.call("HeadBucket", named("my-bucket")).code, "NoSuchBucket");
  EXPECT_EQ(s3.documents("s3/"), 0u);
}

TEST(Buckets, constraints_follow_the_endpoint) {
  Harness s3;
  EXPECT_EQ(s3.call("CreateBucket", in_region("from-global", "eu-central-1")).text("Location"), "http://from-global.s3.amazonaws.com/");
  EXPECT_EQ(s3.call("CreateBucket", in_region("aaa", "us-east-1")).code, "InvalidLocationConstraint");
  EXPECT_EQ(s3.call("CreateBucket", in_region("aaa", "foo")).code, "InvalidLocationConstraint");
  s3.region = "us-east-2";
  EXPECT_EQ(s3.call("CreateBucket", named("aaa")).message,
            "The unspecified location constraint is incompatible for the region specific endpoint this request was sent to.");
  EXPECT_EQ(s3.call("CreateBucket", in_region("aaa", "us-west-1")).code, "IllegalLocationConstraintException");
  EXPECT_TRUE(s3.call("CreateBucket", in_region("aaa", "us-east-2")).ok());
  EXPECT_EQ(s3.call("CreateBucket", in_region("aaa", "us-east-2")).code, "BucketAlreadyOwnedByYou");
  s3.region = "eu-west-1";
  EXPECT_TRUE(s3.call("CreateBucket", in_region("old-name", "EU")).ok());
  EXPECT_EQ(s3.call("GetBucketLocation", named("old-name")).text("LocationConstraint"), "EU");
}

TEST(Buckets, creating_again_passes_in_us_east_1_only_without_tags) {
  Harness s3;
  s3.call("CreateBucket", named("mine"));
  s3.put("mine", "kept", "data");
  EXPECT_TRUE(s3.call("CreateBucket", named("mine")).ok());
  EXPECT_EQ(s3.get("mine", "kept").body, "data");
  Json tagged = named("mine");
  tagged["CreateBucketConfiguration"]["Tags"] = Json::array({{{"Key", "a"}, {"Value", "b"}}});
  EXPECT_EQ(s3.call("CreateBucket", tagged).code, "BucketAlreadyOwnedByYou");
}

TEST(Buckets, names_are_shared_by_all_accounts_and_others_cannot_come_in) {
  Harness s3;
  s3.call("CreateBucket", named("mine"));
  s3.put("mine", "k", "data");
  s3.set_account("444455556666");
  EXPECT_EQ(s3.call("CreateBucket", named("mine")).code, "BucketAlreadyExists");
  EXPECT_EQ(s3.get("mine", "k").code, "AccessDenied");
  EXPECT_EQ(s3.put("mine", "k", "other").code, "AccessDenied");
  EXPECT_EQ(s3.call("DeleteBucket", named("mine")).code, "AccessDenied");
  EXPECT_TRUE(s3.call("ListBuckets", Json::object()).out["Buckets"].empty());
  s3.be_anonymous();
  EXPECT_EQ(s3.get("mine", "k").code, "AccessDenied");
  EXPECT_EQ(s3.call("CreateBucket", named("another")).code, "AccessDenied");
}

TEST(Buckets, another_regions_signature_is_told_the_right_one) {
  Harness s3;
  s3.region = "eu-west-1";
  s3.call("CreateBucket", in_region("far", "eu-west-1"));
  s3.region = "us-east-1";
  Answer answer = s3.call("HeadBucket", named("far"));
  EXPECT_EQ(answer.code, "AuthorizationHeaderMalformed");
  EXPECT_EQ(answer.message, "The authorization header is malformed; the region 'us-east-1' is wrong; expecting 'eu-west-1'");
  EXPECT_EQ(answer.details["Region"], "eu-west-1");
  EXPECT_EQ(answer.headers["x-amz-bucket-region"], "eu-west-1");
  EXPECT_EQ(s3.call("GetBucketLocation", named("far")).text("LocationConstraint"), "eu-west-1");
  s3.host = "s3.us-west-2.amazonaws.com";
  s3.region = "us-west-2";
  answer = s3.get("far", "k");
  EXPECT_EQ(answer.code, "PermanentRedirect");
  EXPECT_EQ(answer.status, 301);
  EXPECT_EQ(answer.details["Endpoint"], "far.s3.eu-west-1.amazonaws.com");
}

TEST(Buckets, bad_names_are_refused) {
  Harness s3;
  for (const char* name : {"Upper", "ab", "a..b", "192.168.0.1", "-a-b", "with_underscore", "../etc"}) {
    EXPECT_EQ(s3.call("CreateBucket", named(name)).code, "InvalidBucketName") << name;
    EXPECT_EQ(s3.call("HeadBucket", named(name)).code, "InvalidBucketName") << name;
  }
}

TEST(Buckets, the_expected_owner_is_checked) {
  Harness s3;
  s3.call("CreateBucket", named("mine"));
  EXPECT_TRUE(s3.call("HeadBucket", {{"Bucket", "mine"}, {"ExpectedBucketOwner", "111122223333"}}).ok());
  EXPECT_EQ(s3.call("HeadBucket", {{"Bucket", "mine"}, {"ExpectedBucketOwner", "444455556666"}}).code, "AccessDenied");
  EXPECT_EQ(s3.call("HeadBucket", {{"Bucket", "mine"}, {"ExpectedBucketOwner", "abcd"}}).message,
            "The value of the expected bucket owner parameter must be an AWS Account ID... [abcd]");
}

TEST(Buckets, one_with_objects_stays_and_one_with_unfinished_uploads_goes) {
  Harness s3;
  s3.call("CreateBucket", named("mine"));
  s3.put("mine", "k", "data");
  EXPECT_EQ(s3.call("DeleteBucket", named("mine")).code, "BucketNotEmpty");
  s3.call("DeleteObject", {{"Bucket", "mine"}, {"Key", "k"}});
  const std::string id = s3.call("CreateMultipartUpload", {{"Bucket", "mine"}, {"Key", "k"}}).text("UploadId");
  s3.call("UploadPart", {{"Bucket", "mine"}, {"Key", "k"}, {"UploadId", id}, {"PartNumber", 1}}, {std::string(100'000, 'x'), ""});
  EXPECT_EQ(s3.call("DeleteBucket", named("mine")).status, 204);
  EXPECT_EQ(s3.documents(""), 0u);
  EXPECT_EQ(s3.blob_count(), 0u);
}

TEST(Buckets, settings_go_with_their_bucket_and_no_other) {
  Harness s3;
  for (const char* name : {"mine", "mine-too"}) {
    s3.call("CreateBucket", named(name));
    state::Transaction state(s3.store());
    put_bucket_setting(state, name, "colour", {{"is", name}});
    put_bucket_setting(state, name, "size", {{"is", 7}});
    ASSERT_TRUE(s3.commit(state));
  }
  s3.call("DeleteBucket", named("mine"));
  state::Transaction state(s3.store());
  EXPECT_FALSE(bucket_setting(state, "mine", "colour"));
  EXPECT_FALSE(bucket_setting(state, "mine", "size"));
  EXPECT_EQ(bucket_setting(state, "mine-too", "colour"), (Json{{"is", "mine-too"}}));
  erase_bucket_setting(state, "mine-too", "colour");
  EXPECT_FALSE(bucket_setting(state, "mine-too", "colour"));
  EXPECT_TRUE(bucket_setting(state, "mine-too", "size"));
}

TEST(Buckets, deleting_loses_against_an_object_that_came_meanwhile) {
  Harness s3;
  s3.call("CreateBucket", named("mine"));
  s3.before_commit = [&] { s3.put("mine", "late", "data"); };
  EXPECT_EQ(s3.call("DeleteBucket", named("mine")).code, "BucketNotEmpty");
  EXPECT_EQ(s3.get("mine", "late").body, "data");
}

TEST(Buckets, are_listed_by_page_prefix_and_region) {
  Harness s3;
  for (const char* name : {"alpha", "beta-1", "beta-2", "gamma"}) s3.call("CreateBucket", named(name));
  s3.call("CreateBucket", in_region("beta-3", "eu-west-1"));
  const Answer first = s3.call("ListBuckets", {{"MaxBuckets", 2}, {"Prefix", "beta"}});
  ASSERT_EQ(first.out["Buckets"].size(), 2u);
  EXPECT_EQ(first.out["Buckets"][1]["Name"], "beta-2");
  EXPECT_EQ(first.out["Buckets"][1]["BucketRegion"], "us-east-1");
  const Answer second =
      s3.call("ListBuckets", {{"MaxBuckets", 2}, {"Prefix", "beta"}, {"ContinuationToken", first.text("ContinuationToken")}});
  ASSERT_EQ(second.out["Buckets"].size(), 1u);
  EXPECT_EQ(second.out["Buckets"][0]["Name"], "beta-3");
  EXPECT_FALSE(second.out.contains("ContinuationToken"));
  EXPECT_EQ(s3.call("ListBuckets", {{"BucketRegion", "eu-west-1"}}).out["Buckets"].size(), 1u);
  EXPECT_EQ(s3.call("ListBuckets", {{"Prefix", "alpha"}}).out["Buckets"].size(), 1u);
}

TEST(Buckets, todays_defaults_of_new_ones_are_told) {
  Harness s3;
  s3.call("CreateBucket", named("mine"));
  const Answer encryption = s3.call("GetBucketEncryption", named("mine"));
  EXPECT_EQ(encryption.out["ServerSideEncryptionConfiguration"]["Rules"][0]["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"],
            "AES256");
  EXPECT_TRUE(s3.call("GetPublicAccessBlock", named("mine")).out["PublicAccessBlockConfiguration"]["RestrictPublicBuckets"].get<bool>());
  EXPECT_EQ(s3.call("GetBucketOwnershipControls", named("mine")).out["OwnershipControls"]["Rules"][0]["ObjectOwnership"],
            "BucketOwnerEnforced");
  EXPECT_TRUE(s3.call("GetBucketVersioning", named("mine")).out.empty());
  EXPECT_EQ(s3.call("GetBucketLifecycleConfiguration", named("mine")).code, "NoSuchLifecycleConfiguration");
  EXPECT_EQ(s3.call("GetBucketWebsite", named("mine")).details["BucketName"], "mine");
  EXPECT_EQ(s3.call("GetBucketWebsite", named("none-such")).code, "NoSuchBucket");
}

TEST(Buckets, settings_that_are_not_here_are_refused_at_creation) {
  Harness s3;
  Json in = named("mine");
  in["ObjectOwnership"] = "RandomValue";
  EXPECT_EQ(s3.call("CreateBucket", in).message, "Invalid x-amz-object-ownership header: RandomValue");
  in = named("mine");
  in["ACL"] = "public-read";
  EXPECT_EQ(s3.call("CreateBucket", in).code, "InvalidBucketAclWithObjectOwnership");
}

TEST(Buckets, tags_can_be_set_read_and_removed) {
  Harness s3;
  s3.call("CreateBucket", named("mine"));
  const auto put = [&](Json set) { return s3.call("PutBucketTagging", {{"Bucket", "mine"}, {"Tagging", {{"TagSet", std::move(set)}}}}); };
  EXPECT_EQ(s3.call("GetBucketTagging", named("mine")).code, "NoSuchTagSet");
  EXPECT_EQ(put(Json::array({{{"Key", "tag1"}, {"Value", "tag1"}}, {{"Key", "tag2"}, {"Value", ""}}})).status, 204);
  const Answer tags = s3.call("GetBucketTagging", named("mine"));
  ASSERT_EQ(tags.out["TagSet"].size(), 2u);
  EXPECT_EQ(tags.out["TagSet"][1]["Key"], "tag2");
  EXPECT_EQ(put(Json::array({{{"Key", "Key1"}, {"Value", "a"}}, {{"Key", "Key1"}, {"Value", "b"}}})).message,
            "Cannot provide multiple Tags with the same key");
  EXPECT_EQ(put(Json::array({{{"Key", "Key1,Key2"}, {"Value", "a"}}})).message, "The TagKey you have provided is invalid");
  EXPECT_EQ(put(Json::array({{{"Key", "aws:prefixed"}, {"Value", "a"}}})).message, "System tags cannot be added/updated by requester");
  EXPECT_EQ(put(Json::array({{{"Key", "Key1"}}})).code, "MalformedXML");
  EXPECT_EQ(s3.call("DeleteBucketTagging", named("mine")).status, 204);
  EXPECT_EQ(s3.call("GetBucketTagging", named("mine")).code, "NoSuchTagSet");
}

TEST(Buckets, a_policy_is_kept_as_sent_and_a_public_one_refused) {
  Harness s3;
  s3.call("CreateBucket", named("mine"));
  const auto put = [&](std::string policy) { return s3.call("PutBucketPolicy", {{"Bucket", "mine"}, {"Policy", std::move(policy)}}); };
  EXPECT_EQ(s3.call("GetBucketPolicy", named("mine")).message, "The bucket policy does not exist");
  const std::string kept = R"({ "Version":"2012-10-17", "Statement":[{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},)"
                           R"("Action":"s3:GetBucketAcl","Resource":"arn:aws:s3:::mine"}]})";
  EXPECT_EQ(put(kept).status, 204);
  EXPECT_EQ(s3.call("GetBucketPolicy", named("mine")).text("Policy"), kept);
  EXPECT_FALSE(s3.call("GetBucketPolicyStatus", named("mine")).out["PolicyStatus"]["IsPublic"].get<bool>());
  EXPECT_EQ(put("").message, "Policies must be valid JSON and the first byte must be '{'");
  EXPECT_EQ(put("random").message, "Policies must be valid JSON and the first byte must be '{'");
  EXPECT_EQ(put("{}").message, "Missing required field Statement");
  EXPECT_EQ(put(R"({"Statement":{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::other/*"}})").code,
            "MalformedPolicy");
  EXPECT_EQ(put(R"({"Statement":{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::mine/*"}})").code,
            "AccessDenied");
  EXPECT_TRUE(put(R"({"Statement":{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::mine/*",)"
                  R"("Condition":{"StringEquals":{"aws:PrincipalOrgID":"o-12345"}}}})")
                  .ok());
  EXPECT_EQ(s3.call("DeleteBucketPolicy", named("mine")).status, 204);
  EXPECT_EQ(s3.call("GetBucketPolicyStatus", named("mine")).code, "NoSuchBucketPolicy");
}

TEST(Buckets, access_control_lists_can_be_read_and_not_changed) {
  Harness s3;
  s3.call("CreateBucket", named("mine"));
  const Answer acl = s3.call("GetBucketAcl", named("mine"));
  EXPECT_EQ(acl.out["Owner"]["ID"].get<std::string>().size(), 64u);
  ASSERT_EQ(acl.out["Grants"].size(), 1u);
  EXPECT_EQ(acl.out["Grants"][0]["Permission"], "FULL_CONTROL");
  EXPECT_EQ(s3.call("PutBucketAcl", {{"Bucket", "mine"}, {"ACL", "public-read"}}).code, "AccessControlListNotSupported");
  EXPECT_EQ(s3.call("PutBucketAcl", {{"Bucket", "mine"}, {"ACL", "fake-acl"}}).code, "InvalidArgument");
  EXPECT_EQ(s3.call("PutBucketAcl", named("mine")).code, "MissingSecurityHeader");
}

}  // namespace
}  // namespace cairn::s3
