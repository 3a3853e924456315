#include "rules/making.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "env/sim/clock.h"
#include "env/sim/random.h"
#include "rules/http_call.h"
#include "rules/sending.h"
#include "state/sim/engine.h"
#include "state/sim/sealer.h"

namespace cairn::rules {
namespace {

constexpr std::string_view kEvent = R"({"version":"0","detail":{"a":1.10}})";

struct MakingTest : testing::Test {
  env::SimClock clock;
  env::SimRandom random{1};
  state::SimDatabase database;
  std::unique_ptr<state::Engine> engine = database.open();
  state::Store store{*engine, {}};
  std::unique_ptr<state::Sealer> sealer = state::sim_sealer(random);
  identity::Directory directory{store};
  Making making{clock, *sealer, directory, nullptr};

  /// What is made of what a rule sends to this target.
  outbox::Item made(Json target, std::string_view event = kEvent) {
    target["Id"] = "1";
    Rule rule{.bus = {aws::AccountId("111122223333"), aws::Region("eu-west-1"), "default"}, .name = "r"};
    rule.targets.push_back(target);
    const auto compiled = compile(rule);
    outbox::Item item = item_of(*compiled, compiled->targets.at(0), event, clock.now());
    EXPECT_EQ(outbox::encode(outbox::decode_item(item.lane, outbox::encode(item))), outbox::encode(item));
    item.created = clock.now();
    state::Transaction state(store);
    return making.make(state, std::move(item)).value();
  }
  static outbox::Call call(const outbox::Item& item) { return std::get<outbox::Call>(item.what); }
  static outbox::Failed failed(const outbox::Item& item) { return std::get<outbox::Failed>(item.what); }
};

TEST_F(MakingTest, ATopicIsPublishedTo) {
  const outbox::Item item = made({{"Arn", "arn:aws:sns:eu-west-1:111122223333:t"}});
  EXPECT_EQ(call(item).service, "sns");
  EXPECT_EQ(call(item).body, "Action=Publish&Version=2010-03-31&TopicArn=arn%3Aaws%3Asns%3Aeu-west-1%3A111122223333%3At&Message=" +
                                 text::percent_encode(kEvent));
  EXPECT_EQ(item.sender.service, "events.amazonaws.com");
  EXPECT_EQ(item.sender.source_arn, "arn:aws:events:eu-west-1:111122223333:rule/r");
}

TEST_F(MakingTest, AQueueGetsAMessageWithItsGroup) {
  const outbox::Item item = made({{"Arn", "arn:aws:sqs:eu-west-1:111122223333:q.fifo"},
                                  {"SqsParameters", {{"MessageGroupId", "g"}}},
                                  {"RoleArn", "arn:aws:iam::111122223333:role/r"}});
  const Json body = json::parse(call(item).body).value();
  EXPECT_EQ(
      body,
      (Json{{"QueueUrl", "https://sqs.eu-west-1.amazonaws.com/111122223333/q.fifo"}, {"MessageBody", kEvent}, {"MessageGroupId", "g"}}));
  EXPECT_EQ(call(item).role, "arn:aws:iam::111122223333:role/r");
}

TEST_F(MakingTest, ALogGroupGetsTheTimeAndMessageThatATransformerGives) {
  const std::string arn = "arn:aws:logs:eu-west-1:111122223333:log-group:/aws/events/a:*";
  EXPECT_EQ(json::parse(call(made({{"Arn", arn}})).body).value().at("logEvents"),
            Json::array({{{"timestamp", 1767225600000}, {"message", kEvent}}}));
  const outbox::Item item =
      made({{"Arn", arn}, {"InputTransformer", {{"InputTemplate", R"({"timestamp": "2026-01-01T00:00:01Z", "message": "m"})"}}}});
  const Json body = json::parse(call(item).body).value();
  EXPECT_EQ(body.at("logGroupName"), "/aws/events/a");
  EXPECT_EQ(body.at("logEvents"), Json::array({{{"timestamp", 1767225601000}, {"message", "m"}}}));
}

TEST_F(MakingTest, ADeadLetterIsTheEventItself) {
  const outbox::Item item = made({{"Arn", "arn:aws:sqs:eu-west-1:111122223333:q"},
                                  {"Input", R"("else")"},
                                  {"DeadLetterConfig", {{"Arn", "arn:aws:sqs:eu-west-1:111122223333:dead"}}}});
  EXPECT_EQ(json::parse(call(item).body).value().at("MessageBody"), R"("else")");
  ASSERT_TRUE(item.dead_letter);
  const outbox::Tries tries{.count_before = 4, .code = "AccessDenied", .message = "no", .is_exhausted = false};
  const Json letter = json::parse(call(outbox::dead_letter_of(item, tries)).body).value();
  EXPECT_EQ(letter.at("MessageBody"), kEvent);
  const auto attribute = [&](const char* name) { return letter.at("MessageAttributes").at(name).at("StringValue").get<std::string>(); };
  EXPECT_EQ(attribute("RULE_ARN"), "arn:aws:events:eu-west-1:111122223333:rule/r");
  EXPECT_EQ(attribute("TARGET_ARN"), "arn:aws:sqs:eu-west-1:111122223333:q");
  EXPECT_EQ(attribute("ERROR_CODE"), "NO_PERMISSIONS");
  EXPECT_EQ(attribute("ERROR_MESSAGE"), "no");
  EXPECT_EQ(attribute("RETRY_ATTEMPTS"), "3");
  EXPECT_FALSE(letter.at("MessageAttributes").contains("EXHAUSTED_RETRY_CONDITION"));
}

// Its connection's secrets are for the rules of its own account.
TEST_F(MakingTest, AnApiDestinationOfAnotherAccountIsNotCalled) {
  const char* theirs = "arn:aws:events:eu-west-1:444455556666:api-destination/d/11111111-1111-1111-1111-111111111111";
  EXPECT_EQ(failed(made({{"Arn", theirs}, {"RoleArn", "arn:aws:iam::111122223333:role/r"}})).code, "NO_RESOURCE");
}

TEST(HttpCall, HowARequestIsFramedIsNobodysToSay) {
  const ApiDestination destination{.endpoint = "https://example.org/", .method = "POST"};
  const Json target{{"HeaderParameters", {{"content-length", "1"}, {"Host", "evil"}, {"X-Mine", "1"}, {"X-Two", "a\r\nb"}}}};
  const Json connection{{"HeaderParameters", {{{"Key", "Transfer-Encoding"}, {"Value", "chunked"}}, {{"Key", "X-Mine"}, {"Value", "2"}}}}};
  const outbox::Http http = http_call(destination, target, connection, "{}", "{}");
  std::map<std::string, std::string> headers(http.headers.begin(), http.headers.end());
  EXPECT_EQ(headers, (std::map<std::string, std::string>{{"User-Agent", "Amazon/EventBridge/ApiDestinations"},
                                                         {"Content-Type", "application/json; charset=utf-8"},
                                                         {"Range", "bytes=0-1048575"},
                                                         {"X-Mine", "2"}}));
}

TEST_F(MakingTest, WhatCannotGoSaysWhy) {
  const outbox::Item bad =
      made({{"Arn", "arn:aws:sqs:eu-west-1:111122223333:q"}, {"InputTransformer", {{"InputTemplate", R"({"a": "b" "c"})"}}}});
  EXPECT_EQ(failed(bad).code, "INVALID_JSON");
  EXPECT_FALSE(failed(bad).again);
  const outbox::Item gone =
      made({{"Arn", "arn:aws:events:eu-west-1:111122223333:api-destination/d/1"}, {"RoleArn", "arn:aws:iam::111122223333:role/absent"}});
  EXPECT_EQ(failed(gone).code, "FAILED_TO_ASSUME_ROLE");
  EXPECT_EQ(gone.lane, "events-api.111122223333.eu-west-1.d");
}

}  // namespace
}  // namespace cairn::rules
