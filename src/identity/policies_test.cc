#include "identity/policies.h"

#include <gtest/gtest.h>

#include "env/sim/random.h"
#include "identity/accounts.h"
#include "identity/aws_managed.h"
#include "state/sim/engine.h"

namespace cairn::identity {
namespace {

using aws::policy::Decision;
using Kind = Entity::Kind;

const Time kNow = *timestamps::parse_basic("20260102T030405Z");
const aws::AccountId kAccount("111122223333");

std::string allow(std::string_view action) {
  return fmt::format(R"({{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"{}","Resource":"*"}}]}})", action);
}
std::string deny(std::string_view action) {
  return fmt::format(R"({{"Version":"2012-10-17","Statement":[{{"Effect":"Deny","Action":"{}","Resource":"*"}}]}})", action);
}

struct DirectoryTest : testing::Test {
  state::SimDatabase database;
  std::unique_ptr<state::Engine> engine = database.open();
  state::Store store{*engine, {}};
  Directory directory{store};
  env::SimRandom random{7};
  uint64_t position = 0;

  void change(const std::function<void(state::Transaction&)>& f) {
    state::Transaction state(store);
    f(state);
    ASSERT_TRUE(store.commit(state, [&](auto) { return journal::Position{++position}; }).has_value());
  }
  void save(const Entity& entity) {
    change([&](state::Transaction& state) { identity::save(state, entity); });
  }
  static Entity entity(Kind kind, const std::string& name) {
    Entity made{.kind = kind, .account = kAccount, .name = name, .created = kNow};
    made.id = (kind == Kind::kRole ? "AROA" : "AIDA") + std::string("EXAMPLEEXAMPLE222");
    return made;
  }
  static aws::Principal session_of(const Entity& role) {
    aws::Principal principal;
    principal.kind = aws::Principal::Kind::kAssumedRole;
    principal.account = kAccount;
    principal.arn = "arn:aws:sts::111122223333:assumed-role/" + role.name + "/s";
    principal.principal_id = role.id + ":s";
    principal.session_context = std::make_shared<const Json>(
        Json{{"sessionIssuer",
              {{"type", "Role"}, {"principalId", role.id}, {"arn", role.arn()}, {"accountId", "111122223333"}, {"userName", role.name}}}});
    return principal;
  }
  Decision decide(const aws::Principal& principal, const std::string& action) {
    const std::shared_ptr<const PolicySet> set = directory.policies_of(principal);
    return aws::policy::decide({.caller = aws::policy::caller_of(principal), .action = action}, set->policies());
  }
};

TEST_F(DirectoryTest, AUserWithoutAPolicyMayNothing) {
  const Entity alice = entity(Kind::kUser, "alice");
  save(alice);
  EXPECT_FALSE(decide(user_principal(alice), "s3:ListAllMyBuckets").allowed());
}

TEST_F(DirectoryTest, InlineAttachedAndGroupPoliciesCountTogether) {
  Entity group{.kind = Kind::kGroup, .account = kAccount, .name = "Auditors", .id = "AGPAEXAMPLE", .created = kNow};
  group.inline_policies["p"] = allow("cloudtrail:LookupEvents");
  save(group);
  change([&](state::Transaction& state) {
    identity::save(state,
                   ManagedPolicy{.account = kAccount, .name = "Own", .id = "ANPAEXAMPLE", .versions = {{1, kNow, allow("kms:ListKeys")}}});
  });
  Entity alice = entity(Kind::kUser, "alice");
  alice.inline_policies["p"] = allow("s3:ListAllMyBuckets");
  alice.attached = {"arn:aws:iam::111122223333:policy/Own", "arn:aws:iam::aws:policy/IAMReadOnlyAccess"};
  alice.groups = {"auditors"};  // names ignore case
  save(alice);
  const aws::Principal caller = user_principal(alice);
  for (const char* action : {"s3:ListAllMyBuckets", "kms:ListKeys", "iam:ListUsers", "cloudtrail:LookupEvents"})
    EXPECT_TRUE(decide(caller, action).allowed()) << action;
  EXPECT_FALSE(decide(caller, "iam:CreateUser").allowed());
}

TEST_F(DirectoryTest, AChangeCountsFromTheNextCallOn) {
  Entity alice = entity(Kind::kUser, "alice");
  alice.inline_policies["p"] = allow("s3:*");
  save(alice);
  const aws::Principal caller = user_principal(alice);
  EXPECT_TRUE(decide(caller, "s3:GetObject").allowed());
  alice.inline_policies["q"] = deny("s3:GetObject");
  save(alice);
  EXPECT_EQ(decide(caller, "s3:GetObject").outcome, Decision::Outcome::kExplicitDeny);
  change([&](state::Transaction& state) { state.erase(entity_key(Kind::kUser, kAccount, "alice")); });
  EXPECT_FALSE(decide(caller, "s3:PutObject").allowed());
}

TEST_F(DirectoryTest, ABoundaryLimitsWhatPoliciesGive) {
  change([&](state::Transaction& state) {
    identity::save(state, ManagedPolicy{.account = kAccount, .name = "Bound", .id = "ANPAEXAMPLE", .versions = {{1, kNow, allow("s3:*")}}});
  });
  Entity alice = entity(Kind::kUser, "alice");
  alice.attached = {kAdministratorAccess};
  alice.boundary = "arn:aws:iam::111122223333:policy/Bound";
  save(alice);
  EXPECT_TRUE(decide(user_principal(alice), "s3:GetObject").allowed());
  const Decision refused = decide(user_principal(alice), "iam:CreateUser");
  EXPECT_EQ(refused.kind, aws::policy::Kind::kBoundary);
  EXPECT_FALSE(refused.allowed());
}

TEST_F(DirectoryTest, ARolesSessionHasTheRolesPoliciesAsFarAsItsOwnAllow) {
  Entity role = entity(Kind::kRole, "deployer");
  role.inline_policies["p"] = allow("s3:*");
  save(role);
  aws::Principal caller = session_of(role);
  EXPECT_TRUE(decide(caller, "s3:PutObject").allowed());
  caller.session = std::make_shared<const aws::Session>(aws::Session{.policies = {allow("s3:Get*")}});
  EXPECT_TRUE(decide(caller, "s3:GetObject").allowed());
  EXPECT_EQ(decide(caller, "s3:PutObject").kind, aws::policy::Kind::kSession);
}

TEST_F(DirectoryTest, ARoleThatWasMadeAgainIsAnotherOne) {
  Entity role = entity(Kind::kRole, "deployer");
  role.inline_policies["p"] = allow("s3:*");
  save(role);
  const aws::Principal caller = session_of(role);
  role.id = "AROAOTHEROTHEROTHER22";
  save(role);
  EXPECT_FALSE(decide(caller, "s3:PutObject").allowed());
}

TEST_F(DirectoryTest, TheContextIsAskedForOnlyWhereAPolicyLooksAtIt) {
  Entity alice = entity(Kind::kUser, "alice");
  alice.attached = {kAdministratorAccess};
  save(alice);
  EXPECT_FALSE(directory.policies_of(user_principal(alice))->looks_at_context());
  alice.attached = {"arn:aws:iam::aws:policy/IAMUserChangePassword"};  // ${aws:username}
  save(alice);
  EXPECT_TRUE(directory.policies_of(user_principal(alice))->looks_at_context());
}

TEST(AwsManaged, EveryPolicyIsOne) {
  for (const AwsManagedPolicy& policy : aws_managed_policies()) {
    EXPECT_TRUE(aws::policy::Policy::parse(policy.text, aws::policy::Kind::kIdentity).has_value()) << policy.name;
    EXPECT_EQ(find_aws_managed(policy.arn()), &policy);
    EXPECT_TRUE(policy.id.starts_with("ANPA") && policy.id.size() == 21) << policy.name << policy.id.size();
  }
  EXPECT_EQ(find_aws_managed("arn:aws:iam::aws:policy/NoSuchPolicy"), nullptr);
  EXPECT_EQ(find_aws_managed("arn:aws:iam::aws:policy/other/AdministratorAccess"), nullptr);
}

}  // namespace
}  // namespace cairn::identity
