#include "services/cloudformation/launch_link.h"

#include "identity/documents.h"
#include "services/harness.h"

namespace cairn::cloudformation {
namespace {

using namespace std::chrono_literals;

class LaunchLink : public ::testing::Test {
 protected:
  LaunchLink() {
    world_.caller.access_key = aws::AccessKeyId("AKIAIOSFODNN7EXAMPLE");
    set_key(true);
  }

  void set_key(bool active) {
    state::Transaction state(world_.store());
    identity::save(state, identity::AccessKey{.id = world_.caller.access_key,
                                              .account = world_.caller.account,
                                              .user = "admin",
                                              .sealed = "",
                                              .active = active,
                                              .created = world_.clock.now()});
    world_.commit(state);
  }
  std::string token() { return world_.call("CreateLaunchLink", {{"TemplateBody", kTemplate}}).text("Token"); }
  std::optional<Link> found(const std::string& token, bool any_key = false) {
    state::Transaction state(world_.store());
    return find_link(state, world_.sealer(), token, world_.clock.now(), any_key);
  }

  static constexpr const char* kTemplate = "Resources: {Topic: {Type: AWS::SNS::Topic}}";
  services::Harness world_{"cairn"};
};

TEST_F(LaunchLink, ActsInTheNameOfWhoMadeIt) {
  world_.region = "eu-west-3";
  const std::optional<Link> link = found(token());
  ASSERT_TRUE(link.has_value());
  EXPECT_EQ(link->principal.arn, world_.caller.arn);
  EXPECT_EQ(link->principal.invoked_by, "");
  EXPECT_EQ(link->region.str(), "eu-west-3");
  EXPECT_EQ(link->template_body, kTemplate);
}

TEST_F(LaunchLink, TheTokenIsKeptNowhere) {
  const std::string made = token();
  state::Transaction state(world_.store());
  for (const state::Item& item : state.list("", "", 1000).items) {
    EXPECT_EQ(item.key.find(made.substr(12)), std::string::npos);
    EXPECT_EQ(item.value.find(made.substr(12)), std::string::npos);
  }
  EXPECT_NE(made, token());
}

TEST_F(LaunchLink, OtherTokensOpenNothing) {
  const std::string made = token();
  for (const std::string& other : {std::string(), made.substr(1), made + "0", "999988887777" + made.substr(12),
                                   made.substr(0, 54) + (made.back() == 'a' ? 'b' : 'a'), std::string(55, '/'), std::string(55, '0')})
    EXPECT_FALSE(found(other).has_value()) << other;
  EXPECT_TRUE(found(made).has_value());
}

TEST_F(LaunchLink, Expires) {
  const std::string made = token();
  world_.clock.advance(kLinkLife - 1s);
  EXPECT_TRUE(found(made).has_value());
  world_.clock.advance(1s);
  EXPECT_FALSE(found(made).has_value());
}

TEST_F(LaunchLink, EndsWithTheKeyThatMadeIt) {
  const std::string made = token();
  set_key(false);
  EXPECT_FALSE(found(made).has_value());
  EXPECT_TRUE(found(made, true).has_value());
}

TEST_F(LaunchLink, TheirNumberIsLimited) {
  for (size_t i = 0; i < kLinksMax; ++i) EXPECT_NE(token(), "(none)");
  EXPECT_EQ(world_.call("CreateLaunchLink", {{"TemplateBody", kTemplate}}).code, "LimitExceededException");
  world_.clock.advance(kLinkLife);
  EXPECT_NE(token(), "(none)");
  EXPECT_EQ(world_.documents("cloudformation/launch/"), 1u);
}

TEST_F(LaunchLink, WantsATemplate) {
  EXPECT_EQ(world_.call("CreateLaunchLink").code, "ValidationError");
  EXPECT_EQ(world_.call("CreateLaunchLink", {{"TemplateBody", "[]"}}).code, "ValidationError");
}

}  // namespace
}  // namespace cairn::cloudformation
