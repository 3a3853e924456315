// Queues, their attributes, policies and tags, and what a message may say. Expected values: SQS's API Reference, and answers recorded on
// AWS.
#include <gtest/gtest.h>

#include "services/sqs/content.h"
#include "services/sqs/harness.h"
#include "services/sqs/upkeep.h"

namespace cairn::sqs {
namespace {

using namespace std::chrono_literals;

TEST(Queues, MadeAgainItIsTheSameUnlessItIsToldOtherwise) {
  Harness aws;
  const std::string url = aws.make("q", {{"DelaySeconds", "5"}});
  EXPECT_EQ(aws.make("q"), url);
  EXPECT_EQ(aws.make("q", {{"DelaySeconds", "5"}, {"VisibilityTimeout", "30"}}), url) << "as it is by default";
  const Answer other = aws.call("CreateQueue", {{"QueueName", "q"}, {"Attributes", {{"DelaySeconds", "1"}}}});
  EXPECT_EQ(other.code, "QueueNameExists");
  EXPECT_EQ(other.message, "A queue already exists with the same name and a different value for attribute DelaySeconds");
  EXPECT_EQ(aws.call("GetQueueUrl", {{"QueueName", "q"}}).out["QueueUrl"], url);
  EXPECT_EQ(aws.call("GetQueueUrl", {{"QueueName", "none"}}).message, "The specified queue does not exist.");
}

TEST(Queues, Names) {
  Harness aws;
  for (const char* name : {"", "with space", "dot.ted", "q.fifo"})
    EXPECT_EQ(aws.call("CreateQueue", {{"QueueName", name}}).code, "InvalidParameterValue") << name;
  EXPECT_EQ(aws.call("CreateQueue", {{"QueueName", "q"}, {"Attributes", {{"FifoQueue", "true"}}}}).code, "InvalidParameterValue");
  EXPECT_TRUE(aws.call("CreateQueue", {{"QueueName", std::string(80, 'n')}}).ok());
  EXPECT_EQ(aws.call("CreateQueue", {{"QueueName", std::string(81, 'n')}}).code, "InvalidParameterValue");
  EXPECT_EQ(aws.call("CreateQueue", Json::object()).message, "The request must contain the parameter QueueName.");
}

TEST(Queues, AttributesAndTheirLimits) {
  Harness aws;
  const std::string url = aws.make("q");
  const auto set = [&](const char* name, const char* value) {
    return aws.call("SetQueueAttributes", {{"QueueUrl", url}, {"Attributes", {{name, value}}}});
  };
  EXPECT_EQ(aws.call("GetQueueAttributes", {{"QueueUrl", url}, {"AttributeNames", {"All"}}}).out["Attributes"].dump(),
            R"({"ApproximateNumberOfMessages":"0","ApproximateNumberOfMessagesDelayed":"0","ApproximateNumberOfMessagesNotVisible":"0",)"
            R"("CreatedTimestamp":"1767225600","DelaySeconds":"0","LastModifiedTimestamp":"1767225600","MaximumMessageSize":"1048576",)"
            R"("MessageRetentionPeriod":"345600","QueueArn":"arn:aws:sqs:us-east-1:111122223333:q","ReceiveMessageWaitTimeSeconds":"0",)"
            R"("SqsManagedSseEnabled":"true","VisibilityTimeout":"30"})");
  for (const auto& [name, good, bad] : {std::tuple("DelaySeconds", "900", "901"),
                                        {"MaximumMessageSize", "1024", "1023"},
                                        {"MessageRetentionPeriod", "1209600", "1209601"},
                                        {"ReceiveMessageWaitTimeSeconds", "20", "21"},
                                        {"VisibilityTimeout", "43200", "43201"},
                                        {"SqsManagedSseEnabled", "false", "no"}}) {
    EXPECT_TRUE(set(name, good).ok()) << name;
    EXPECT_EQ(set(name, bad).code, "InvalidAttributeValue") << name;
    EXPECT_EQ(aws.attribute(url, name), good);
  }
  EXPECT_EQ(set("Nonsense", "1").message, "Unknown Attribute Nonsense.");
  EXPECT_EQ(set("QueueArn", "1").message, "Unknown Attribute QueueArn.");
  EXPECT_EQ(set("FifoQueue", "true").message, "Unknown Attribute FifoQueue.");
  EXPECT_EQ(set("ContentBasedDeduplication", "true").message, "Unknown Attribute ContentBasedDeduplication.");
  EXPECT_EQ(set("DeduplicationScope", "queue").message, "You can specify the DeduplicationScope only when FifoQueue is set to true.");
  EXPECT_EQ(set("RedrivePolicy", R"({"deadLetterTargetArn":"arn:aws:sqs:us-east-1:111122223333:none","maxReceiveCount":1})").code,
            "InvalidParameterValue");
  EXPECT_EQ(set("Policy", "{}").code, "InvalidAttributeValue");
  EXPECT_TRUE(set("Policy", "").ok());
  EXPECT_EQ(aws.send(url, std::string(1025, 'x')).message,
            "One or more parameters are invalid. Reason: Message must be shorter than 1024 bytes.");
  const std::string fifo = aws.make("f.fifo");
  EXPECT_EQ(aws.attribute(fifo, "FifoQueue"), "true");
  EXPECT_EQ(aws.attribute(fifo, "FifoThroughputLimit"), "perQueue");
  EXPECT_EQ(aws.call("SetQueueAttributes", {{"QueueUrl", fifo}, {"Attributes", {{"FifoQueue", "false"}}}}).message,
            "Invalid value for the parameter FifoQueue. Reason: Modifying queue type is not supported.");
}

TEST(Queues, WhoseDeadLettersAQueueTakes) {
  Harness aws;
  const std::string dead = aws.make("dead"), url = aws.make("q");
  const auto allow = [&](const std::string& policy) {
    return aws.call("SetQueueAttributes", {{"QueueUrl", dead}, {"Attributes", {{"RedriveAllowPolicy", policy}}}}).code;
  };
  const auto redrive = [&] {
    const std::string policy = R"({"deadLetterTargetArn":"arn:aws:sqs:us-east-1:111122223333:dead","maxReceiveCount":5})";
    return aws.call("SetQueueAttributes", {{"QueueUrl", url}, {"Attributes", {{"RedrivePolicy", policy}}}}).code;
  };
  EXPECT_EQ(allow(R"({"redrivePermission":"denyAll"})"), "");
  EXPECT_EQ(redrive(), "InvalidParameterValue");
  EXPECT_EQ(allow(R"({"redrivePermission":"byQueue","sourceQueueArns":["arn:aws:sqs:us-east-1:111122223333:q"]})"), "");
  EXPECT_EQ(redrive(), "");
  EXPECT_EQ(allow(R"({"redrivePermission":"byQueue"})"), "InvalidParameterValue");
  EXPECT_EQ(allow(R"({"redrivePermission":"some"})"), "InvalidParameterValue");
}

TEST(Queues, APolicyLetsOthersIn) {
  Harness aws;
  const std::string url = aws.make("q");
  aws.be_service("sns.amazonaws.com", "arn:aws:sns:us-east-1:111122223333:topic");
  EXPECT_EQ(aws.send(url, "m").code, "AccessDenied");
  aws.be_administrator("111122223333");
  const std::string policy = R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"sns.amazonaws.com"},)"
                             R"("Action":"sqs:SendMessage","Resource":"arn:aws:sqs:us-east-1:111122223333:q","Condition":{"ArnEquals":)"
                             R"({"aws:SourceArn":"arn:aws:sns:us-east-1:111122223333:topic"}}}]})";
  ASSERT_TRUE(aws.call("SetQueueAttributes", {{"QueueUrl", url}, {"Attributes", {{"Policy", policy}}}}).ok());
  aws.be_service("sns.amazonaws.com", "arn:aws:sns:us-east-1:111122223333:topic");
  EXPECT_TRUE(aws.send(url, "m").ok());
  EXPECT_EQ(aws.call("ReceiveMessage", {{"QueueUrl", url}}).code, "AccessDenied");
  aws.be_service("sns.amazonaws.com", "arn:aws:sns:us-east-1:111122223333:another");
  EXPECT_EQ(aws.send(url, "m").code, "AccessDenied");
}

TEST(Queues, APermissionIsAStatementOfThePolicy) {
  Harness aws;
  const std::string url = aws.make("q");
  const Json permission{{"QueueUrl", url}, {"Label", "them"}, {"AWSAccountIds", {"444455556666"}}, {"Actions", {"ReceiveMessage"}}};
  EXPECT_TRUE(aws.call("AddPermission", permission).ok());
  EXPECT_EQ(aws.call("AddPermission", permission).message, "Value them for parameter Label is invalid. Reason: Already exists.");
  EXPECT_EQ(aws.attribute(url, "Policy"),
            R"({"Version":"2008-10-17","Id":"arn:aws:sqs:us-east-1:111122223333:q/SQSDefaultPolicy","Statement":[{"Sid":"them","Effect":)"
            R"("Allow","Principal":{"AWS":"arn:aws:iam::444455556666:root"},"Action":"SQS:ReceiveMessage","Resource":)"
            R"("arn:aws:sqs:us-east-1:111122223333:q"}]})");
  aws.be_administrator("444455556666");
  EXPECT_TRUE(aws.call("ReceiveMessage", {{"QueueUrl", url}}).ok());
  EXPECT_EQ(aws.send(url, "m").code, "AccessDenied");
  EXPECT_EQ(aws.call("DeleteQueue", {{"QueueUrl", url}}).code, "AccessDenied");
  aws.be_administrator("111122223333");
  EXPECT_TRUE(aws.call("RemovePermission", {{"QueueUrl", url}, {"Label", "them"}}).ok());
  EXPECT_EQ(aws.call("RemovePermission", {{"QueueUrl", url}, {"Label", "them"}}).message,
            "Value them for parameter Label is invalid. Reason: can't find label.");
  EXPECT_EQ(aws.attribute(url, "Policy"), "(none)");
}

TEST(Queues, TheSourcesOfDeadLettersAreTheOwners) {
  Harness aws;
  const std::string dead = aws.make("dead");
  aws.make("q", {{"RedrivePolicy", R"({"deadLetterTargetArn":"arn:aws:sqs:us-east-1:111122223333:dead","maxReceiveCount":1})"}});
  EXPECT_TRUE(
      aws.call("AddPermission",
               {{"QueueUrl", dead}, {"Label", "them"}, {"AWSAccountIds", {"444455556666"}}, {"Actions", {"ListDeadLetterSourceQueues"}}})
          .ok());
  aws.be_administrator("444455556666");
  EXPECT_EQ(aws.call("ListDeadLetterSourceQueues", {{"QueueUrl", dead}}).out.dump(),
            R"({"queueUrls":["http://localhost:4566/111122223333/q"]})");
}

TEST(Queues, ListsComeInPages) {
  Harness aws;
  for (const char* name : {"a-1", "a-2", "a-3", "b"}) aws.make(name);
  const Answer first = aws.call("ListQueues", {{"QueueNamePrefix", "a-"}, {"MaxResults", 2}});
  EXPECT_EQ(first.out["QueueUrls"].size(), 2u);
  const Answer rest = aws.call("ListQueues", {{"QueueNamePrefix", "a-"}, {"MaxResults", 2}, {"NextToken", first.out["NextToken"]}});
  EXPECT_EQ(rest.out.dump(), R"({"QueueUrls":["http://localhost:4566/111122223333/a-3"]})");
  EXPECT_EQ(aws.call("ListQueues", {{"QueueNamePrefix", "c"}}).out.dump(), "{}");
}

TEST(Queues, Tags) {
  Harness aws;
  const std::string url = aws.make("q");
  EXPECT_TRUE(aws.call("TagQueue", {{"QueueUrl", url}, {"Tags", {{"a", "1"}, {"b", ""}}}}).ok());
  EXPECT_TRUE(aws.call("UntagQueue", {{"QueueUrl", url}, {"TagKeys", {"a"}}}).ok());
  EXPECT_EQ(aws.call("ListQueueTags", {{"QueueUrl", url}}).out.dump(), R"({"Tags":{"b":""}})");
}

TEST(Queues, UpkeepErasesWhatNobodyCanReceive) {
  Harness aws;
  env::SimClock& clock = aws.clock;
  const std::string url = aws.make("q.fifo", {{"MessageRetentionPeriod", "60"}}), gone = aws.make("gone.fifo");
  for (int i = 0; i < 3; ++i)
    for (const std::string& each : {url, gone})
      aws.send(each, "m", {{"MessageGroupId", std::to_string(i)}, {"MessageDeduplicationId", std::to_string(i)}});
  aws.call("DeleteQueue", {{"QueueUrl", gone}});
  clock.advance(6min);
  state::Transaction transaction(aws.store());
  UpkeepStep upkeep(clock);
  for (int i = 0; i < 20; ++i) {
    transaction.reset();
    upkeep.step(transaction);
    aws.commit(transaction);
  }
  EXPECT_EQ(aws.counts(url), "0 0 0");
  EXPECT_EQ(aws.documents("sqs/"), 2u) << "the queue, and the last number that it gave";
}

TEST(Messages, MD5OfAttributes) {
  // As recorded: a Binary, a Number and a String.
  EXPECT_EQ(md5_of(MessageAttributes{}), "");
  EXPECT_EQ(md5_of(MessageAttributes{{"Foo", {"String", "Bar"}}}), "ae7155c6026991b6d54b11589678bf9c");
  EXPECT_EQ(md5_of(MessageAttributes{{"MyAttribute", {"String", "foobar"}}}), "adb59cd4678ea5a855436b949cd07ab6");
}

TEST(Messages, WhatTheyMaySay) {
  Harness aws;
  const std::string url = aws.make("q");
  const auto with = [&](const std::string& name, const Json& attribute) {
    return aws.send(url, "m", {{"MessageAttributes", {{name, attribute}}}});
  };
  EXPECT_EQ(aws.send(url, "").message, "The request must contain the parameter MessageBody.");
  EXPECT_EQ(aws.send(url, std::string("a\x01", 2)).code, "InvalidMessageContents");
  EXPECT_TRUE(aws.send(url, "\t\r\n\u00e4\U0001F600").ok());
  EXPECT_EQ(with("ErrorDetails", {{"DataType", "String"}, {"StringValue", ""}}).message,
            "Message (user) attribute 'ErrorDetails' must contain a non-empty value of type 'String'.");
  EXPECT_EQ(with("a", {{"DataType", "Text"}, {"StringValue", "x"}}).code, "InvalidParameterValue");
  EXPECT_EQ(with("AWS.a", {{"DataType", "String"}, {"StringValue", "x"}}).code, "InvalidParameterValue");
  EXPECT_EQ(with("a..b", {{"DataType", "String"}, {"StringValue", "x"}}).code, "InvalidParameterValue");
  EXPECT_EQ(with("n", {{"DataType", "Number"}, {"StringValue", "one"}}).code, "InvalidParameterValue");
  EXPECT_TRUE(with("n", {{"DataType", "Number.int"}, {"StringValue", "-1"}}).ok());
}

TEST(Messages, OnlyTheAttributesThatAreAskedFor) {
  Harness aws;
  const std::string url = aws.make("q", {{"VisibilityTimeout", "0"}});
  aws.send(url, "m",
           {{"MessageAttributes",
             {{"a.x", {{"DataType", "String"}, {"StringValue", "1"}}},
              {"a.y", {{"DataType", "Binary"}, {"BinaryValue", "AAE="}}},
              {"b", {{"DataType", "Number"}, {"StringValue", "3"}}}}}});
  const auto asked = [&](const Json& names) {
    const Json message = aws.receive(url, {{"MessageAttributeNames", names}})[0];
    const Json attributes = message.value("MessageAttributes", Json::object());
    std::string found;
    for (const auto& [name, value] : attributes.items()) found += name + " ";
    return found;
  };
  EXPECT_EQ(asked({"All"}), "a.x a.y b ");
  EXPECT_EQ(asked({".*"}), "a.x a.y b ");
  EXPECT_EQ(asked({"a.*"}), "a.x a.y ");
  EXPECT_EQ(asked({"b"}), "b ");
  EXPECT_EQ(asked(Json::array()), "");
}

TEST(Queues, AreEncryptedInOneWay) {
  Harness aws;
  const std::string url = aws.make("q");
  const auto set = [&](const Json& attributes) { return aws.call("SetQueueAttributes", {{"QueueUrl", url}, {"Attributes", attributes}}); };
  EXPECT_EQ(set({{"KmsMasterKeyId", "alias/k"}, {"SqsManagedSseEnabled", "true"}}).code, "InvalidAttributeName");
  EXPECT_TRUE(set({{"KmsMasterKeyId", "alias/k"}}).ok());
  EXPECT_EQ(aws.attribute(url, "SqsManagedSseEnabled"), "false");
  EXPECT_EQ(aws.attribute(url, "KmsDataKeyReusePeriodSeconds"), "300");
  for (const char* wrong : {"59", "86401", "", "x"})
    EXPECT_EQ(set({{"KmsDataKeyReusePeriodSeconds", wrong}}).code, "InvalidAttributeValue") << wrong;
  EXPECT_TRUE(set({{"KmsDataKeyReusePeriodSeconds", "86400"}}).ok());
  EXPECT_TRUE(set({{"SqsManagedSseEnabled", "true"}}).ok());
  const Json shown = aws.call("GetQueueAttributes", {{"QueueUrl", url}, {"AttributeNames", {"All"}}}).out["Attributes"];
  EXPECT_FALSE(shown.contains("KmsMasterKeyId") || shown.contains("KmsDataKeyReusePeriodSeconds"));
}

TEST(Messages, LieSealed) {
  Harness aws;
  const std::string sealed = aws.make("sealed"), plain = aws.make("plain", {{"SqsManagedSseEnabled", "false"}});
  aws.send(sealed, "a secret thing");
  aws.send(plain, "an open thing");
  state::Transaction transaction(aws.store());
  std::string all;
  for (const state::Item& item : transaction.list("sqs/", "", 100).items) all += item.value;
  EXPECT_EQ(all.find("secret"), std::string::npos);
  EXPECT_NE(all.find("open thing"), std::string::npos);
}

TEST(Batches, EntriesFailOneByOne) {
  Harness aws;
  const std::string url = aws.make("q");
  const auto batch = [&](const Json& entries) { return aws.call("SendMessageBatch", {{"QueueUrl", url}, {"Entries", entries}}); };
  const Answer sent = batch({{{"Id", "a"}, {"MessageBody", "m"}}, {{"Id", "b"}, {"MessageBody", "\x02"}}});
  EXPECT_EQ(sent.out["Successful"].size(), 1u);
  EXPECT_EQ(sent.out["Failed"][0]["Code"], "InvalidMessageContents");
  EXPECT_EQ(sent.out["Failed"][0]["SenderFault"], true);
  EXPECT_EQ(batch(Json::array()).code, "EmptyBatchRequest");
  EXPECT_EQ(batch({{{"Id", "a"}, {"MessageBody", "m"}}, {{"Id", "a"}, {"MessageBody", "m"}}}).message, "Id a repeated.");
  EXPECT_EQ(batch({{{"Id", "a:b"}, {"MessageBody", "m"}}}).code, "InvalidBatchEntryId");
  Json many = Json::array();
  for (int i = 0; i < 11; ++i) many.push_back({{"Id", std::to_string(i)}, {"MessageBody", "m"}});
  EXPECT_EQ(batch(many).message, "Maximum number of entries per request are 10. You have sent 11.");
}

}  // namespace
}  // namespace cairn::sqs
