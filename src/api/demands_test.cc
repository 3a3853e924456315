#include "api/demands.h"

#include <gtest/gtest.h>

#include "api/operation.h"
#include "api/ports.h"
#include "api/registry.h"
#include "identity/policies.h"
#include "state/sim/engine.h"

namespace cairn::api {
namespace {

struct DemandsTest : testing::Test {
  state::SimDatabase database;
  std::unique_ptr<state::Engine> engine = database.open();
  state::Store store{*engine, {}};
  identity::Directory directory{store};
  Ports ports{.directory = &directory};

  Call call(const char* service_key, const char* operation, Json in = Json::object()) {
    Call made;
    made.service = service(service_key);
    made.model = made.service->model->operation(operation);
    made.ports = &ports;
    made.principal.kind = aws::Principal::Kind::kUser;
    made.principal.account = made.account = aws::AccountId("111122223333");
    made.principal.arn = "arn:aws:iam::111122223333:user/alice";
    made.principal.user_name = "alice";
    made.region = aws::Region("eu-west-1");
    made.in = std::move(in);
    return made;
  }
  /// "action resource" of each demand, and how a refusal shows it where that is another word.
  std::string demands(const char* service_key, const char* operation, Json in = Json::object()) {
    std::string text;
    for (const Demand& demand : demands_of(call(service_key, operation, std::move(in))))
      text += fmt::format("{}{} {}{}", text.empty() ? "" : "; ", demand.action, demand.resource,
                          demand.shown == demand.resource ? "" : " (" + demand.shown + ")");
    return text;
  }
};

TEST_F(DemandsTest, AnActionIsAboutTheResourceThatTheParametersName) {
  EXPECT_EQ(demands("cloudtrail", "StopLogging", {{"Name", "t"}}),
            "cloudtrail:StopLogging arn:aws:cloudtrail:eu-west-1:111122223333:trail/t");
  const std::string arn = "arn:aws:cloudtrail:us-east-1:444455556666:trail/t";
  EXPECT_EQ(demands("cloudtrail", "StopLogging", {{"Name", arn}}), "cloudtrail:StopLogging " + arn);
  EXPECT_EQ(demands("cloudtrail", "LookupEvents"), "cloudtrail:LookupEvents * ()");
  EXPECT_EQ(demands("kms", "CreateKey"), "kms:CreateKey *");
  EXPECT_EQ(demands("sts", "GetCallerIdentity"), "");
}

TEST_F(DemandsTest, EachOfSeveralIsAskedFor) {
  EXPECT_EQ(demands("monitoring", "DeleteAlarms", {{"AlarmNames", Json::array({"a", "b"})}}),
            "cloudwatch:DeleteAlarms arn:aws:cloudwatch:eu-west-1:111122223333:alarm:a; "
            "cloudwatch:DeleteAlarms arn:aws:cloudwatch:eu-west-1:111122223333:alarm:b");
}

TEST_F(DemandsTest, TheDefaultEventBusIsNotNamed) {
  const std::string rule = "events:DeleteRule arn:aws:events:eu-west-1:111122223333:rule/";
  EXPECT_EQ(demands("events", "DeleteRule", {{"Name", "r"}}), rule + "r");
  EXPECT_EQ(demands("events", "DeleteRule", {{"Name", "r"}, {"EventBusName", "default"}}), rule + "r");
  EXPECT_EQ(demands("events", "DeleteRule", {{"Name", "r"}, {"EventBusName", "b"}}), rule + "b/r");
  const std::string bus = "events:DescribeEventBus arn:aws:events:eu-west-1:111122223333:event-bus/";
  EXPECT_EQ(demands("events", "DescribeEventBus"), bus + "default");
  EXPECT_EQ(demands("events", "DescribeEventBus", {{"Name", "b"}}), bus + "b");
}

TEST_F(DemandsTest, LogGroupsEndAsAwsWritesThem) {
  EXPECT_EQ(demands("logs", "DeleteLogGroup", {{"logGroupName", "g"}}),
            "logs:DeleteLogGroup arn:aws:logs:eu-west-1:111122223333:log-group:g:log-stream:");
  EXPECT_EQ(demands("logs", "DescribeLogGroups"), "logs:DescribeLogGroups arn:aws:logs:eu-west-1:111122223333:log-group::log-stream:");
  const std::string query = "logs:StartQuery arn:aws:logs:eu-west-1:111122223333:log-group:";
  EXPECT_EQ(demands("logs", "StartQuery", {{"logGroupName", "g"}}), query + "g:log-stream:");
  EXPECT_EQ(demands("logs", "StartQuery", {{"logGroupNames", Json::array({"g", "h"})}}),
            query + "g:log-stream:; " + query + "h:log-stream:");
  EXPECT_EQ(demands("logs", "StartQuery", {{"logGroupIdentifiers", Json::array({"arn:aws:logs:eu-west-1:111122223333:log-group:g"})}}),
            query + "g:log-stream:");
}

// The words in brackets stand in recorded refusals of IAM.
TEST_F(DemandsTest, IamNamesWhatIsThereInProse) {
  const std::string root = "arn:aws:iam::111122223333:";
  EXPECT_EQ(demands("iam", "DeleteUser", {{"UserName", "bob"}}), "iam:DeleteUser " + root + "user/bob (user bob)");
  EXPECT_EQ(demands("iam", "CreateAccessKey"), "iam:CreateAccessKey " + root + "user/alice (user alice)");
  EXPECT_EQ(demands("iam", "AddUserToGroup", {{"UserName", "bob"}, {"GroupName", "g"}}),
            "iam:AddUserToGroup " + root + "group/g (group g)");
  EXPECT_EQ(demands("iam", "CreateUser", {{"UserName", "bob"}, {"Path", "/a/"}}), "iam:CreateUser " + root + "user/a/bob");
  EXPECT_EQ(demands("iam", "CreatePolicy", {{"PolicyName", "p"}}), "iam:CreatePolicy " + root + "policy/p (policy p)");
  EXPECT_EQ(demands("iam", "SetDefaultPolicyVersion", {{"PolicyArn", root + "policy/p"}, {"VersionId", "v2"}}),
            "iam:SetDefaultPolicyVersion " + root + "policy/p (policy " + root + "policy/p version v2)");
  EXPECT_EQ(demands("iam", "AddRoleToInstanceProfile", {{"InstanceProfileName", "i"}, {"RoleName", "r"}}),
            "iam:AddRoleToInstanceProfile " + root + "instance-profile/i (instance profile i)");
  EXPECT_EQ(demands("iam", "ListUsers"), "iam:ListUsers " + root + "user/");
  EXPECT_EQ(demands("iam", "GetAccountAuthorizationDetails"), "iam:GetAccountAuthorizationDetails *");
}

TEST_F(DemandsTest, AUsersPathAndTagsAreLookedUp) {
  state::Transaction state(store);
  identity::save(state, identity::Entity{.account = aws::AccountId("111122223333"),
                                         .name = "bob",
                                         .id = "AIDAEXAMPLEEXAMPLE222",
                                         .path = "/team/",
                                         .tags = {{"cost", "42"}}});
  ASSERT_TRUE(store.commit(state, [](auto) { return journal::Position{1}; }).has_value());
  EXPECT_EQ(demands("iam", "DeleteUser", {{"UserName", "bob"}}), "iam:DeleteUser arn:aws:iam::111122223333:user/team/bob (user bob)");
  const std::vector<Demand> found = demands_of(call("iam", "DeleteUser", {{"UserName", "bob"}}));
  ASSERT_NE(found[0].context.find(aws::policy::Key("iam:ResourceTag/cost")), nullptr);
  EXPECT_EQ(found[0].context.find(aws::policy::Key("iam:ResourceTag/cost"))->front(), "42");
}

// Else a denial of what lies below a path, or bears a tag, would deny nothing.
TEST_F(DemandsTest, AnInstanceProfilesPathAndTagsAreLookedUp) {
  state::Transaction state(store);
  identity::save(state, identity::InstanceProfile{.account = aws::AccountId("111122223333"),
                                                  .name = "Web",
                                                  .id = "AIPAEXAMPLEEXAMPLE222",
                                                  .path = "/prod/",
                                                  .tags = {{"cost", "42"}}});
  ASSERT_TRUE(store.commit(state, [](auto) { return journal::Position{1}; }).has_value());
  EXPECT_EQ(demands("iam", "AddRoleToInstanceProfile", {{"InstanceProfileName", "web"}, {"RoleName", "r"}}),
            "iam:AddRoleToInstanceProfile arn:aws:iam::111122223333:instance-profile/prod/Web (instance profile web)");
  const std::vector<Demand> found = demands_of(call("iam", "DeleteInstanceProfile", {{"InstanceProfileName", "Web"}}));
  ASSERT_NE(found[0].context.find(aws::policy::Key("aws:ResourceTag/cost")), nullptr);
  EXPECT_EQ(found[0].context.find(aws::policy::Key("aws:ResourceTag/cost"))->front(), "42");
}

}  // namespace
}  // namespace cairn::api
