// FIFO queues: order within a group, and each message once. Expected values: SQS's Developer Guide, and answers recorded on AWS.
#include <gtest/gtest.h>

#include "services/sqs/harness.h"

namespace cairn::sqs {
namespace {

using namespace std::chrono_literals;
using Bodies = std::vector<std::string>;

class Fifo : public ::testing::Test {
 protected:
  Answer send(const std::string& body, const std::string& group = "g", const std::string& id = "") {
    return aws.send(url, body, {{"MessageGroupId", group}, {"MessageDeduplicationId", id.empty() ? body : id}});
  }
  Bodies all() { return aws.bodies(url, {{"MaxNumberOfMessages", 10}}); }

  Harness aws;
  const std::string url = aws.make("q.fifo");
};

TEST_F(Fifo, AGroupWaitsForTheMessageThatSomebodyHas) {
  for (const char* body : {"1", "2", "3"}) send(body);
  const Json first = aws.receive(url);
  ASSERT_EQ(first.size(), 1u);
  EXPECT_EQ(first[0]["Body"], "1");
  EXPECT_TRUE(all().empty());
  send("other", "h");
  EXPECT_EQ(all(), Bodies{"other"}) << "other groups don't wait";
  EXPECT_TRUE(aws.remove(url, first[0]).ok());
  EXPECT_EQ(all(), (Bodies{"2", "3"}));
  aws.clock.advance(30s);
  EXPECT_EQ(all(), (Bodies{"other", "2", "3"})) << "again, in order";
}

TEST_F(Fifo, TheGroupWaitsForTheLastOfThoseInFlight) {
  for (const char* body : {"1", "2", "3"}) send(body);
  const Json three = aws.receive(url, {{"MaxNumberOfMessages", 3}});
  ASSERT_EQ(three.size(), 3u);
  EXPECT_TRUE(aws.change(url, three[0], 0).ok());
  EXPECT_TRUE(all().empty()) << "two of the group are still with somebody";
  EXPECT_TRUE(aws.change(url, three[1], 0).ok());
  EXPECT_TRUE(aws.change(url, three[2], 0).ok());
  EXPECT_EQ(all(), (Bodies{"1", "2", "3"}));
}

TEST_F(Fifo, TheSameIdIsOneMessageForFiveMinutes) {
  const Answer first = send("a", "g", "id");
  aws.clock.advance(4min);
  const Answer second = send("b", "g", "id");
  EXPECT_EQ(second.out["MessageId"], first.out["MessageId"]);
  EXPECT_EQ(second.out["SequenceNumber"], first.out["SequenceNumber"]);
  EXPECT_EQ(all(), Bodies{"a"});
  aws.clock.advance(1min);
  EXPECT_NE(send("c", "g", "id").out["MessageId"], first.out["MessageId"]);
}

TEST_F(Fifo, AReceiptEndsWithItsTimeout) {
  send("1");
  const Json message = aws.receive(url);
  aws.clock.advance(30s);
  const std::string handle = message[0]["ReceiptHandle"];
  EXPECT_EQ(aws.remove(url, message[0]).message,
            "Value " + handle + " for parameter ReceiptHandle is invalid. Reason: The receipt handle has expired.");
  EXPECT_EQ(aws.change(url, message[0], 10).code, "InvalidParameterValue");
  const Json again = aws.receive(url);
  EXPECT_EQ(aws.remove(url, message[0]).code, "InvalidParameterValue");
  EXPECT_TRUE(aws.remove(url, again[0]).ok());
  EXPECT_TRUE(aws.remove(url, again[0]).ok());
}

TEST_F(Fifo, WhatASendNeeds) {
  EXPECT_EQ(aws.send(url, "m").message, "The request must contain the parameter MessageGroupId.");
  EXPECT_EQ(aws.send(url, "m").code, "MissingParameter");
  EXPECT_EQ(aws.send(url, "m", {{"MessageGroupId", "g"}}).message,
            "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly");
  EXPECT_EQ(aws.send(url, "m", {{"MessageGroupId", "g"}, {"MessageDeduplicationId", "d"}, {"DelaySeconds", 2}}).message,
            "Value 2 for parameter DelaySeconds is invalid. Reason: The request include parameter that is not valid for this queue type.");
  EXPECT_EQ(aws.send(url, "m", {{"MessageGroupId", "group 123"}, {"MessageDeduplicationId", "d"}}).message,
            "Value group 123 for parameter MessageGroupId is invalid. Reason: MessageGroupId can only include alphanumeric and punctuation "
            "characters. 1 to 128 in length.");
  const std::string by_content = aws.make("c.fifo", {{"ContentBasedDeduplication", "true"}});
  aws.send(by_content, "m", {{"MessageGroupId", "g"}});
  aws.send(by_content, "m", {{"MessageGroupId", "h"}});
  EXPECT_EQ(aws.counts(by_content), "1 0 0");
}

TEST_F(Fifo, DeadLettersKeepTheirGroupAndLetTheNextPass) {
  const std::string dead = aws.make("dead.fifo");
  const std::string redrive = R"({"deadLetterTargetArn":"arn:aws:sqs:us-east-1:111122223333:dead.fifo","maxReceiveCount":1})";
  ASSERT_TRUE(aws.call("SetQueueAttributes", {{"QueueUrl", url}, {"Attributes", {{"RedrivePolicy", redrive}}}}).ok());
  send("1");
  send("2");
  EXPECT_EQ(aws.bodies(url), Bodies{"1"});
  aws.clock.advance(30s);
  EXPECT_EQ(all(), Bodies{"2"});
  EXPECT_EQ(aws.bodies(dead), Bodies{"1"});
}

TEST_F(Fifo, OrderSurvivesAClockThatIsSetBack) {
  const std::string first = send("1").out["SequenceNumber"];
  aws.clock.set(aws.clock.now() - 1h);
  const std::string second = send("2").out["SequenceNumber"];
  EXPECT_EQ(second.size(), 20u);
  EXPECT_LT(first, second);
}

TEST_F(Fifo, CountsAreOfMessages) {
  for (const char* body : {"1", "2", "3"}) send(body);
  aws.receive(url);
  EXPECT_EQ(aws.counts(url), "2 1 0");
}

}  // namespace
}  // namespace cairn::sqs
