#include "services/iam/harness.h"

namespace cairn::iam {
namespace {

const std::string kPolicy = R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}})";
const std::string kTrust =
    R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"sts:AssumeRole"}})";

struct IamTest : testing::Test {
  Harness iam;

  void user(const std::string& name) { ASSERT_TRUE(iam.call("CreateUser", {{"UserName", name}}).ok()); }
  std::string policy(const std::string& name) {
    return iam.call("CreatePolicy", {{"PolicyName", name}, {"PolicyDocument", kPolicy}}).out["Policy"]["Arn"];
  }
  size_t documents(const std::string& prefix) { return state::Transaction(iam.store()).list(prefix, prefix, 1000).items.size(); }
};

TEST_F(IamTest, NamesIgnoreCaseButAreShownAsGiven) {
  user("Alice");
  EXPECT_EQ(iam.call("CreateUser", {{"UserName", "alice"}}).wire_code, "EntityAlreadyExists");
  EXPECT_EQ(iam.call("GetUser", {{"UserName", "ALICE"}}).out["User"]["UserName"], "Alice");
}

TEST_F(IamTest, APathIsPartOfTheArn) {
  const Answer made = iam.call("CreateUser", {{"UserName", "alice"}, {"Path", "/team/audit/"}});
  EXPECT_EQ(made.out["User"]["Arn"], "arn:aws:iam::111122223333:user/team/audit/alice");
  EXPECT_EQ(iam.call("ListUsers", {{"PathPrefix", "/team/"}}).out["Users"].size(), 1u);
  EXPECT_EQ(iam.call("ListUsers", {{"PathPrefix", "/other/"}}).out["Users"].size(), 0u);
}

TEST_F(IamTest, PagesEndWhereTheNextBegins) {
  for (const char* name : {"a", "b", "c", "d", "e"}) user(name);
  std::string seen;
  Json in{{"MaxItems", 2}};
  for (int page = 0; page < 3; ++page) {
    const Answer answer = iam.call("ListUsers", in);
    for (const Json& user : answer.out["Users"]) seen += user["UserName"].get<std::string>();
    EXPECT_EQ(answer.out["IsTruncated"], page < 2);
    if (page < 2) in["Marker"] = answer.out["Marker"];
  }
  EXPECT_EQ(seen, "abcde");
  EXPECT_EQ(iam.call("ListUsers", {{"Marker", "?"}}).wire_code, "ValidationException");
}

TEST_F(IamTest, WhatHoldsAUserIsNamedBeforeItCanGo) {
  user("alice");
  iam.call("CreateGroup", {{"GroupName", "g"}});
  const std::string arn = policy("p"), bound = policy("b");
  const Json alice{{"UserName", "alice"}};
  const auto with = [&](Json more) {
    more.update(alice);
    return more;
  };
  const std::string key = iam.call("CreateAccessKey", alice).out["AccessKey"]["AccessKeyId"];
  iam.call("AttachUserPolicy", with({{"PolicyArn", arn}}));
  iam.call("PutUserPolicy", with({{"PolicyName", "i"}, {"PolicyDocument", kPolicy}}));
  iam.call("AddUserToGroup", with({{"GroupName", "g"}}));
  iam.call("PutUserPermissionsBoundary", with({{"PermissionsBoundary", bound}}));
  iam.call("CreateLoginProfile", with({{"Password", "Correct1horse"}}));
  const std::vector<std::tuple<std::string, std::string, Json>> steps = {
      {"delete access keys", "DeleteAccessKey", with({{"AccessKeyId", key}})},
      {"delete login profile", "DeleteLoginProfile", alice},
      {"remove users from group", "RemoveUserFromGroup", with({{"GroupName", "g"}})},
      {"detach all policies", "DetachUserPolicy", with({{"PolicyArn", arn}})},
      {"delete policies", "DeleteUserPolicy", with({{"PolicyName", "i"}})}};
  for (const auto& [words, operation, in] : steps) {
    const Answer refused = iam.call("DeleteUser", alice);
    EXPECT_EQ(refused.wire_code, "DeleteConflict");
    EXPECT_EQ(refused.message, "Cannot delete entity, must " + words + " first.");
    EXPECT_TRUE(iam.call(operation, in).ok()) << operation;
  }
  EXPECT_TRUE(iam.call("DeleteUser", alice).ok());
  for (const char* left : {"iam/user/", "iam/access-key/", "iam/group-member/", "iam/policy-usage/"})
    EXPECT_EQ(documents(left), 0u) << left;
}

TEST_F(IamTest, ARenamedUserIsFoundUnderTheNewNameEverywhere) {
  user("alice");
  iam.call("CreateGroup", {{"GroupName", "g"}});
  iam.call("AddUserToGroup", {{"GroupName", "g"}, {"UserName", "alice"}});
  const std::string arn = policy("p");
  iam.call("AttachUserPolicy", {{"UserName", "alice"}, {"PolicyArn", arn}});
  const std::string key = iam.call("CreateAccessKey", {{"UserName", "alice"}}).out["AccessKey"]["AccessKeyId"];
  ASSERT_TRUE(iam.call("UpdateUser", {{"UserName", "alice"}, {"NewUserName", "Bob"}, {"NewPath", "/x/"}}).ok());
  EXPECT_EQ(iam.call("GetGroup", {{"GroupName", "g"}}).out["Users"][0]["Arn"], "arn:aws:iam::111122223333:user/x/Bob");
  EXPECT_EQ(iam.call("ListEntitiesForPolicy", {{"PolicyArn", arn}}).out["PolicyUsers"][0]["UserName"], "Bob");
  EXPECT_EQ(iam.call("ListAccessKeys", {{"UserName", "bob"}}).out["AccessKeyMetadata"][0]["UserName"], "Bob");
  EXPECT_EQ(iam.call("GetUser", {{"UserName", "alice"}}).wire_code, "NoSuchEntity");
  EXPECT_TRUE(iam.call("UpdateUser", {{"UserName", "bob"}, {"NewUserName", "BOB"}}).ok()) << "only its spelling";
  EXPECT_EQ(iam.call("GetUser", {{"UserName", "bob"}}).out["User"]["UserName"], "BOB");
}

TEST_F(IamTest, QuotasAreIams) {
  user("alice");
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(iam.call("CreateAccessKey", {{"UserName", "alice"}}).ok());
  EXPECT_EQ(iam.call("CreateAccessKey", {{"UserName", "alice"}}).message, "Cannot exceed quota for AccessKeysPerUser: 2");
  for (int i = 0; i <= 10; ++i) {
    const Answer answer = iam.call("AttachUserPolicy", {{"UserName", "alice"}, {"PolicyArn", policy("p" + std::to_string(i))}});
    EXPECT_EQ(answer.message, i < 10 ? "" : "Cannot exceed quota for PoliciesPerUser: 10");
  }
  for (int i = 0; i <= 10; ++i) {
    const std::string group = "g" + std::to_string(i);
    iam.call("CreateGroup", {{"GroupName", group}});
    const Answer answer = iam.call("AddUserToGroup", {{"UserName", "alice"}, {"GroupName", group}});
    EXPECT_EQ(answer.message, i < 10 ? "" : "Cannot exceed quota for GroupsPerUser: 10");
  }
}

TEST_F(IamTest, BlanksDoNotCountAgainstThePolicySize) {
  user("alice");
  std::string spacious = kPolicy;
  spacious.insert(1, std::string(4000, ' '));
  EXPECT_TRUE(iam.call("PutUserPolicy", {{"UserName", "alice"}, {"PolicyName", "p"}, {"PolicyDocument", spacious}}).ok());
}

TEST_F(IamTest, APolicyOfAnotherAccountCannotBeAttached) {
  user("alice");
  const std::string arn = policy("p");
  iam.account = "444455556666";
  user("eve");
  const Answer refused = iam.call("AttachUserPolicy", {{"UserName", "eve"}, {"PolicyArn", arn}});
  EXPECT_EQ(refused.wire_code, "NoSuchEntity");
  EXPECT_EQ(refused.message, "Policy " + arn + " does not exist or is not attachable.");
  EXPECT_EQ(iam.call("GetPolicy", {{"PolicyArn", arn}}).wire_code, "NoSuchEntity");
  EXPECT_EQ(iam.call("GetUser", {{"UserName", "alice"}}).wire_code, "NoSuchEntity");
  EXPECT_EQ(iam.call("ListUsers").out["Users"].size(), 1u);
}

TEST_F(IamTest, VersionsOfAPolicyAreNumberedOnceAndForAll) {
  const std::string arn = policy("p");
  const auto add = [&] {
    return iam.call("CreatePolicyVersion", {{"PolicyArn", arn}, {"PolicyDocument", kPolicy}, {"SetAsDefault", true}});
  };
  EXPECT_EQ(add().out["PolicyVersion"]["VersionId"], "v2");
  EXPECT_TRUE(iam.call("DeletePolicyVersion", {{"PolicyArn", arn}, {"VersionId", "v1"}}).ok());
  EXPECT_EQ(add().out["PolicyVersion"]["VersionId"], "v3");
  EXPECT_EQ(iam.call("DeletePolicyVersion", {{"PolicyArn", arn}, {"VersionId", "v3"}}).message,
            "Cannot delete the default version of a policy.");
  EXPECT_EQ(iam.call("GetPolicyVersion", {{"PolicyArn", arn}, {"VersionId", "v1"}}).wire_code, "NoSuchEntity");
}

TEST_F(IamTest, AwsOwnPoliciesCanBeReadButNotChanged) {
  const Json arn{{"PolicyArn", "arn:aws:iam::aws:policy/SecurityAudit"}};
  EXPECT_TRUE(iam.call("GetPolicy", arn).ok());
  EXPECT_EQ(iam.call("DeletePolicy", arn).wire_code, "AccessDenied");
}

TEST_F(IamTest, ATrustPolicyNamesOnlyWhoIsThere) {
  const std::string stranger =
      R"({"Statement":{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:user/nobody"},"Action":"sts:AssumeRole"}})";
  const Answer refused = iam.call("CreateRole", {{"RoleName", "r"}, {"AssumeRolePolicyDocument", stranger}});
  EXPECT_EQ(refused.wire_code, "MalformedPolicyDocument");
  EXPECT_NE(refused.message.find("Invalid principal in policy: \"AWS\":\"arn:aws:iam::111122223333:user/nobody\""), std::string::npos);
  user("nobody");
  EXPECT_TRUE(iam.call("CreateRole", {{"RoleName", "r"}, {"AssumeRolePolicyDocument", stranger}}).ok());
}

TEST_F(IamTest, ARoleInAProfileStays) {
  iam.call("CreateRole", {{"RoleName", "r"}, {"AssumeRolePolicyDocument", kTrust}});
  iam.call("CreateInstanceProfile", {{"InstanceProfileName", "p"}});
  EXPECT_TRUE(iam.call("AddRoleToInstanceProfile", {{"InstanceProfileName", "p"}, {"RoleName", "r"}}).ok());
  EXPECT_EQ(iam.call("AddRoleToInstanceProfile", {{"InstanceProfileName", "p"}, {"RoleName", "r"}}).wire_code, "LimitExceeded");
  EXPECT_EQ(iam.call("ListInstanceProfilesForRole", {{"RoleName", "r"}}).out["InstanceProfiles"].size(), 1u);
  EXPECT_EQ(iam.call("DeleteRole", {{"RoleName", "r"}}).wire_code, "DeleteConflict");
  iam.call("RemoveRoleFromInstanceProfile", {{"InstanceProfileName", "p"}, {"RoleName", "r"}});
  EXPECT_TRUE(iam.call("DeleteRole", {{"RoleName", "r"}}).ok());
}

TEST_F(IamTest, TagsIgnoreTheCaseOfTheirKeys) {
  user("alice");
  const auto tag = [&](const char* key, const char* value) {
    return iam.call("TagUser", {{"UserName", "alice"}, {"Tags", Json::array({{{"Key", key}, {"Value", value}}})}});
  };
  EXPECT_TRUE(tag("Team", "a").ok());
  EXPECT_TRUE(tag("team", "b").ok());
  const Json tags = iam.call("ListUserTags", {{"UserName", "alice"}}).out["Tags"];
  ASSERT_EQ(tags.size(), 1u);
  EXPECT_EQ(tags[0]["Value"], "b");
  EXPECT_EQ(tag("aws:mine", "x").wire_code, "InvalidInput");
}

}  // namespace
}  // namespace cairn::iam
