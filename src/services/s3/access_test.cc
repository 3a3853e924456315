#include <random>

#include "services/s3/actions.h"
#include "services/s3/bucket_access.h"
#include "services/s3/harness.h"

namespace cairn::s3 {
namespace {

const std::string kOwner = "111122223333", kOther = "444455556666";
const std::string kTrail = "arn:aws:cloudtrail:us-east-1:111122223333:trail/main";
const std::string kLogKey = "AWSLogs/111122223333/CloudTrail/us-east-1/2026/01/01/a.json.gz";

/// The bucket policy that AWS's guide gives for a trail.
std::string trail_policy(const std::string& source_arn = kTrail) {
  return R"({"Version":"2012-10-17","Statement":[)"
         R"({"Sid":"AclCheck","Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:GetBucketAcl",)"
         R"("Resource":"arn:aws:s3:::logs","Condition":{"StringEquals":{"aws:SourceArn":")" +
         source_arn +
         R"("}}},{"Sid":"Write","Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:PutObject",)"
         R"("Resource":"arn:aws:s3:::logs/AWSLogs/111122223333/*",)"
         R"("Condition":{"StringEquals":{"s3:x-amz-acl":"bucket-owner-full-control","aws:SourceArn":")" +
         source_arn + R"("}}}]})";
}

std::string statement(const std::string& inside) { return R"({"Version":"2012-10-17","Statement":[{)" + inside + "}]}"; }

class BucketPolicies : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(s3.call("CreateBucket", {{"Bucket", "logs"}}).ok()); }
  Answer put_policy(const std::string& policy) { return s3.call("PutBucketPolicy", {{"Bucket", "logs"}, {"Policy", policy}}); }
  void set_policy(const std::string& policy) {
    const Answer answer = put_policy(policy);
    ASSERT_TRUE(answer.ok()) << answer.message;
  }
  Answer write(const std::string& acl = "bucket-owner-full-control") {
    Json in{{"Bucket", "logs"}, {"Key", kLogKey}};
    if (!acl.empty()) in["ACL"] = acl;
    return s3.call("PutObject", in, {"events", ""});
  }
  Harness s3;
};

TEST_F(BucketPolicies, every_operation_on_a_bucket_says_what_it_needs) {
  for (const api::Family* family : services::families()) {
    if (family->service != "s3") continue;
    for (const api::Operation& operation : family->operations) {
      const bool has_no_bucket_yet = operation.name == "CreateBucket" || operation.name == "ListBuckets";
      const bool asks_for_each_key = operation.name == "DeleteObjects";
      const bool is_for_anyone = operation.name == "PreflightRequest";
      EXPECT_EQ(actions_of(operation.name).empty(), has_no_bucket_yet || asks_for_each_key || is_for_anyone) << operation.name;
    }
  }
}

TEST_F(BucketPolicies, cloudtrail_writes_by_the_guides_policy) {
  set_policy(trail_policy());
  s3.be_service("cloudtrail.amazonaws.com", kTrail, kOwner);
  EXPECT_TRUE(s3.call("GetBucketAcl", {{"Bucket", "logs"}}).ok());
  EXPECT_TRUE(write().ok());
  EXPECT_EQ(write("").message,
            "User: cloudtrail.amazonaws.com is not authorized to perform: s3:PutObject on resource: \"arn:aws:s3:::logs/" + kLogKey +
                "\" because no resource-based policy allows the s3:PutObject action");
  EXPECT_EQ(s3.get("logs", kLogKey).code, "AccessDenied");
  s3.be_service("cloudtrail.amazonaws.com", "arn:aws:cloudtrail:us-east-1:111122223333:trail/another", kOwner);
  EXPECT_EQ(write().code, "AccessDenied");
  s3.be_service("config.amazonaws.com", kTrail, kOwner);
  EXPECT_EQ(write().code, "AccessDenied");
}

TEST_F(BucketPolicies, without_a_policy_no_service_and_no_other_account_comes_in) {
  s3.be_service("cloudtrail.amazonaws.com", kTrail, kOwner);
  EXPECT_EQ(write().message, "User: cloudtrail.amazonaws.com is not authorized to perform: s3:PutObject on resource: \"arn:aws:s3:::logs/" +
                                 kLogKey + "\" because no resource-based policy allows the s3:PutObject action");
}

TEST_F(BucketPolicies, another_account_may_what_it_is_given_and_no_more) {
  s3.put("logs", "shared/a", "data");
  s3.put("logs", "private", "data");
  set_policy(
      statement(R"("Effect":"Allow","Principal":{"AWS":"444455556666"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::logs/shared/*")"));
  s3.set_account(kOther);
  EXPECT_EQ(s3.get("logs", "shared/a").body, "data");
  EXPECT_EQ(s3.get("logs", "private").message, "Access Denied");
  EXPECT_EQ(s3.put("logs", "shared/a", "other").message, "Access Denied");
  EXPECT_EQ(s3.call("ListObjectsV2", {{"Bucket", "logs"}}).message, "Access Denied");
  EXPECT_EQ(s3.get("logs", "shared/absent").code, "AccessDenied") << "who may not list does not learn what is there";
  s3.set_account("777788889999");
  EXPECT_EQ(s3.get("logs", "shared/a").code, "AccessDenied");
}

TEST_F(BucketPolicies, an_absent_key_is_told_to_those_who_may_list) {
  set_policy(R"({"Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::444455556666:root"},"Action":["s3:GetObject"],)"
             R"("Resource":"arn:aws:s3:::logs/*"},{"Effect":"Allow","Principal":{"AWS":"444455556666"},"Action":"s3:ListBucket",)"
             R"("Resource":"arn:aws:s3:::logs"}]})");
  s3.set_account(kOther);
  EXPECT_EQ(s3.get("logs", "absent").code, "NoSuchKey");
}

TEST_F(BucketPolicies, an_explicit_deny_stops_the_owners_administrators) {
  s3.put("logs", "k", "data");
  set_policy(statement(R"("Effect":"Deny","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::logs/*")"));
  EXPECT_EQ(s3.get("logs", "k").message,
            "User: arn:aws:iam::111122223333:user/alice is not authorized to perform: s3:GetObject on resource: "
            "\"arn:aws:s3:::logs/k\" with an explicit deny in a resource-based policy");
  EXPECT_TRUE(s3.put("logs", "k", "more").ok());
}

TEST_F(BucketPolicies, root_finds_back_from_a_policy_that_denies_everyone) {
  set_policy(statement(R"("Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["arn:aws:s3:::logs","arn:aws:s3:::logs/*"])"));
  EXPECT_EQ(s3.call("DeleteBucketPolicy", {{"Bucket", "logs"}}).code, "AccessDenied");
  s3.be_root();
  EXPECT_EQ(s3.call("ListObjectsV2", {{"Bucket", "logs"}}).code, "AccessDenied");
  EXPECT_TRUE(s3.call("GetBucketPolicy", {{"Bucket", "logs"}}).ok());
  EXPECT_TRUE(s3.call("DeleteBucketPolicy", {{"Bucket", "logs"}}).ok());
  EXPECT_TRUE(s3.call("ListObjectsV2", {{"Bucket", "logs"}}).ok());
}

TEST_F(BucketPolicies, one_that_cannot_be_read_denies_everything_until_root_replaces_it) {
  state::Transaction state(s3.store());
  state.put("s3/bucket-policy/logs", R"({"Statement":"of another time"})");
  ASSERT_TRUE(s3.commit(state));
  EXPECT_EQ(s3.call("ListObjectsV2", {{"Bucket", "logs"}}).code, "AccessDenied");
  s3.be_root();
  EXPECT_TRUE(s3.call("DeleteBucketPolicy", {{"Bucket", "logs"}}).ok());
  EXPECT_TRUE(s3.call("ListObjectsV2", {{"Bucket", "logs"}}).ok());
}

TEST_F(BucketPolicies, anonymous_callers_come_in_only_where_a_policy_confines_them) {
  s3.put("logs", "k", "data");
  EXPECT_EQ(put_policy(statement(R"("Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::logs/*")")).code,
            "AccessDenied")
      << "public policies are blocked";
  set_policy(statement(R"("Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::logs/*",)"
                       R"("Condition":{"IpAddress":{"aws:SourceIp":"192.0.2.0/24"}})"));
  s3.be_anonymous();
  EXPECT_EQ(s3.get("logs", "k").body, "data");
  s3.source_ip = "198.51.100.1";
  EXPECT_EQ(s3.get("logs", "k").message, "Access Denied");
}

TEST_F(BucketPolicies, plain_http_is_no_secure_transport_unless_told_so) {
  s3.put("logs", "k", "data");
  set_policy(statement(R"("Effect":"Deny","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::logs/*",)"
                       R"("Condition":{"Bool":{"aws:SecureTransport":"false"}})"));
  EXPECT_EQ(s3.get("logs", "k").code, "AccessDenied");
  s3.tls = true;
  EXPECT_TRUE(s3.get("logs", "k").ok());
  s3.tls = false;
  s3.ports().plain_counts_as_tls = true;
  EXPECT_TRUE(s3.get("logs", "k").ok());
}

TEST_F(BucketPolicies, our_own_services_count_as_secure) {
  set_policy(R"({"Version":"2012-10-17","Statement":[{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::logs/*",)"
             R"("Condition":{"Bool":{"aws:SecureTransport":"false"}}},{"Effect":"Deny","Principal":"*","Action":"s3:*",)"
             R"("Resource":"arn:aws:s3:::logs/*","Condition":{"NumericLessThan":{"s3:TlsVersion":"1.2"}}},)"
             R"({"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"s3:PutObject",)"
             R"("Resource":"arn:aws:s3:::logs/*","Condition":{"StringEquals":{"aws:SourceAccount":"111122223333"}}}]})");
  s3.be_service("cloudtrail.amazonaws.com", kTrail, kOwner);
  EXPECT_TRUE(write().ok());
}

TEST_F(BucketPolicies, conditions_see_prefixes_and_page_sizes) {
  set_policy(
      R"({"Statement":[{"Effect":"Allow","Principal":{"AWS":"444455556666"},"Action":"s3:ListBucket",)"
      R"("Resource":"arn:aws:s3:::logs","Condition":{"StringEquals":{"s3:prefix":"shared/"},"NumericLessThanEquals":{"s3:max-keys":"10"}}}]})");
  s3.set_account(kOther);
  EXPECT_TRUE(s3.call("ListObjectsV2", {{"Bucket", "logs"}, {"Prefix", "shared/"}, {"MaxKeys", 10}}).ok());
  EXPECT_FALSE(s3.call("ListObjectsV2", {{"Bucket", "logs"}, {"Prefix", "shared/"}, {"MaxKeys", 11}}).ok());
  EXPECT_FALSE(s3.call("ListObjectsV2", {{"Bucket", "logs"}, {"Prefix", "shared/"}}).ok()) << "1,000 are asked for by not asking";
  EXPECT_FALSE(s3.call("ListObjects", {{"Bucket", "logs"}, {"MaxKeys", 1}}).ok());
}

TEST_F(BucketPolicies, conditions_see_tags_of_requests_and_objects) {
  s3.call("PutObject", {{"Bucket", "logs"}, {"Key", "open"}, {"Tagging", "class=open"}}, {"data", ""});
  s3.put("logs", "closed", "data");
  set_policy(
      R"({"Statement":[{"Effect":"Allow","Principal":{"AWS":"444455556666"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::logs/*",)"
      R"("Condition":{"StringEquals":{"s3:ExistingObjectTag/class":"open"}}},)"
      R"({"Effect":"Allow","Principal":{"AWS":"444455556666"},"Action":["s3:PutObject","s3:PutObjectTagging"],)"
      R"("Resource":"arn:aws:s3:::logs/in/*","Condition":{"StringEquals":{"s3:RequestObjectTag/team":"red"}}}]})");
  s3.set_account(kOther);
  EXPECT_TRUE(s3.get("logs", "open").ok());
  EXPECT_FALSE(s3.get("logs", "closed").ok());
  EXPECT_TRUE(s3.call("PutObject", {{"Bucket", "logs"}, {"Key", "in/a"}, {"Tagging", "team=red"}}, {"data", ""}).ok());
  EXPECT_FALSE(s3.call("PutObject", {{"Bucket", "logs"}, {"Key", "in/a"}, {"Tagging", "team=blue"}}, {"data", ""}).ok());
  EXPECT_FALSE(s3.call("PutObject", {{"Bucket", "logs"}, {"Key", "in/a"}}, {"data", ""}).ok());
}

TEST_F(BucketPolicies, tags_at_a_put_need_a_permission_of_their_own) {
  set_policy(statement(R"("Effect":"Allow","Principal":{"AWS":"444455556666"},"Action":"s3:PutObject","Resource":"arn:aws:s3:::logs/*")"));
  s3.set_account(kOther);
  EXPECT_TRUE(s3.put("logs", "k", "data").ok());
  EXPECT_FALSE(s3.call("PutObject", {{"Bucket", "logs"}, {"Key", "k"}, {"Tagging", "team=red"}}, {"data", ""}).ok());
}

TEST_F(BucketPolicies, each_key_of_a_list_is_decided_by_itself) {
  s3.put("logs", "keep/a", "data");
  s3.put("logs", "b", "data");
  set_policy(statement(R"("Effect":"Deny","Principal":"*","Action":"s3:DeleteObject","Resource":"arn:aws:s3:::logs/keep/*")"));
  s3.headers = {{"content-md5", "x"}};
  const Answer answer = s3.call("DeleteObjects", {{"Bucket", "logs"}, {"Delete", {{"Objects", {{{"Key", "keep/a"}}, {{"Key", "b"}}}}}}});
  ASSERT_EQ(answer.out["Deleted"].size(), 1u);
  EXPECT_EQ(answer.out["Deleted"][0]["Key"], "b");
  ASSERT_EQ(answer.out["Errors"].size(), 1u);
  EXPECT_EQ(answer.out["Errors"][0]["Code"], "AccessDenied");
  EXPECT_EQ(s3.get("logs", "keep/a").body, "data");
}

TEST_F(BucketPolicies, a_copy_needs_leave_to_read_its_source) {
  s3.put("logs", "secret", "data");
  set_policy(statement(R"("Effect":"Deny","Principal":"*","Action":"s3:GetObject","Resource":"arn:aws:s3:::logs/secret")"));
  EXPECT_EQ(s3.call("CopyObject", {{"Bucket", "logs"}, {"Key", "copy"}, {"CopySource", "logs/secret"}}).code, "AccessDenied");
  s3.put("logs", "plain", "data");
  EXPECT_TRUE(s3.call("CopyObject", {{"Bucket", "logs"}, {"Key", "copy"}, {"CopySource", "logs/plain"}}).ok());
}

TEST_F(BucketPolicies, a_copy_that_takes_tags_along_needs_leave_for_them) {
  s3.call("PutObject", {{"Bucket", "logs"}, {"Key", "tagged"}, {"Tagging", "team=red"}}, {"data", ""});
  set_policy(statement(R"("Effect":"Deny","Principal":"*","Action":"s3:GetObjectTagging","Resource":"arn:aws:s3:::logs/*")"));
  const Json copy{{"Bucket", "logs"}, {"Key", "copy"}, {"CopySource", "logs/tagged"}};
  EXPECT_EQ(s3.call("CopyObject", copy).code, "AccessDenied");
  Json anew = copy;
  anew["TaggingDirective"] = "REPLACE";
  EXPECT_TRUE(s3.call("CopyObject", anew).ok());
}

TEST_F(BucketPolicies, a_change_counts_at_the_next_call) {
  s3.put("logs", "k", "data");
  const std::string allow =
      statement(R"("Effect":"Allow","Principal":{"AWS":"444455556666"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::logs/*")");
  for (int round = 0; round < 3; ++round) {
    s3.set_account(kOwner);
    set_policy(allow);
    s3.set_account(kOther);
    EXPECT_TRUE(s3.get("logs", "k").ok());
    s3.set_account(kOwner);
    EXPECT_TRUE(s3.call("DeleteBucketPolicy", {{"Bucket", "logs"}}).ok());
    s3.set_account(kOther);
    EXPECT_FALSE(s3.get("logs", "k").ok());
  }
}

TEST_F(BucketPolicies, malformed_ones_are_refused_and_the_spot_is_named) {
  const auto message = [&](const std::string& policy) {
    const Answer answer = put_policy(policy);
    return answer.code + ": " + answer.message;
  };
  const std::string resource = R"("Resource":"arn:aws:s3:::logs/*")";
  EXPECT_EQ(message(statement(R"("Effect":"allow","Principal":{"AWS":"111122223333"},"Action":"s3:GetObject",)" + resource)),
            "MalformedPolicy: Invalid effect: allow (Statement[0].Effect)");
  EXPECT_EQ(message(statement(R"("Effect":"Allow","Action":"s3:GetObject",)" + resource)),
            "MalformedPolicy: Missing required field Principal (Statement[0])");
  EXPECT_EQ(message(statement(R"("Effect":"Allow","Principal":{"AWS":"bob"},"Action":"s3:GetObject",)" + resource)),
            "MalformedPolicy: Invalid principal in policy (Statement[0].Principal.AWS)");
  EXPECT_EQ(message(statement(R"("Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"sns:Publish",)" + resource)),
            "MalformedPolicy: Policy has invalid action (Statement[0])");
  EXPECT_EQ(message(statement(R"("Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"s3:ListBucket",)" + resource)),
            "MalformedPolicy: Action does not apply to any resource(s) in statement (Statement[0])");
  EXPECT_EQ(message(statement(
                R"("Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"s3:GetObject","Resource":"arn:aws:s3:::other/*")")),
            "MalformedPolicy: Policy has invalid resource (Statement[0])");
  EXPECT_EQ(message(statement(R"("Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"s3:GetObject",)" + resource +
                              R"(,"Condition":{"StringLick":{"s3:prefix":"a"}})")),
            "MalformedPolicy: Invalid Condition type : StringLick (Statement[0].Condition)");
  EXPECT_EQ(message(statement(R"("Effect":"Allow","Principle":"*","Action":"s3:GetObject",)" + resource)),
            "MalformedPolicy: Unknown field Principle (Statement[0])");
}

/// Which prefix of a bucket each account was given to read, at random; and then 6,000 reads by whoever comes.
TEST_F(BucketPolicies, nobody_sees_what_was_not_given_to_him) {
  constexpr const char* kAccounts[] = {"111111111111", "222222222222", "333333333333", "444444444444"};
  constexpr const char* kPrefixes[] = {"a/", "b/", "c/"};
  std::mt19937_64 random(7);
  const auto below = [&](size_t n) { return random() % n; };
  std::map<std::string, std::pair<std::string, std::string>> given;  // bucket -> account, prefix
  for (const char* owner : kAccounts) {
    const std::string bucket = std::string("of-") + owner;
    s3.set_account(owner);
    ASSERT_TRUE(s3.call("CreateBucket", {{"Bucket", bucket}}).ok());
    for (const char* prefix : kPrefixes) ASSERT_TRUE(s3.put(bucket, std::string(prefix) + "k", "of " + bucket).ok());
    std::string to = owner;
    while (to == owner) to = kAccounts[below(4)];
    const std::string prefix = kPrefixes[below(3)];
    given[bucket] = {to, prefix};
    ASSERT_TRUE(s3.call("PutBucketPolicy",
                        {{"Bucket", bucket},
                         {"Policy", statement(R"("Effect":"Allow","Principal":{"AWS":")" + to +
                                              R"("},"Action":"s3:GetObject","Resource":"arn:aws:s3:::)" + bucket + "/" + prefix + "*\"")}})
                    .ok());
  }
  size_t seen = 0;
  for (int round = 0; round < 6000; ++round) {
    const std::string owner = kAccounts[below(4)], bucket = "of-" + owner, prefix = kPrefixes[below(3)];
    std::string who;
    switch (below(6)) {
      case 0:
        s3.be_anonymous();
        break;
      case 1:
        s3.be_service("cloudtrail.amazonaws.com", kTrail, kAccounts[below(4)]);
        break;
      default:
        who = kAccounts[below(4)];
        s3.be_user(who);
    }
    const bool is_owner = who == owner,
               may_read = is_owner || (who == given[bucket].first && prefix == given[bucket].second && !who.empty());
    const Json object{{"Bucket", bucket}, {"Key", prefix + "k"}};
    static constexpr const char* kReads[] = {"GetObject", "HeadObject", "GetObjectAttributes", "GetObjectTagging", "GetObjectAcl"};
    static constexpr const char* kLooks[] = {"ListObjectsV2", "ListObjectVersions", "HeadBucket", "GetBucketPolicy"};
    const size_t kind = below(3);
    Answer answer;
    bool allowed = is_owner;
    if (kind == 0) {
      const char* read = kReads[below(2)];
      answer = s3.call(read, object);
      allowed = may_read;
    } else if (kind == 1) {
      Json in = object;
      in["ObjectAttributes"] = "ETag";
      answer = s3.call(kReads[2 + below(3)], in);
    } else {
      answer = s3.call(kLooks[below(4)], {{"Bucket", bucket}});
    }
    ASSERT_EQ(answer.ok(), allowed) << round << " " << who << " at " << bucket << " " << prefix << ": " << answer.code;
    if (!allowed) {
      EXPECT_EQ(answer.code, "AccessDenied");
      EXPECT_TRUE(answer.out.empty());
      EXPECT_TRUE(answer.body.empty());
    }
    seen += allowed ? 1 : 0;
  }
  EXPECT_GT(seen, 1000u);
}

class Asked : public BucketPolicies {
 protected:
  Result<void, api::BucketAccess::Refusal> ask(const std::string& action, const std::string& key, Json headers = Json::object()) {
    state::Transaction state(s3.store());
    api::BucketAccess::Ask ask;
    ask.principal = {.kind = aws::Principal::Kind::kService,
                     .user_name = "cloudtrail.amazonaws.com",
                     .source_arn = kTrail,
                     .source_account = aws::AccountId(kOwner)};
    ask.bucket = bucket;
    ask.key = key;
    ask.action = action;
    ask.headers = std::move(headers);
    ask.now = s3.clock().now();
    return access.check(state, ask);
  }
  std::string reason(const std::string& action, const std::string& key, Json headers = Json::object()) {
    const auto answer = ask(action, key, std::move(headers));
    return answer ? "allowed" : answer.error().reason;
  }
  const Json full_control{{"x-amz-acl", "bucket-owner-full-control"}};
  std::string bucket = "logs";
  PolicyBucketAccess access;
};

TEST_F(Asked, the_guides_policy_lets_cloudtrail_in) {
  set_policy(trail_policy());
  EXPECT_EQ(reason("s3:GetBucketAcl", ""), "allowed");
  EXPECT_EQ(reason("s3:PutObject", kLogKey, full_control), "allowed");
}

TEST_F(Asked, a_bucket_that_is_not_there_is_told_apart) {
  bucket = "none";
  const auto answer = ask("s3:GetBucketAcl", "");
  ASSERT_FALSE(answer.has_value());
  EXPECT_EQ(answer.error().kind, api::BucketAccess::Refusal::kNoSuchBucket);
}

TEST_F(Asked, what_is_missing_is_named) {
  EXPECT_EQ(reason("s3:GetBucketAcl", ""),
            "bucket logs has no policy, so that nothing allows cloudtrail.amazonaws.com s3:GetBucketAcl on arn:aws:s3:::logs");
  set_policy(statement(R"("Effect":"Allow","Principal":{"AWS":"444455556666"},"Action":"s3:ListBucket","Resource":"arn:aws:s3:::logs")"));
  EXPECT_EQ(reason("s3:GetBucketAcl", ""), "no statement of the bucket policy names cloudtrail.amazonaws.com as principal");
  set_policy(trail_policy());
  EXPECT_EQ(reason("s3:PutObject", "other/" + kLogKey, full_control),
            "no statement of the bucket policy allows cloudtrail.amazonaws.com s3:PutObject on arn:aws:s3:::logs/other/" + kLogKey +
                "; statement \"Write\" comes nearest, but its Resource is arn:aws:s3:::logs/AWSLogs/111122223333/*, not "
                "arn:aws:s3:::logs/other/" +
                kLogKey);
  EXPECT_EQ(reason("s3:PutObject", kLogKey),
            "no statement of the bucket policy allows cloudtrail.amazonaws.com s3:PutObject on arn:aws:s3:::logs/" + kLogKey +
                "; statement \"Write\" comes nearest, but its condition StringEquals s3:x-amz-acl wants \"bucket-owner-full-control\", and "
                "the request has none");
  set_policy(trail_policy("arn:aws:cloudtrail:us-east-1:111122223333:trail/old"));
  EXPECT_EQ(
      reason("s3:GetBucketAcl", ""),
      "no statement of the bucket policy allows cloudtrail.amazonaws.com s3:GetBucketAcl on arn:aws:s3:::logs; statement \"AclCheck\" "
      "comes nearest, but its condition StringEquals aws:SourceArn wants \"arn:aws:cloudtrail:us-east-1:111122223333:trail/old\", and "
      "the request has \"" +
          kTrail + "\"");
}

TEST_F(Asked, the_statement_that_denies_is_named) {
  set_policy(
      R"({"Statement":[{"Sid":"Closed","Effect":"Deny","Principal":"*","Action":"s3:PutObject","Resource":"arn:aws:s3:::logs/*"}]})");
  EXPECT_EQ(reason("s3:PutObject", "k"),
            "statement \"Closed\" of the bucket policy denies cloudtrail.amazonaws.com s3:PutObject on arn:aws:s3:::logs/k");
}

}  // namespace
}  // namespace cairn::s3
