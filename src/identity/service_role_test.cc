#include "identity/service_role.h"

#include <gtest/gtest.h>

#include "identity/documents.h"
#include "state/sim/engine.h"

namespace cairn::identity {
namespace {

constexpr const char* kRole = "arn:aws:iam::111122223333:role/delivery";

struct ServiceRole : testing::Test {
  state::SimDatabase database;
  std::unique_ptr<state::Engine> engine = database.open();
  state::Store store{*engine, {}};
  state::Transaction state{store};

  Result<aws::Principal> take_on(const std::string& service, const std::string& trail) {
    aws::Principal principal;
    principal.kind = aws::Principal::Kind::kService;
    principal.user_name = service;
    principal.source_arn = "arn:aws:cloudtrail:us-east-1:111122223333:trail/" + trail;
    principal.source_account = aws::AccountId("111122223333");
    return identity::take_on(state, kRole, principal, "session", Time(std::chrono::milliseconds(1'800'000'000'000)));
  }
};

TEST_F(ServiceRole, LetsInWhomItsTrustPolicyNames) {
  EXPECT_EQ(take_on("cloudtrail.amazonaws.com", "mine").error().message, fmt::format("The role {} does not exist.", kRole));
  save(state, Entity{.kind = Entity::Kind::kRole,
                     .account = aws::AccountId("111122223333"),
                     .name = "delivery",
                     .id = "AROAEXAMPLE",
                     .trust = R"({"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"cloudtrail.amazonaws.com"},)"
                              R"("Action":"sts:AssumeRole","Condition":{"StringEquals":{"aws:SourceAccount":"111122223333"},)"
                              R"("StringLike":{"aws:SourceArn":"*:trail/mine"}}}})"});
  const Result<aws::Principal> taken = take_on("cloudtrail.amazonaws.com", "mine");
  ASSERT_TRUE(taken.has_value());
  EXPECT_EQ(taken->arn, "arn:aws:sts::111122223333:assumed-role/delivery/session");
  EXPECT_EQ(taken->invoked_by, "cloudtrail.amazonaws.com");
  EXPECT_FALSE(take_on("cloudtrail.amazonaws.com", "other").has_value());
  EXPECT_EQ(take_on("lambda.amazonaws.com", "mine").error().message,
            fmt::format("The trust policy of {} does not let lambda.amazonaws.com assume it.", kRole));
}

}  // namespace
}  // namespace cairn::identity
