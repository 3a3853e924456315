#include "api/pass_role.h"

#include <gtest/gtest.h>

#include "api/operation.h"
#include "api/ports.h"
#include "identity/policies.h"
#include "state/sim/engine.h"

namespace cairn::api {
namespace {

constexpr const char* kRole = "arn:aws:iam::111122223333:role/delivery";

struct PassRole : testing::Test {
  state::SimDatabase database;
  std::unique_ptr<state::Engine> engine = database.open();
  state::Store store{*engine, {}};
  state::Transaction state{store};
  Ports ports;
  Call call;

  PassRole() {
    call.ports = &ports;
    call.state = &state;
    call.account = call.principal.account = aws::AccountId("111122223333");
    call.principal.kind = aws::Principal::Kind::kUser;
    call.principal.arn = "arn:aws:iam::111122223333:user/alice";
  }
  void caller_has(const std::string& policy) {
    call.policies = std::make_shared<const identity::PolicySet>(
        std::vector{identity::PolicySet::Source{.policy = identity::compiled_policy(policy, aws::policy::Kind::kIdentity)}});
  }
  void make_role(const std::string& trust) {
    identity::save(
        state,
        identity::Entity{.kind = identity::Entity::Kind::kRole, .account = call.account, .name = "delivery", .id = "AROA", .trust = trust});
  }
  std::string refusal(std::string_view arn, std::string_view service) {
    try {
      require_pass_role(call, arn, service);
      return "";
    } catch (const aws::Error& error) {
      EXPECT_EQ(error.kind.code, "AccessDenied");
      return error.message;
    }
  }
};

TEST_F(PassRole, NeedsThePermissionForThatRoleAndService) {
  caller_has(
      R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:PassRole","Resource":"arn:aws:iam::111122223333:role/d*",)"
      R"("Condition":{"StringEquals":{"iam:PassedToService":"cloudtrail.amazonaws.com"}}}]})");
  EXPECT_EQ(refusal(kRole, "cloudtrail.amazonaws.com"), "");
  EXPECT_EQ(refusal(kRole, "lambda.amazonaws.com"),
            "User: arn:aws:iam::111122223333:user/alice is not authorized to perform: iam:PassRole on resource: "
            "arn:aws:iam::111122223333:role/delivery because no identity-based policy allows the iam:PassRole action");
  EXPECT_NE(refusal("arn:aws:iam::111122223333:role/other", "cloudtrail.amazonaws.com"), "");
  EXPECT_EQ(refusal("arn:aws:iam::444455556666:role/delivery", "cloudtrail.amazonaws.com"), "Cross-account pass role is not allowed.");
}

TEST_F(PassRole, AServiceCanAssumeWhatTrustsIt) {
  EXPECT_FALSE(can_assume(call, kRole, "cloudtrail.amazonaws.com", "")) << "no such role";
  make_role(
      R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},"Action":"sts:AssumeRole",)"
      R"("Condition":{"StringEquals":{"aws:SourceAccount":"111122223333"},"StringLike":{"aws:SourceArn":"*:trail/mine"}}}})");
  EXPECT_TRUE(can_assume(call, kRole, "cloudtrail.amazonaws.com", "arn:aws:cloudtrail:us-east-1:111122223333:trail/mine"));
  EXPECT_FALSE(can_assume(call, kRole, "cloudtrail.amazonaws.com", "arn:aws:cloudtrail:us-east-1:111122223333:trail/other"));
  EXPECT_FALSE(can_assume(call, kRole, "lambda.amazonaws.com", "arn:aws:cloudtrail:us-east-1:111122223333:trail/mine"));
}

}  // namespace
}  // namespace cairn::api
