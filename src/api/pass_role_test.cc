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

}  // namespace
}  // namespace cairn::api
