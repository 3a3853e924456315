// Standard queues: what is sent, received, hidden, deleted, and when. Expected values: SQS's Developer Guide and API Reference, and
// answers recorded on AWS.
#include <gtest/gtest.h>

#include "services/sqs/harness.h"
#include "services/sqs/queue.h"
#include "services/sqs/upkeep.h"

namespace cairn::sqs {
namespace {

using namespace std::chrono_literals;
using Bodies = std::vector<std::string>;

TEST(StandardQueue, AMessageIsHiddenWhileSomebodyHasItAndGoneOnceDeleted) {
  Harness aws;
  const std::string url = aws.make("q");
  EXPECT_EQ(url, "http://localhost:4566/111122223333/q");
  const Answer sent = aws.send(url, "hello");
  EXPECT_EQ(sent.out["MD5OfMessageBody"], "5d41402abc4b2a76b9719d911017c592");
  const Json first = aws.receive(url, {{"AttributeNames", {"All"}}});
  ASSERT_EQ(first.size(), 1u);
  EXPECT_EQ(first[0]["Body"], "hello");
  EXPECT_EQ(first[0]["MessageId"], sent.out["MessageId"]);
  EXPECT_EQ(first[0]["Attributes"].dump(),
            R"({"SenderId":"AIDAadmin","SentTimestamp":"1767225600000","ApproximateReceiveCount":"1","ApproximateFirstReceiveTimestamp":)"
            R"("1767225600000"})");
  EXPECT_TRUE(aws.receive(url).empty());
  aws.clock.advance(29s);
  EXPECT_TRUE(aws.receive(url).empty());
  aws.clock.advance(1s);
  const Json second = aws.receive(url, {{"AttributeNames", {"ApproximateReceiveCount"}}});
  ASSERT_EQ(second.size(), 1u);
  EXPECT_EQ(second[0]["Attributes"].dump(), R"({"ApproximateReceiveCount":"2"})");
  EXPECT_TRUE(aws.remove(url, first[0]).ok()) << "the older receipt deletes nothing";
  EXPECT_EQ(aws.counts(url), "0 1 0");
  EXPECT_TRUE(aws.remove(url, second[0]).ok());
  EXPECT_TRUE(aws.remove(url, second[0]).ok()) << "a message that is gone is deleted";
  EXPECT_EQ(aws.counts(url), "0 0 0");
  EXPECT_EQ(aws.documents("sqs/"), 1u) << "nothing but the queue is left";
}

TEST(StandardQueue, ATimeoutIsChangedAndADelayWaitedFor) {
  Harness aws;
  const std::string url = aws.make("q", {{"VisibilityTimeout", "10"}});
  aws.send(url, "now");
  aws.send(url, "later", {{"DelaySeconds", 60}});
  EXPECT_EQ(aws.counts(url), "1 0 1");
  const Json message = aws.receive(url, {{"MaxNumberOfMessages", 10}});
  ASSERT_EQ(message.size(), 1u);
  EXPECT_TRUE(aws.change(url, message[0], 100).ok());
  aws.clock.advance(60s);
  EXPECT_EQ(aws.bodies(url), Bodies{"later"});
  EXPECT_TRUE(aws.change(url, message[0], 0).ok());
  EXPECT_EQ(aws.bodies(url), Bodies{"now"});
  EXPECT_EQ(aws.change(url, message[0], 5).code, "InvalidParameterValue") << "somebody else has it";
  EXPECT_EQ(aws.change(url, message[0], 43'201).message,
            "Value 43201 for parameter VisibilityTimeout is invalid. Reason: Must be >= 0 and <= 43200, if provided.");
}

TEST(StandardQueue, NoMoreThanTwelveHoursFromTheReceipt) {
  Harness aws;
  const std::string url = aws.make("q", {{"VisibilityTimeout", "100"}});
  aws.send(url, "m");
  const Json message = aws.receive(url);
  aws.clock.advance(50s);
  EXPECT_EQ(aws.change(url, message[0], 43'200).message,
            "Value 43200 for parameter VisibilityTimeout is invalid. Reason: Total VisibilityTimeout for the message is beyond the limit "
            "[43200 seconds]");
  EXPECT_TRUE(aws.change(url, message[0], 43'150).ok());
}

TEST(StandardQueue, ACallWaitsForAMessageAndIsToldWhenOneCanBeThere) {
  Harness aws;
  const std::string url = aws.make("q");
  const Json ask{{"QueueUrl", url}, {"WaitTimeSeconds", 20}};
  const Time arrived = aws.clock.now();
  EXPECT_TRUE(aws.call("ReceiveMessage", ask).is_waiting);
  aws.send(url, "m");
  EXPECT_EQ(aws.resumed, 1);
  EXPECT_EQ(aws.call("ReceiveMessage", ask, arrived).out["Messages"].size(), 1u);

  EXPECT_TRUE(aws.call("ReceiveMessage", ask).is_waiting) << "the message is in flight, for longer than the call waits";
  aws.clock.advance(19s);
  EXPECT_EQ(aws.room.step().kind, env::Next::kAfter);
  EXPECT_EQ(aws.resumed, 1);
  aws.clock.advance(1s);
  EXPECT_EQ(aws.room.step().kind, env::Next::kWhenWoken);
  EXPECT_EQ(aws.resumed, 2);
  const Answer late = aws.call("ReceiveMessage", ask, arrived);
  EXPECT_TRUE(late.ok());
  EXPECT_FALSE(late.out.contains("Messages"));

  EXPECT_TRUE(aws.call("ReceiveMessage", ask).is_waiting) << "it is visible again in ten seconds";
  aws.clock.advance(10s);
  aws.room.step();
  EXPECT_EQ(aws.resumed, 3);
  EXPECT_EQ(aws.bodies(url, {{"WaitTimeSeconds", 20}}), Bodies{"m"});

  EXPECT_TRUE(aws.call("ReceiveMessage", ask).is_waiting);
  aws.room.close();
  EXPECT_EQ(aws.resumed, 4);
  EXPECT_TRUE(aws.call("ReceiveMessage", ask).ok()) << "a server that stops lets nobody wait";
}

TEST(StandardQueue, ACallThatGivesUpHandsOnWhatItKnowsIsToCome) {
  Harness aws;
  const std::string url = aws.make("q");
  const Json brief{{"QueueUrl", url}, {"WaitTimeSeconds", 1}}, patient{{"QueueUrl", url}, {"WaitTimeSeconds", 20}};
  const Time arrived = aws.clock.now();
  EXPECT_TRUE(aws.call("ReceiveMessage", brief).is_waiting);
  EXPECT_TRUE(aws.call("ReceiveMessage", patient).is_waiting);
  aws.send(url, "m", {{"DelaySeconds", 5}});
  EXPECT_EQ(aws.resumed, 1);
  EXPECT_TRUE(aws.call("ReceiveMessage", brief, arrived).is_waiting);
  aws.clock.advance(1s);
  aws.room.step();
  EXPECT_EQ(aws.resumed, 2);
  EXPECT_TRUE(aws.call("ReceiveMessage", brief, arrived).ok());
  aws.clock.advance(4s);
  aws.room.step();
  EXPECT_EQ(aws.resumed, 3) << "the other one is woken when the message is visible";
  EXPECT_EQ(aws.call("ReceiveMessage", patient, arrived).out["Messages"].size(), 1u);
}

TEST(StandardQueue, ALargeRequestDoesNotWait) {
  Harness aws;
  const std::string url = aws.make("q");
  EXPECT_TRUE(
      aws.call("ReceiveMessage", {{"QueueUrl", url}, {"WaitTimeSeconds", 20}, {"MessageAttributeNames", {std::string(64 << 10, 'a')}}})
          .ok());
}

TEST(StandardQueue, NoMoreCallsWaitThanTheLimit) {
  Harness aws;
  const std::string url = aws.make("q");
  const Json ask{{"QueueUrl", url}, {"WaitTimeSeconds", 20}};
  for (size_t i = 0; i < api::WaitingRoom::kCallsMax; ++i) ASSERT_TRUE(aws.call("ReceiveMessage", ask).is_waiting);
  EXPECT_TRUE(aws.call("ReceiveMessage", ask).ok());
}

TEST(StandardQueue, AnAttributeSaysItsType) {
  Harness aws;
  const std::string url = aws.make("q");
  for (const char* attributes : {"MessageAttributes", "MessageSystemAttributes"}) {
    const Answer answer = aws.send(url, "m", {{attributes, {{"AWSTraceHeader", {{"StringValue", "v"}}}}}});
    EXPECT_EQ(answer.code, "MissingParameter") << attributes;
    EXPECT_EQ(answer.message, "The request must contain the parameter DataType.");
  }
}

TEST(StandardQueue, MessagesExpire) {
  Harness aws;
  const std::string url = aws.make("q", {{"MessageRetentionPeriod", "60"}});
  aws.send(url, "old");
  aws.clock.advance(30s);
  aws.send(url, "new");
  aws.clock.advance(30s);
  EXPECT_EQ(aws.bodies(url, {{"MaxNumberOfMessages", 10}}), Bodies{"new"});
  EXPECT_EQ(aws.documents("sqs/content/"), 1u);
}

TEST(StandardQueue, WhatIsReceivedTooOftenGoesToTheDeadLetters) {
  Harness aws;
  const std::string dead = aws.make("dead");
  const std::string redrive = R"({"deadLetterTargetArn":"arn:aws:sqs:us-east-1:111122223333:dead","maxReceiveCount":"2"})";
  const std::string url = aws.make("q", {{"VisibilityTimeout", "0"}, {"RedrivePolicy", redrive}});
  aws.send(url, "m");
  EXPECT_EQ(aws.bodies(url, {{"MaxNumberOfMessages", 10}}), Bodies{"m"}) << "once, though it is visible at once";
  aws.clock.advance(1s);
  EXPECT_EQ(aws.bodies(url), Bodies{"m"});
  EXPECT_TRUE(aws.bodies(dead).empty());
  EXPECT_TRUE(aws.bodies(url).empty());
  const Json letters = aws.receive(dead, {{"MessageSystemAttributeNames", {"DeadLetterQueueSourceArn", "ApproximateReceiveCount"}}});
  ASSERT_EQ(letters.size(), 1u);
  EXPECT_EQ(letters[0]["Attributes"].dump(),
            R"({"ApproximateReceiveCount":"3","DeadLetterQueueSourceArn":"arn:aws:sqs:us-east-1:111122223333:q"})");
  const Answer sources = aws.call("ListDeadLetterSourceQueues", {{"QueueUrl", dead}});
  EXPECT_EQ(sources.out["queueUrls"].dump(), R"(["http://localhost:4566/111122223333/q"])");
  EXPECT_TRUE(aws.remove(dead, letters[0]).ok());
  EXPECT_EQ(aws.documents("sqs/content/"), 0u);
}

TEST(StandardQueue, APurgedQueueIsEmptyAtOnceAndItsReceiptsAreWorthNothing) {
  Harness aws;
  const std::string url = aws.make("q");
  aws.send(url, "a");
  aws.send(url, "b");
  const Json message = aws.receive(url);
  EXPECT_TRUE(aws.call("PurgeQueue", {{"QueueUrl", url}}).ok());
  EXPECT_TRUE(aws.receive(url).empty());
  EXPECT_TRUE(aws.remove(url, message[0]).ok());
  EXPECT_EQ(aws.counts(url), "0 0 0");
  EXPECT_EQ(aws.call("PurgeQueue", {{"QueueUrl", url}}).message, "Only one PurgeQueue operation on q is allowed every 60 seconds.");
  aws.clock.advance(60s);
  EXPECT_TRUE(aws.call("PurgeQueue", {{"QueueUrl", url}}).ok());
}

/// Does the upkeep's work until there is none, or `steps` pieces of it.
void look_after(Harness& aws, UpkeepStep& upkeep, int steps = 50) {
  for (int i = 0; i < steps; ++i) {
    state::Transaction transaction(aws.store());
    if (!upkeep.step(transaction)) return;
    aws.commit(transaction);
  }
}

TEST(StandardQueue, DeadLettersAreMovedBackOrElsewhere) {
  Harness aws;
  const std::string dead = aws.make("dead"), other = aws.make("other"), dead_arn = "arn:aws:sqs:us-east-1:111122223333:dead";
  const auto start = [&](const Json& more) {
    Json in{{"SourceArn", dead_arn}};
    in.update(more);
    return aws.call("StartMessageMoveTask", in);
  };
  EXPECT_EQ(start(Json::object()).message, "Source queue must be configured as a Dead Letter Queue.");
  const std::string url = aws.make(
      "q", {{"VisibilityTimeout", "0"}, {"RedrivePolicy", json::dump({{"deadLetterTargetArn", dead_arn}, {"maxReceiveCount", 1}})}});
  for (const char* body : {"a", "b", "c"}) aws.send(url, body);
  aws.receive(url, {{"MaxNumberOfMessages", 10}});
  aws.clock.advance(1s);
  EXPECT_TRUE(aws.receive(url, {{"MaxNumberOfMessages", 10}}).empty());
  EXPECT_EQ(aws.counts(dead), "3 0 0");
  EXPECT_EQ(start({{"DestinationArn", "arn:aws:sqs:us-east-1:111122223333:none"}}).message,
            "The resource that you specified for the DestinationArn parameter doesn't exist.");
  UpkeepStep upkeep(aws.clock);
  ASSERT_TRUE(start({{"DestinationArn", "arn:aws:sqs:us-east-1:111122223333:other"}, {"MaxNumberOfMessagesPerSecond", 1}}).ok());
  EXPECT_EQ(start(Json::object()).message,
            "There is already a task running. Only one active task is allowed for a source queue arn at a given time.");
  look_after(aws, upkeep);
  EXPECT_EQ(aws.counts(other), "1 0 0");
  EXPECT_EQ(upkeep.next(), aws.clock.now() + 1s);
  const Json running = aws.call("ListMessageMoveTasks", {{"SourceArn", dead_arn}}).out["Results"][0];
  EXPECT_EQ(running["Status"], "RUNNING");
  EXPECT_EQ(aws.call("CancelMessageMoveTask", {{"TaskHandle", running["TaskHandle"]}}).out["ApproximateNumberOfMessagesMoved"], 1);
  EXPECT_EQ(aws.call("CancelMessageMoveTask", {{"TaskHandle", running["TaskHandle"]}}).message, "Task does not exist.");
  EXPECT_EQ(aws.call("CancelMessageMoveTask", {{"TaskHandle", "nonsense"}}).message, "Value for parameter TaskHandle is invalid.");
  aws.clock.advance(1s);
  ASSERT_TRUE(start(Json::object()).ok());
  look_after(aws, upkeep);
  EXPECT_EQ(aws.counts(dead), "0 0 0");
  EXPECT_EQ(aws.counts(url), "2 0 0");
  const Json tasks = aws.call("ListMessageMoveTasks", {{"SourceArn", dead_arn}, {"MaxResults", 10}}).out["Results"];
  ASSERT_EQ(tasks.size(), 2u);
  EXPECT_EQ(tasks[0].dump(), R"({"Status":"COMPLETED","SourceArn":")" + dead_arn +
                                 R"(","ApproximateNumberOfMessagesMoved":2,"ApproximateNumberOfMessagesToMove":2,"StartedTimestamp":)" +
                                 std::to_string(aws.clock.now().time_since_epoch().count()) + "}");
  EXPECT_EQ(tasks[1]["Status"], "CANCELLED");
  const Json again = aws.receive(url, {{"AttributeNames", {"ApproximateReceiveCount"}}});
  EXPECT_EQ(again[0]["Attributes"]["ApproximateReceiveCount"], "1");
}

TEST(StandardQueue, TheLargestBatchFitsAnEntryOfTheJournal) {
  Harness aws;
  const std::string url = aws.make("q");
  Json entries = Json::array();
  for (int i = 0; i < 10; ++i)
    entries.push_back({{"Id", std::to_string(i)},
                       {"MessageBody", std::string(104'000, '"')},
                       {"MessageAttributes", {{"n", {{"DataType", "String"}, {"StringValue", std::string(800, '\\')}}}}}});
  const Answer sent = aws.call("SendMessageBatch", {{"QueueUrl", url}, {"Entries", entries}});
  ASSERT_TRUE(sent.ok()) << sent.message;
  EXPECT_EQ(sent.out["Successful"].size(), 10u);
  EXPECT_LE(aws.largest_entry, journal::kEntryBytesMax - (64 << 10)) << "and so does the record";
  entries[0]["MessageBody"] = std::string(113'000, 'x');
  EXPECT_EQ(aws.call("SendMessageBatch", {{"QueueUrl", url}, {"Entries", entries}}).code, "BatchRequestTooLong");
}

TEST(StandardQueue, TheBoardCountsTheSameAfterARestart) {
  Harness aws;
  const std::string url = aws.make("q");
  for (int i = 0; i < 5; ++i) aws.send(url, "m");
  aws.send(url, "later", {{"DelaySeconds", 900}});
  aws.receive(url, {{"MaxNumberOfMessages", 2}});
  EXPECT_EQ(aws.counts(url), "3 2 1");
  Board again(aws.clock, aws.room);
  again.start(aws.store(), {1});
  state::Transaction transaction(aws.store());
  const std::string id = decode_queue(*transaction.get("sqs/queue/111122223333/us-east-1/q")).id;
  EXPECT_EQ(again.counts(id).visible, 3u);
  EXPECT_EQ(again.counts(id).in_flight, 2u);
  EXPECT_EQ(again.counts(id).delayed, 1u);
  aws.clock.advance(30s);
  EXPECT_EQ(aws.counts(url), "5 0 1");
  EXPECT_EQ(again.counts(id).visible, 5u);
}

TEST(StandardQueue, NoMessageTakesTheNumberOfAnotherThoughTheClockWasSetBackMeanwhile) {
  Harness aws;
  aws.send(aws.make("q"), "m");
  state::Transaction transaction(aws.store());
  const std::string there = transaction.list("sqs/content/", "", 1).items.at(0).key;
  aws.clock.set(aws.clock.now() - 1h);
  Board again(aws.clock, aws.room);
  again.start(aws.store(), {1});
  EXPECT_GT("sqs/content/" + again.next_sequence(), there);
}

}  // namespace
}  // namespace cairn::sqs
