#include <gtest/gtest.h>

#include "services/kms/harness.h"

namespace cairn::kms {
namespace {

constexpr std::string_view kRoot = R"({"Sid":"root","Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"kms:*","Resource":"*"})";

/// A policy of the root statement and others.
std::string policy_with(std::string_view statements) {
  return fmt::format(R"({{"Version":"2012-10-17","Statement":[{},{}]}})", kRoot, statements);
}

class AccessTest : public testing::Test {
 protected:
  void put_policy(const std::string& policy) {
    const aws::Principal before = harness_.caller;
    harness_.be_administrator("111122223333");
    const Answer put = harness_.call("PutKeyPolicy", {{"KeyId", key_}, {"Policy", policy}});
    EXPECT_TRUE(put.ok()) << put.message;
    harness_.caller = before;
  }
  /// What a caller gets for Encrypt: "" or the code.
  std::string encrypts(const Json& context = Json::object()) { return harness_.encrypt(arn_, "x", context).code; }

  Harness harness_;
  const std::string key_ = harness_.create_key(), arn_ = harness_.arn(key_);
};

TEST_F(AccessTest, ANewKeysPolicyLetsTheAccountsOwnPoliciesDecide) {
  EXPECT_EQ(harness_.call("GetKeyPolicy", {{"KeyId", key_}}).text("Policy"), R"({
  "Version" : "2012-10-17",
  "Id" : "key-default-1",
  "Statement" : [ {
    "Sid" : "Enable IAM User Permissions",
    "Effect" : "Allow",
    "Principal" : {
      "AWS" : "arn:aws:iam::111122223333:root"
    },
    "Action" : "kms:*",
    "Resource" : "*"
  } ]
})");
  EXPECT_EQ(encrypts(), "");
  harness_.be_user("111122223333", "bob");
  const Answer refused = harness_.encrypt(key_, "x");
  EXPECT_EQ(refused.code, "AccessDenied");
  EXPECT_EQ(refused.message, "User: arn:aws:iam::111122223333:user/bob is not authorized to perform: kms:Encrypt on resource: " + arn_ +
                                 " because no identity-based policy allows the kms:Encrypt action");
}

TEST_F(AccessTest, WithoutAKeyThereIsNoPolicyButTheCallersOwn) {
  harness_.be_user("111122223333", "bob");
  EXPECT_EQ(harness_.call("CreateKey").message,
            "User: arn:aws:iam::111122223333:user/bob is not authorized to perform: kms:CreateKey on resource: * because no identity-based "
            "policy allows the kms:CreateKey action");
  for (const char* operation : {"ListKeys", "ListAliases", "GenerateRandom"})
    EXPECT_EQ(harness_.call(operation, {}).code, "AccessDenied") << operation;
}

TEST_F(AccessTest, AdministratorsWhomTheKeyPolicyLeavesOutHaveNoAccess) {
  const std::string bobs = R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"kms:*","Resource":"*",)"
                           R"("Principal":{"AWS":"arn:aws:iam::111122223333:user/bob"}}]})";
  const Answer locked = harness_.call("PutKeyPolicy", {{"KeyId", key_}, {"Policy", bobs}});
  EXPECT_EQ(locked.code, "MalformedPolicyDocumentException");
  EXPECT_EQ(locked.message, "The new key policy will not allow you to update the key policy in the future.");
  ASSERT_TRUE(harness_.call("PutKeyPolicy", {{"KeyId", key_}, {"Policy", bobs}, {"BypassPolicyLockoutSafetyCheck", true}}).ok());
  EXPECT_EQ(harness_.encrypt(key_, "x").message,
            "User: arn:aws:iam::111122223333:user/admin is not authorized to perform: kms:Encrypt on "
            "resource: " +
                arn_ + " because no resource-based policy allows the kms:Encrypt action");
  harness_.be_user("111122223333", "bob");
  EXPECT_EQ(encrypts(), "");
}

TEST_F(AccessTest, PoliciesThatAreNoneAreRefusedWithTheSpot) {
  const auto refusal = [&](const std::string& policy) {
    const Answer answer = harness_.call("PutKeyPolicy", {{"KeyId", key_}, {"Policy", policy}});
    return answer.code + ": " + answer.message;
  };
  EXPECT_EQ(refusal("{").substr(0, 32), "MalformedPolicyDocumentException");
  EXPECT_NE(refusal(policy_with(R"({"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::1:user"},"Action":"kms:*","Resource":"*"})"))
                .find("Policy contains a statement with one or more invalid principals. (Statement[1]"),
            std::string::npos);
  EXPECT_EQ(refusal(policy_with(std::string(33 << 10, ' ') + "{}")).substr(0, 22), "LimitExceededException");
  EXPECT_EQ(harness_.call("GetKeyPolicy", {{"KeyId", key_}, {"PolicyName", "other"}}).message, "No such policy exists");
  EXPECT_EQ(harness_.call("ListKeyPolicies", {{"KeyId", key_}}).out["PolicyNames"].dump(), R"(["default"])");
}

TEST_F(AccessTest, ConditionsOnTheEncryptionContextCountAndADenyAlwaysWins) {
  put_policy(policy_with(
      R"({"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:user/bob"},"Action":"kms:Encrypt","Resource":"*",)"
      R"("Condition":{"StringEquals":{"kms:EncryptionContext:Department":"Finance"},"ForAllValues:StringEquals":)"
      R"({"kms:EncryptionContextKeys":["Department","Note"]}}},)"
      R"({"Effect":"Deny","Principal":"*","Action":"kms:Encrypt","Resource":"*","Condition":{"StringEquals":{"kms:EncryptionContext:Note":"no"}}})"));
  EXPECT_EQ(encrypts({{"Note", "no"}}), "AccessDenied");
  harness_.be_user("111122223333", "bob");
  EXPECT_EQ(encrypts({{"Department", "Finance"}}), "");
  EXPECT_EQ(encrypts({{"Department", "Sales"}}), "AccessDenied");
  EXPECT_EQ(encrypts({{"Department", "Finance"}, {"More", "x"}}), "AccessDenied");
  EXPECT_EQ(encrypts({{"Department", "Finance"}, {"Note", "no"}}), "AccessDenied");
}

TEST_F(AccessTest, ConditionsOnAliases) {
  ASSERT_TRUE(harness_.call("CreateAlias", {{"AliasName", "alias/logs"}, {"TargetKeyId", key_}}).ok());
  put_policy(policy_with(R"({"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:user/bob"},"Action":"kms:Encrypt",)"
                         R"("Resource":"*","Condition":{"StringEquals":{"kms:RequestAlias":"alias/logs"},)"
                         R"("ForAnyValue:StringEquals":{"kms:ResourceAliases":"alias/logs"}}})"));
  harness_.be_user("111122223333", "bob");
  EXPECT_EQ(harness_.encrypt("alias/logs", "x").code, "");
  EXPECT_EQ(encrypts(), "AccessDenied");
}

TEST_F(AccessTest, AnotherAccountNeedsTheKeysPolicyAndItsOwn) {
  const std::string blob = harness_.encrypt(key_, "x").text("CiphertextBlob");
  harness_.be_administrator("444455556666");
  EXPECT_EQ(harness_.encrypt(arn_, "x").message,
            "User: arn:aws:iam::444455556666:user/admin is not authorized to perform: kms:Encrypt on resource: " + arn_ +
                " because the resource does not exist in this Region, no resource-based policies allow access, or a resource-based policy "
                "explicitly denies access");
  EXPECT_NE(harness_.decrypt(blob).message.find("on the resource associated with this ciphertext"), std::string::npos);
  put_policy(policy_with(
      R"({"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::444455556666:root"},"Action":["kms:Encrypt","kms:Decrypt","kms:PutKeyPolicy"],"Resource":"*"})"));
  EXPECT_EQ(encrypts(), "");
  EXPECT_TRUE(harness_.decrypt(blob).ok());
  EXPECT_EQ(harness_.call("PutKeyPolicy", {{"KeyId", arn_}, {"Policy", "{}"}}).code, "AccessDenied") << "not across accounts";
  harness_.be_user("444455556666", "bob");
  EXPECT_EQ(encrypts(), "AccessDenied");
}

TEST_F(AccessTest, ServicesComeInByTheKeysPolicyAlone) {
  const std::string trail = "arn:aws:cloudtrail:us-east-1:111122223333:trail/t";
  const auto generate = [&](const std::string& source_arn) {
    harness_.be_service("cloudtrail.amazonaws.com", source_arn);
    return harness_
        .call("GenerateDataKey", {{"KeyId", arn_}, {"KeySpec", "AES_256"}, {"EncryptionContext", {{"aws:cloudtrail:arn", source_arn}}}})
        .code;
  };
  EXPECT_EQ(generate(trail), "AccessDenied");
  put_policy(policy_with(
      R"({"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"kms:GenerateDataKey*","Resource":"*","Condition":)"
      R"({"StringEquals":{"aws:SourceArn":"arn:aws:cloudtrail:us-east-1:111122223333:trail/t"},)"
      R"("StringLike":{"kms:EncryptionContext:aws:cloudtrail:arn":"arn:aws:cloudtrail:*:111122223333:trail/*"}}})"));
  EXPECT_EQ(generate(trail), "");
  EXPECT_EQ(generate(trail + "2"), "AccessDenied");
  harness_.be_service("config.amazonaws.com", trail);
  EXPECT_EQ(encrypts(), "AccessDenied");
}

// ------------------------------------------------------------------ grants

class GrantsTest : public AccessTest {
 protected:
  Answer grant(const std::string& grantee, const Json& operations, Json more = Json::object()) {
    Json in = {{"KeyId", key_}, {"GranteePrincipal", grantee}, {"Operations", operations}};
    in.update(more);
    return harness_.call("CreateGrant", in);
  }
  const std::string bob_ = "arn:aws:iam::111122223333:user/bob", carol_ = "arn:aws:iam::111122223333:user/carol";
  const Json encrypt_only_ = Json::array({"Encrypt"});
};

TEST_F(GrantsTest, AGrantLetsItsGranteeDoWhatItSaysAndNothingElse) {
  const Answer granted = grant(bob_, encrypt_only_);
  ASSERT_TRUE(granted.ok()) << granted.message;
  EXPECT_EQ(granted.text("GrantId").size(), 64u);
  EXPECT_EQ(granted.recorded_out->at("KeyId"), arn_);
  EXPECT_FALSE(granted.recorded_out->contains("GrantToken"));
  harness_.be_user("111122223333", "bob");
  const Answer encrypted = harness_.encrypt(key_, "x");
  ASSERT_TRUE(encrypted.ok());
  EXPECT_EQ(harness_.decrypt(encrypted.text("CiphertextBlob")).code, "AccessDenied");
  harness_.be_user("111122223333", "carol");
  EXPECT_EQ(encrypts(), "AccessDenied");
}

TEST_F(GrantsTest, AConstraintOnTheContextCounts) {
  ASSERT_TRUE(grant(bob_, encrypt_only_, {{"Constraints", {{"EncryptionContextSubset", {{"a", "b"}}}}}}).ok());
  ASSERT_TRUE(grant(carol_, encrypt_only_, {{"Constraints", {{"EncryptionContextEquals", {{"a", "b"}}}}}}).ok());
  harness_.be_user("111122223333", "bob");
  EXPECT_EQ(encrypts({{"a", "b"}, {"c", "d"}}), "");
  EXPECT_EQ(encrypts({{"c", "d"}}), "AccessDenied");
  harness_.be_user("111122223333", "carol");
  EXPECT_EQ(encrypts({{"a", "b"}}), "");
  EXPECT_EQ(encrypts({{"a", "b"}, {"c", "d"}}), "AccessDenied");
}

TEST_F(GrantsTest, AnExplicitDenyBeatsAGrant) {
  ASSERT_TRUE(grant(bob_, encrypt_only_).ok());
  put_policy(policy_with(R"({"Effect":"Deny","Principal":{"AWS":")" + bob_ + R"("},"Action":"kms:Encrypt","Resource":"*"})"));
  harness_.be_user("111122223333", "bob");
  EXPECT_EQ(encrypts(), "AccessDenied");
}

TEST_F(GrantsTest, AGrantToAnAccountNeedsThePrincipalsOwnPolicyToo) {
  ASSERT_TRUE(grant("arn:aws:iam::444455556666:root", encrypt_only_).ok());
  harness_.be_user("444455556666", "bob");
  EXPECT_EQ(encrypts(), "AccessDenied");
  harness_.be_administrator("444455556666");
  EXPECT_EQ(encrypts(), "");
}

TEST_F(GrantsTest, ARevokedGrantAndItsTokenAreWorthNothing) {
  const Answer granted = grant(bob_, encrypt_only_);
  ASSERT_TRUE(harness_.call("RevokeGrant", {{"KeyId", key_}, {"GrantId", granted.out["GrantId"]}}).ok());
  EXPECT_EQ(harness_.call("RevokeGrant", {{"KeyId", key_}, {"GrantId", granted.out["GrantId"]}}).code, "NotFoundException");
  EXPECT_EQ(harness_.documents("kms/granted/"), 0u);
  harness_.be_user("111122223333", "bob");
  EXPECT_EQ(encrypts(), "AccessDenied");
  const Answer refused =
      harness_.call("Encrypt", {{"KeyId", key_}, {"Plaintext", "eA=="}, {"GrantTokens", Json::array({granted.out["GrantToken"]})}});
  EXPECT_EQ(refused.code, "InvalidGrantTokenException");
}

TEST_F(GrantsTest, TheSameNameAndParametersAreTheSameGrant) {
  const std::string one = grant(bob_, encrypt_only_, {{"Name", "n"}}).text("GrantId");
  EXPECT_EQ(grant(bob_, encrypt_only_, {{"Name", "n"}}).text("GrantId"), one);
  EXPECT_NE(grant(carol_, encrypt_only_, {{"Name", "n"}}).text("GrantId"), one);
  EXPECT_NE(grant(bob_, encrypt_only_).text("GrantId"), grant(bob_, encrypt_only_).text("GrantId"));
}

TEST_F(GrantsTest, ItIsRetiredByWhomItSays) {
  const Answer granted = grant(bob_, encrypt_only_, {{"RetiringPrincipal", carol_}});
  harness_.be_user("111122223333", "bob");
  EXPECT_EQ(harness_.call("RetireGrant", {{"GrantToken", granted.out["GrantToken"]}}).code, "AccessDenied");
  harness_.be_user("111122223333", "carol");
  const Answer retired = harness_.call("RetireGrant", {{"GrantToken", granted.out["GrantToken"]}});
  ASSERT_TRUE(retired.ok()) << retired.message;
  EXPECT_EQ(retired.additional->at("grantId"), granted.out["GrantId"]);
  EXPECT_EQ(harness_.call("RetireGrant", {{"GrantToken", "eA=="}}).code, "InvalidGrantTokenException");
  EXPECT_EQ(harness_.documents("kms/grant/"), 0u);
}

TEST_F(GrantsTest, GranteesMayRetireTheirOwnIfTheGrantSaysSo) {
  const Answer granted = grant(bob_, Json::array({"Encrypt", "RetireGrant"}));
  harness_.be_user("111122223333", "bob");
  EXPECT_TRUE(harness_.call("RetireGrant", {{"KeyId", arn_}, {"GrantId", granted.out["GrantId"]}}).ok());
}

TEST_F(GrantsTest, WhoMayGrantByAGrantGrantsNoMore) {
  ASSERT_TRUE(grant(bob_, Json::array({"CreateGrant", "Encrypt"}), {{"Constraints", {{"EncryptionContextSubset", {{"a", "b"}}}}}}).ok());
  harness_.be_user("111122223333", "bob");
  EXPECT_EQ(grant(carol_, Json::array({"Decrypt"})).code, "AccessDenied");
  EXPECT_EQ(grant(carol_, encrypt_only_).code, "AccessDenied") << "without the constraint";
  EXPECT_TRUE(grant(carol_, encrypt_only_, {{"Constraints", {{"EncryptionContextSubset", {{"a", "b"}, {"c", "d"}}}}}}).ok());
}

TEST_F(GrantsTest, ListsShowThemByKeyGranteeAndRetiringPrincipal) {
  grant(bob_, encrypt_only_, {{"RetiringPrincipal", carol_}, {"Name", "n"}, {"Constraints", {{"EncryptionContextSubset", {{"a", "b"}}}}}});
  grant(carol_, encrypt_only_);
  const Json bobs = harness_.call("ListGrants", {{"KeyId", key_}, {"GranteePrincipal", bob_}}).out["Grants"];
  ASSERT_EQ(bobs.size(), 1u);
  EXPECT_EQ(bobs[0]["KeyId"], arn_);
  EXPECT_EQ(bobs[0]["Name"], "n");
  EXPECT_EQ(bobs[0]["GranteePrincipal"], bob_);
  EXPECT_EQ(bobs[0]["RetiringPrincipal"], carol_);
  EXPECT_EQ(bobs[0]["IssuingAccount"], "arn:aws:iam::111122223333:root");
  EXPECT_EQ(bobs[0]["Constraints"].dump(), R"({"EncryptionContextSubset":{"a":"b"}})");
  EXPECT_EQ(harness_.call("ListGrants", {{"KeyId", key_}}).out["Grants"].size(), 2u);
  EXPECT_EQ(harness_.call("ListRetirableGrants", {{"RetiringPrincipal", carol_}}).out["Grants"].size(), 1u);
  harness_.be_administrator("444455556666");
  EXPECT_EQ(harness_.call("ListRetirableGrants", {{"RetiringPrincipal", carol_}}).code, "AccessDenied");
}

TEST_F(GrantsTest, GrantsThatCannotBeAreRefused) {
  EXPECT_EQ(grant("nobody", encrypt_only_).code, "InvalidArnException");
  EXPECT_EQ(grant("*", encrypt_only_).code, "ValidationException");
  EXPECT_EQ(grant(bob_, Json::array({"Sign"})).code, "ValidationException");
  EXPECT_EQ(grant(bob_, Json::array({"CreateGrant"})).message, "Grants must not contain only the CreateGrant operation.");
  EXPECT_EQ(harness_.call("CreateGrant", {{"KeyId", key_}, {"Operations", encrypt_only_}}).code, "ValidationException");
  EXPECT_EQ(harness_.call("CreateGrant", {{"KeyId", "alias/a"}, {"GranteePrincipal", bob_}, {"Operations", encrypt_only_}}).code,
            "NotFoundException");
}

TEST_F(GrantsTest, AServiceIsGrantedUseOnBehalfOfOneResource) {
  const std::string trail = "arn:aws:cloudtrail:us-east-1:111122223333:trail/t";
  ASSERT_TRUE(harness_
                  .call("CreateGrant", {{"KeyId", key_},
                                        {"GranteeServicePrincipal", "cloudtrail.amazonaws.com"},
                                        {"RetiringPrincipal", carol_},
                                        {"Operations", encrypt_only_},
                                        {"Constraints", {{"SourceArn", trail}}}})
                  .ok());
  harness_.be_service("cloudtrail.amazonaws.com", trail);
  EXPECT_EQ(encrypts(), "");
  harness_.be_service("cloudtrail.amazonaws.com", trail + "2");
  EXPECT_EQ(encrypts(), "AccessDenied");
}

}  // namespace
}  // namespace cairn::kms
