#include "rules/transformer.h"

#include <gtest/gtest.h>

namespace cairn::rules {
namespace {

using Paths = std::map<std::string, std::string>;

// The event and the templates of the EventBridge user guide, "Input transformation".
constexpr std::string_view kEvent =
    R"({"version":"0","id":"7bf73129-1428-4cd3-a780-95db273d1602","detail-type":"EC2 Instance State-change Notification","source":"aws.ec2",)"
    R"("account":"123456789012","time":"2015-11-11T21:29:54Z","region":"us-east-1","resources":["arn:aws:ec2:us-east-1:123456789012:instance/i-abcd1111"],)"
    R"("detail":{"instance-id":"i-0123456789","state":"RUNNING","price":1.10,"said":"a \"b\"","list":["x","y"]}})";
const Paths kPaths = {{"timestamp", "$.time"},   {"instance", "$.detail.instance-id"}, {"state", "$.detail.state"},
                      {"detail", "$.detail"},    {"price", "$.detail.price"},          {"said", "$.detail.said"},
                      {"list", "$.detail.list"}, {"nothing", "$.detail.nothing"}};
const AboutRule kRule = {"arn:aws:events:us-east-2:123456789012:rule/example", "example", "2015-11-11T21:29:55Z"};

std::string applied(std::string_view text) {
  const auto transformer = Transformer::compile(kPaths, text);
  if (!transformer) return "(refused: " + transformer.error().name + ")";
  const Result<std::string> out = transformer->apply(kEvent, kRule);
  return out ? *out : "(" + out.error().message + ")";
}

TEST(Transformer, Strings) {
  EXPECT_EQ(applied(R"("instance <instance> is in <state>")"), R"("instance i-0123456789 is in RUNNING")");
  EXPECT_EQ(applied(R"("instance \"<instance>\" is in <state>")"), R"("instance \"i-0123456789\" is in RUNNING")");
  EXPECT_EQ(applied(R"("<aws.events.rule-name> triggered")"), R"("example triggered")");
  EXPECT_EQ(applied("<instance> is in state <state>"), "i-0123456789 is in state RUNNING");
  EXPECT_EQ(applied(R"("{[/<state>")"), R"("{[/RUNNING")");  // no JSON, whatever it begins with inside
  EXPECT_EQ(applied(R"("info <nothing>")"), R"("info ")");   // recorded: what is not there is nothing
}

TEST(Transformer, Json) {
  EXPECT_EQ(applied("{\n  \"instance\" : <instance>,\n  \"state\": <state>\n}"), R"({"instance":"i-0123456789","state":"RUNNING"})");
  EXPECT_EQ(applied(R"({"instance": <instance>, "state": "<state>", "instanceStatus": "instance \"<instance>\" is in <state>"})"),
            R"({"instance":"i-0123456789","state":"RUNNING","instanceStatus":"instance \"i-0123456789\" is in RUNNING"})");
  EXPECT_EQ(applied(R"({"instance" : <instance>, "state": [ 9, <state>, true ], "Transformed" : "Yes"})"),
            R"({"instance":"i-0123456789","state":[9,"RUNNING",true],"Transformed":"Yes"})");
  EXPECT_EQ(applied(R"({"price": <price>, "list": <list>, "nothing": <nothing>})"), R"({"price":1.10,"list":["x","y"],"nothing":""})");
  EXPECT_EQ(applied(R"({"a b": "c  d"})"), R"({"a b":"c  d"})");
}

TEST(Transformer, ReservedVariables) {
  EXPECT_EQ(applied(R"({"ruleArn" : <aws.events.rule-arn>, "ruleName" : <aws.events.rule-name>, "at": <aws.events.event.ingestion-time>})"),
            R"({"ruleArn":"arn:aws:events:us-east-2:123456789012:rule/example","ruleName":"example","at":"2015-11-11T21:29:55Z"})");
  const std::string whole = applied(R"({"e": <aws.events.event.json>})");
  EXPECT_EQ(whole, "{\"e\":" + std::string(kEvent) + "}");
  const std::string without = applied(R"({"e": <aws.events.event>})");
  EXPECT_EQ(without.find("\"detail\":"), std::string::npos);
  EXPECT_NE(without.find(R"("detail-type":"EC2 Instance State-change Notification")"), std::string::npos);
}

TEST(Transformer, WhatStandsInAStringStaysOne) {
  EXPECT_EQ(applied(R"({"a": "<said>", "b": "<list>", "c": <said>})"), R"({"a":"a \"b\"","b":"[\"x\",\"y\"]","c":"a \"b\""})");
}

TEST(Transformer, Refusals) {
  EXPECT_EQ(applied(R"("key <notdefinedkey>")"), "(refused: notdefinedkey)");
  const auto bad_path = Transformer::compile({{"a", "detail"}}, "<a>");
  ASSERT_FALSE(bad_path);
  EXPECT_EQ(bad_path.error().what, Transformer::Refusal::What::kPath);
  EXPECT_EQ(applied(R"({"a": <state> "b"})"), "(The transformed input is not valid JSON.)");
}

TEST(Transformer, WhatComesOutIsBounded) {
  std::string text = "\"";
  for (int i = 0; i < 2000; ++i) text += "<a>";
  text += "\"";
  const std::string event = R"({"detail":{"a":")" + std::string(1000, 'x') + "\"}}";
  const auto transformer = Transformer::compile({{"a", "$.detail.a"}}, text);
  ASSERT_TRUE(transformer);
  EXPECT_FALSE(transformer->apply(event, kRule));
}

}  // namespace
}  // namespace cairn::rules
