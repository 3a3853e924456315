#include "services/s3/access_list.h"
#include "services/s3/bucket.h"
#include "services/s3/harness.h"

namespace cairn::s3 {
namespace {

const std::string kOwner = "111122223333", kOther = "444455556666", kThird = "777788889999";

std::string id_of(const std::string& account) { return owner_id(aws::AccountId(account)); }

Json owned(const std::string& owner, Json grants) {
  Json policy;
  policy["Owner"] = {{"ID", owner}};
  policy["Grants"] = std::move(grants);
  return policy;
}
Json to_account(const std::string& account, const std::string& permission) {
  Json grant;
  grant["Grantee"] = {{"ID", id_of(account)}, {"Type", "CanonicalUser"}};
  grant["Permission"] = permission;
  return grant;
}

/// A bucket with lists, open to what they give.
class Lists : public testing::Test {
 protected:
  void SetUp() override {
    state::Transaction state(s3.store());
    for (const std::string& account : {kOwner, kOther, kThird})
      state.put("iam/account/" + account, R"({"created":"2026-01-01T00:00:00Z"})");
    ASSERT_TRUE(s3.commit(state));
    make("logs", "ObjectWriter");
  }
  void make(const std::string& bucket, const std::string& ownership) {
    s3.be_user(kOwner);
    ASSERT_TRUE(s3.call("CreateBucket", {{"Bucket", bucket}, {"ObjectOwnership", ownership}}).ok());
    ASSERT_TRUE(s3.call("DeletePublicAccessBlock", {{"Bucket", bucket}}).ok());
  }
  Answer put(const std::string& key, const Json& more = Json::object(), const std::string& bucket = "logs") {
    Json in{{"Bucket", bucket}, {"Key", key}};
    in.update(more);
    return s3.call("PutObject", in, {"data", ""});
  }
  Answer bucket_acl(const Json& more) {
    Json in{{"Bucket", "logs"}};
    in.update(more);
    return s3.call("PutBucketAcl", in);
  }
  std::string owner_of(const std::string& key, const std::string& bucket = "logs") {
    const Answer answer = s3.call("GetObjectAcl", {{"Bucket", bucket}, {"Key", key}});
    return answer.ok() ? answer.out["Owner"]["ID"].get<std::string>() : answer.code;
  }
  Json block(const std::string& setting) { return {{"Bucket", "logs"}, {"PublicAccessBlockConfiguration", {{setting, true}}}}; }
  Harness s3;
};

TEST_F(Lists, a_public_object_is_everyones_to_read_and_no_ones_to_write) {
  ASSERT_TRUE(put("open", {{"ACL", "public-read"}}).ok());
  ASSERT_TRUE(put("closed").ok());
  s3.be_anonymous();
  EXPECT_EQ(s3.get("logs", "open").body, "data");
  EXPECT_EQ(s3.get("logs", "closed").code, "AccessDenied");
  EXPECT_EQ(s3.get("logs", "absent").code, "AccessDenied");
  EXPECT_EQ(put("open").code, "AccessDenied");
  EXPECT_EQ(s3.call("GetObjectAcl", {{"Bucket", "logs"}, {"Key", "open"}}).code, "AccessDenied");
  EXPECT_EQ(s3.call("DeleteObject", {{"Bucket", "logs"}, {"Key", "open"}}).code, "AccessDenied");
  EXPECT_EQ(s3.call("ListObjectsV2", {{"Bucket", "logs"}}).code, "AccessDenied");
}

TEST_F(Lists, authenticated_read_asks_for_an_account) {
  ASSERT_TRUE(put("members", {{"ACL", "authenticated-read"}}).ok());
  s3.be_user(kOther);
  EXPECT_EQ(s3.get("logs", "members").body, "data");
  s3.be_anonymous();
  EXPECT_EQ(s3.get("logs", "members").code, "AccessDenied");
}

TEST_F(Lists, a_grant_is_for_the_account_and_for_its_permission) {
  ASSERT_TRUE(put("shared", {{"GrantRead", "id=\"" + id_of(kOther) + "\""}}).ok());
  s3.be_user(kOther);
  EXPECT_EQ(s3.get("logs", "shared").body, "data");
  EXPECT_EQ(owner_of("shared"), "AccessDenied") << "READ is not READ_ACP";
  s3.caller().is_administrator = false;
  EXPECT_EQ(s3.get("logs", "shared").code, "AccessDenied") << "the account's users need a permission of their own";
  s3.be_user(kThird);
  EXPECT_EQ(s3.get("logs", "shared").code, "AccessDenied");
}

TEST_F(Lists, a_policy_that_denies_stands_over_a_list_that_gives) {
  ASSERT_TRUE(put("open", {{"ACL", "public-read"}}).ok());
  ASSERT_TRUE(s3.call("PutBucketPolicy", {{"Bucket", "logs"},
                                          {"Policy", R"({"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*",)"
                                                     R"("Action":"s3:GetObject","Resource":"arn:aws:s3:::logs/*"}]})"}})
                  .ok());
  s3.be_anonymous();
  EXPECT_EQ(s3.get("logs", "open").code, "AccessDenied");
}

TEST_F(Lists, what_another_account_writes_is_its_own_until_it_gives) {
  ASSERT_TRUE(bucket_acl({{"GrantWrite", "id=" + id_of(kOther)}, {"GrantFullControl", "id=" + id_of(kOwner)}}).ok());
  s3.be_user(kOther);
  ASSERT_TRUE(put("theirs").ok());
  EXPECT_EQ(owner_of("theirs"), id_of(kOther));
  EXPECT_EQ(s3.get("logs", "theirs").body, "data");
  EXPECT_EQ(s3.call("ListObjectsV2", {{"Bucket", "logs"}}).code, "AccessDenied") << "WRITE is not READ";
  s3.be_user(kOwner);
  EXPECT_EQ(s3.get("logs", "theirs").code, "AccessDenied") << "the bucket's owner was given nothing";
  EXPECT_EQ(owner_of("theirs"), "AccessDenied");
  s3.be_root();
  EXPECT_EQ(s3.get("logs", "theirs").code, "AccessDenied");
  s3.be_user(kOther);
  ASSERT_TRUE(s3.call("PutObjectAcl", {{"Bucket", "logs"}, {"Key", "theirs"}, {"ACL", "bucket-owner-full-control"}}).ok());
  s3.be_user(kOwner);
  EXPECT_EQ(s3.get("logs", "theirs").body, "data");
  EXPECT_EQ(owner_of("theirs"), id_of(kOther)) << "full control is no ownership";
  EXPECT_EQ(s3.call("ListObjects", {{"Bucket", "logs"}}).out["Contents"][0]["Owner"]["ID"], id_of(kOther));
}

TEST_F(Lists, an_upload_is_its_writers) {
  ASSERT_TRUE(bucket_acl({{"GrantWrite", "id=" + id_of(kOther)}, {"GrantFullControl", "id=" + id_of(kOwner)}}).ok());
  s3.be_user(kOther);
  const std::string upload = s3.call("CreateMultipartUpload", {{"Bucket", "logs"}, {"Key", "parts"}}).text("UploadId");
  s3.be_user(kOwner);
  EXPECT_EQ(s3.call("ListParts", {{"Bucket", "logs"}, {"Key", "parts"}, {"UploadId", upload}}).out["Owner"]["ID"], id_of(kOther));
  EXPECT_EQ(s3.call("ListMultipartUploads", {{"Bucket", "logs"}}).out["Uploads"][0]["Owner"]["ID"], id_of(kOther));
  const Json in{{"Bucket", "logs"}, {"Key", "parts"}, {"UploadId", upload}};
  s3.be_user(kThird);
  EXPECT_EQ(s3.call("ListParts", in).code, "AccessDenied");
  EXPECT_EQ(s3.call("AbortMultipartUpload", in).code, "AccessDenied");
  s3.be_user(kOther);
  EXPECT_TRUE(s3.call("ListParts", in).ok());
  EXPECT_TRUE(s3.call("AbortMultipartUpload", in).ok());
}

TEST_F(Lists, a_list_that_gives_to_the_buckets_owner_alone_needs_no_permission_of_its_own) {
  ASSERT_TRUE(
      s3.call("PutBucketPolicy", {{"Bucket", "logs"},
                                  {"Policy", R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"444455556666"},)"
                                             R"("Action":"s3:PutObject","Resource":"arn:aws:s3:::logs/*","Condition":{"StringEquals":)"
                                             R"({"s3:x-amz-grant-full-control":"id=)" +
                                                 id_of(kOwner) + R"("}}}]})"}})
          .ok());
  s3.be_user(kOther);
  const std::string to_owner = "id=" + id_of(kOwner);
  s3.headers = {{"x-amz-grant-full-control", to_owner}};
  EXPECT_TRUE(put("k", {{"GrantFullControl", to_owner}}).ok());
  EXPECT_EQ(put("k", {{"GrantFullControl", to_owner}, {"GrantRead", "id=" + id_of(kThird)}}).code, "AccessDenied");
  s3.headers.clear();
  EXPECT_EQ(put("k").code, "AccessDenied");
}

TEST_F(Lists, the_bucket_policy_gives_nothing_of_what_another_account_owns) {
  ASSERT_TRUE(bucket_acl({{"ACL", "public-read-write"}}).ok());
  s3.be_user(kOther);
  ASSERT_TRUE(put("theirs").ok());
  s3.be_user(kOwner);
  ASSERT_TRUE(put("ours").ok());
  ASSERT_TRUE(s3.call("PutBucketPolicy", {{"Bucket", "logs"},
                                          {"Policy", R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":)"
                                                     R"("777788889999"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::logs/*"}]})"}})
                  .ok());
  s3.be_user(kThird);
  EXPECT_TRUE(s3.get("logs", "ours").ok());
  EXPECT_EQ(s3.get("logs", "theirs").code, "AccessDenied");
}

TEST_F(Lists, the_bucket_owner_can_always_delete) {
  ASSERT_TRUE(bucket_acl({{"ACL", "public-read-write"}}).ok());
  s3.be_user(kOther);
  ASSERT_TRUE(put("theirs").ok());
  ASSERT_TRUE(put("theirs-too").ok());
  s3.be_user(kThird);
  EXPECT_EQ(s3.call("DeleteObject", {{"Bucket", "logs"}, {"Key", "theirs"}}).code, "AccessDenied");
  s3.be_user(kOwner);
  EXPECT_TRUE(s3.call("DeleteObject", {{"Bucket", "logs"}, {"Key", "theirs"}}).ok());
  s3.be_user(kOther);
  EXPECT_TRUE(s3.call("DeleteObject", {{"Bucket", "logs"}, {"Key", "theirs-too"}}).ok()) << "and so can who owns the object";
}

TEST_F(Lists, preferred_ownership_takes_what_is_given_whole) {
  make("preferring", "BucketOwnerPreferred");
  ASSERT_TRUE(s3.call("PutBucketAcl", {{"Bucket", "preferring"}, {"ACL", "public-read-write"}}).ok());
  s3.be_user(kOther);
  ASSERT_TRUE(put("given", {{"ACL", "bucket-owner-full-control"}}, "preferring").ok());
  ASSERT_TRUE(put("kept", Json::object(), "preferring").ok());
  EXPECT_EQ(owner_of("kept", "preferring"), id_of(kOther));
  EXPECT_EQ(owner_of("given", "preferring"), "AccessDenied");
  s3.be_user(kOwner);
  EXPECT_EQ(owner_of("given", "preferring"), id_of(kOwner));
}

TEST_F(Lists, enforced_ownership_makes_everything_the_bucket_owners_and_lists_count_no_more) {
  ASSERT_TRUE(bucket_acl({{"ACL", "public-read-write"}}).ok());
  s3.be_user(kOther);
  ASSERT_TRUE(put("theirs", {{"ACL", "public-read"}}).ok());
  s3.be_user(kOwner);
  const auto enforce = [&] {
    Json rule{{"ObjectOwnership", "BucketOwnerEnforced"}};
    return s3.call("PutBucketOwnershipControls", {{"Bucket", "logs"}, {"OwnershipControls", {{"Rules", Json::array({rule})}}}});
  };
  EXPECT_EQ(enforce().code, "InvalidBucketAclWithObjectOwnership") << "the bucket's own list must go first";
  ASSERT_TRUE(bucket_acl({{"ACL", "private"}}).ok());
  ASSERT_TRUE(enforce().ok());
  EXPECT_EQ(s3.get("logs", "theirs").body, "data");
  EXPECT_EQ(owner_of("theirs"), id_of(kOwner));
  s3.be_anonymous();
  EXPECT_EQ(s3.get("logs", "theirs").code, "AccessDenied");
  s3.be_user(kOther);
  EXPECT_EQ(s3.get("logs", "theirs").code, "AccessDenied");
  s3.be_user(kOwner);
  EXPECT_EQ(put("k", {{"ACL", "public-read"}}).code, "AccessControlListNotSupported");
  EXPECT_EQ(put("k", {{"GrantRead", "id=" + id_of(kOther)}}).message, "The bucket does not allow ACLs");
  EXPECT_TRUE(put("k", {{"ACL", "bucket-owner-full-control"}}).ok());
  ASSERT_TRUE(s3.call("DeleteBucketOwnershipControls", {{"Bucket", "logs"}}).ok());
  EXPECT_EQ(s3.call("GetBucketOwnershipControls", {{"Bucket", "logs"}}).code, "OwnershipControlsNotFoundError");
  EXPECT_EQ(owner_of("theirs"), "AccessDenied") << "lists count again, and the owner they speak of is back";
}

TEST_F(Lists, lists_are_read_back_as_they_were_written) {
  Json grants = Json::array({to_account(kOther, "READ_ACP"), to_account(kOwner, "FULL_CONTROL")});
  Json group;
  group["Grantee"] = {{"Type", "Group"}, {"URI", kAuthenticatedUsers}};
  group["Permission"] = "READ";
  grants.push_back(group);
  ASSERT_TRUE(put("k").ok());
  ASSERT_TRUE(s3.call("PutObjectAcl", {{"Bucket", "logs"}, {"Key", "k"}, {"AccessControlPolicy", owned(id_of(kOwner), grants)}}).ok());
  const Answer read = s3.call("GetObjectAcl", {{"Bucket", "logs"}, {"Key", "k"}});
  EXPECT_EQ(read.out["Grants"], grants);
  EXPECT_EQ(s3.call("GetBucketAcl", {{"Bucket", "logs"}}).out["Grants"], Json::array({to_account(kOwner, "FULL_CONTROL")}));
  ASSERT_TRUE(bucket_acl({{"ACL", "log-delivery-write"}}).ok());
  EXPECT_EQ(s3.call("GetBucketAcl", {{"Bucket", "logs"}}).out["Grants"].size(), 3u);
  s3.be_service("logging.s3.amazonaws.com", "arn:aws:s3:::watched", kOwner);
  EXPECT_TRUE(put("log/1").ok());
  s3.be_service("cloudtrail.amazonaws.com", "arn:aws:s3:::watched", kOwner);
  EXPECT_EQ(put("log/2").code, "AccessDenied") << "the group is log delivery's alone";
}

TEST_F(Lists, refusals_are_s3s) {
  EXPECT_EQ(put("k", {{"ACL", "opne"}}).details["ArgumentName"], "x-amz-acl");
  EXPECT_EQ(put("k", {{"ACL", "private"}, {"GrantRead", "id=" + id_of(kOther)}}).message,
            "Specifying both Canned ACLs and Header Grants is not allowed");
  EXPECT_EQ(put("k", {{"GrantRead", "id=" + std::string(64, 'a')}}).message, "Invalid id");
  EXPECT_EQ(put("k", {{"GrantRead", "uri=http://acs.amazonaws.com/groups/global/Everybody"}}).message, "Invalid group uri");
  EXPECT_EQ(put("k", {{"GrantRead", "emailAddress=a@example.com"}}).code, "UnresolvableGrantByEmailAddress");
  EXPECT_EQ(put("k", {{"GrantRead", "whoever"}}).code, "InvalidArgument");
  EXPECT_EQ(bucket_acl(Json::object()).code, "MissingSecurityHeader");
  EXPECT_EQ(bucket_acl({{"AccessControlPolicy", owned(id_of(kOther), Json::array({to_account(kOther, "READ")}))}}).code, "AccessDenied")
      << "an owner is not changed";
  EXPECT_EQ(bucket_acl({{"AccessControlPolicy", owned(id_of(kOwner), Json::array({to_account(kOther, "READS")}))}}).code,
            "MalformedACLError");
  EXPECT_EQ(bucket_acl({{"ACL", "private"}, {"AccessControlPolicy", owned(id_of(kOwner), Json::array())}}).code, "UnexpectedContent");
}

TEST_F(Lists, public_ones_are_kept_out_or_ignored_where_public_access_is_blocked) {
  ASSERT_TRUE(put("open", {{"ACL", "public-read"}}).ok());
  ASSERT_TRUE(s3.call("PutPublicAccessBlock", block("BlockPublicAcls")).ok());
  EXPECT_EQ(put("k", {{"ACL", "public-read"}}).message,
            "User: arn:aws:iam::111122223333:user/alice is not authorized to perform: s3:PutObject on resource: \"arn:aws:s3:::logs/k\" "
            "because public access control lists (ACLs) are prevented by the BlockPublicAcls setting in S3 Block Public Access.");
  EXPECT_EQ(bucket_acl({{"ACL", "authenticated-read"}}).code, "AccessDenied");
  EXPECT_EQ(put("k", {{"GrantRead", "uri=" + std::string(kAllUsers)}}).code, "AccessDenied");
  EXPECT_TRUE(put("k", {{"GrantRead", "id=" + id_of(kOther)}}).ok());
  s3.be_anonymous();
  EXPECT_TRUE(s3.get("logs", "open").ok()) << "what was there before still gives";
  s3.be_user(kOwner);
  ASSERT_TRUE(s3.call("PutPublicAccessBlock", block("IgnorePublicAcls")).ok());
  s3.be_anonymous();
  EXPECT_EQ(s3.get("logs", "open").code, "AccessDenied");
  s3.be_user(kOther);
  EXPECT_TRUE(s3.get("logs", "k").ok()) << "a grant to an account is not public";
}

TEST_F(Lists, an_accounts_block_holds_for_all_its_buckets) {
  ASSERT_TRUE(put("open", {{"ACL", "public-read"}}).ok());
  const auto configure = [&](const std::string& account, Json configuration) {
    return s3.call("s3control:PutPublicAccessBlock",
                   {{"AccountId", account}, {"PublicAccessBlockConfiguration", std::move(configuration)}});
  };
  EXPECT_EQ(s3.call("s3control:GetPublicAccessBlock", {{"AccountId", kOwner}}).code, "NoSuchPublicAccessBlockConfiguration");
  EXPECT_EQ(configure(kOther, {{"IgnorePublicAcls", true}}).code, "AccessDenied") << "of another account";
  ASSERT_TRUE(configure(kOwner, {{"IgnorePublicAcls", true}}).ok());
  s3.be_anonymous();
  EXPECT_EQ(s3.get("logs", "open").code, "AccessDenied");
  s3.be_user(kOwner);
  EXPECT_EQ(s3.call("s3control:GetPublicAccessBlock", {{"AccountId", kOwner}}).out["PublicAccessBlockConfiguration"],
            (Json{{"BlockPublicAcls", false}, {"IgnorePublicAcls", true}, {"BlockPublicPolicy", false}, {"RestrictPublicBuckets", false}}));
  ASSERT_TRUE(s3.call("s3control:DeletePublicAccessBlock", {{"AccountId", kOwner}}).ok());
  s3.be_anonymous();
  EXPECT_TRUE(s3.get("logs", "open").ok());
}

TEST_F(Lists, restricted_buckets_with_a_public_policy_are_for_their_own_account) {
  ASSERT_TRUE(put("k").ok());
  const std::string policy =
      R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::logs/*"},)"
      R"({"Effect":"Allow","Principal":{"AWS":"444455556666"},"Action":"s3:ListBucket","Resource":"arn:aws:s3:::logs"}]})";
  ASSERT_TRUE(s3.call("PutBucketPolicy", {{"Bucket", "logs"}, {"Policy", policy}}).ok());
  EXPECT_TRUE(s3.call("GetBucketPolicyStatus", {{"Bucket", "logs"}}).out["PolicyStatus"]["IsPublic"].get<bool>());
  s3.be_anonymous();
  EXPECT_TRUE(s3.get("logs", "k").ok());
  s3.be_user(kOther);
  EXPECT_TRUE(s3.call("ListObjectsV2", {{"Bucket", "logs"}}).ok());
  s3.be_user(kOwner);
  ASSERT_TRUE(s3.call("PutPublicAccessBlock", block("RestrictPublicBuckets")).ok());
  EXPECT_TRUE(s3.get("logs", "k").ok());
  s3.be_anonymous();
  EXPECT_EQ(s3.get("logs", "k").code, "AccessDenied");
  s3.be_user(kOther);
  EXPECT_EQ(s3.call("ListObjectsV2", {{"Bucket", "logs"}}).code, "AccessDenied") << "those it names are kept out, too";
  s3.be_user(kOwner);
  ASSERT_TRUE(s3.call("PutPublicAccessBlock", block("BlockPublicPolicy")).ok());
  EXPECT_EQ(s3.call("PutBucketPolicy", {{"Bucket", "logs"}, {"Policy", policy}}).code, "AccessDenied");
  s3.be_anonymous();
  EXPECT_TRUE(s3.get("logs", "k").ok()) << "a policy that is there stays";
}

TEST_F(Lists, a_new_bucket_cannot_be_made_public) {
  s3.be_user(kOwner);
  EXPECT_EQ(s3.call("CreateBucket", {{"Bucket", "fresh"}, {"ACL", "public-read"}}).code, "InvalidBucketAclWithObjectOwnership");
  EXPECT_EQ(s3.call("CreateBucket", {{"Bucket", "fresh"}, {"ACL", "public-read"}, {"ObjectOwnership", "ObjectWriter"}}).code,
            "InvalidBucketAclWithBlockPublicAccessError");
  EXPECT_TRUE(s3.call("CreateBucket", {{"Bucket", "fresh"}, {"ACL", "private"}}).ok());
}

TEST_F(Lists, nothing_of_them_stays_when_the_bucket_goes) {
  ASSERT_TRUE(bucket_acl({{"ACL", "public-read"}}).ok());
  ASSERT_TRUE(s3.call("DeleteBucket", {{"Bucket", "logs"}}).ok());
  EXPECT_EQ(s3.documents("s3/"), 0u);
}

TEST(PublicPolicies, are_what_s3_calls_so) {
  Harness s3;
  s3.call("CreateBucket", {{"Bucket", "logs"}});
  const auto is_public = [&](const std::string& principal, const std::string& condition) {
    const std::string policy = R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":)" + principal +
                               R"(,"Action":"s3:GetObject","Resource":"arn:aws:s3:::logs/*")" +
                               (condition.empty() ? "" : R"(,"Condition":)" + condition) + "}]}";
    s3.call("DeletePublicAccessBlock", {{"Bucket", "logs"}});
    const Answer put = s3.call("PutBucketPolicy", {{"Bucket", "logs"}, {"Policy", policy}});
    EXPECT_TRUE(put.ok()) << put.message;
    return s3.call("GetBucketPolicyStatus", {{"Bucket", "logs"}}).out["PolicyStatus"]["IsPublic"].get<bool>();
  };
  EXPECT_TRUE(is_public(R"("*")", ""));
  EXPECT_TRUE(is_public(R"({"AWS":"*"})", ""));
  EXPECT_FALSE(is_public(R"({"AWS":"444455556666"})", ""));
  EXPECT_FALSE(is_public(R"({"Service":"cloudtrail.amazonaws.com"})", ""));
  EXPECT_FALSE(is_public(R"("*")", R"({"StringEquals":{"aws:SourceVpc":"vpc-91237329"}})"));
  EXPECT_TRUE(is_public(R"("*")", R"({"StringLike":{"aws:SourceVpc":"vpc-*"}})"));
  EXPECT_FALSE(is_public(R"("*")", R"({"StringEquals":{"aws:SourceAccount":"444455556666"}})"));
  EXPECT_TRUE(is_public(R"("*")", R"({"StringEquals":{"aws:Referer":"https://example.com"}})"));
  EXPECT_FALSE(is_public(R"("*")", R"({"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}})"));
  EXPECT_FALSE(is_public(R"("*")", R"({"IpAddress":{"aws:SourceIp":"11.0.0.0/8"}})"));
  EXPECT_TRUE(is_public(R"("*")", R"({"IpAddress":{"aws:SourceIp":"0.0.0.0/1"}})"));
  EXPECT_TRUE(is_public(R"("*")", R"({"IpAddress":{"aws:SourceIp":"2000::/3"}})"));
}

}  // namespace
}  // namespace cairn::s3
