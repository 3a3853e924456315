#include "services/sns/envelope.h"

#include <gtest/gtest.h>

#include "services/sns/message.h"
#include "services/sns/subscription.h"

namespace cairn::sns {
namespace {

struct EnvelopeTest : testing::Test {
  EnvelopeTest() {
    message.id = "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324";
    message.topic = {aws::Region("us-west-2"), aws::AccountId("123456789012"), "MyTopic"};
    message.time = timestamps::parse_iso8601("2012-05-02T00:54:06.655Z").value();
    message.subject = "My First Message";
    message.text = "Hello world!";
    subscription.topic = message.topic;
    subscription.id = "c9135db0-26c4-47ec-8998-413945fb5a96";
    subscription.protocol = "http";
  }
  Message message;
  Subscription subscription;
  const Signature signature{"1", "EXAMPLEw6JRN",
                            "https://sns.us-west-2.amazonaws.com/SimpleNotificationService-f3ecfb7224c7233fe7bb5f59f96de52f.pem"};
};

// The samples of the developer guide, "Parsing Amazon SNS message formats" and "Verifying the signatures of Amazon SNS messages".
TEST_F(EnvelopeTest, LooksAsInTheGuide) {
  const Letter letter = notification(message, subscription, "https://sns.us-west-2.amazonaws.com");
  EXPECT_EQ(letter.envelope(signature), R"({
  "Type" : "Notification",
  "MessageId" : "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
  "TopicArn" : "arn:aws:sns:us-west-2:123456789012:MyTopic",
  "Subject" : "My First Message",
  "Message" : "Hello world!",
  "Timestamp" : "2012-05-02T00:54:06.655Z",
  "SignatureVersion" : "1",
  "Signature" : "EXAMPLEw6JRN",
  "SigningCertURL" : "https://sns.us-west-2.amazonaws.com/SimpleNotificationService-f3ecfb7224c7233fe7bb5f59f96de52f.pem",
  "UnsubscribeURL" : "https://sns.us-west-2.amazonaws.com/?Action=Unsubscribe&SubscriptionArn=arn:aws:sns:us-west-2:123456789012:MyTopic:c9135db0-26c4-47ec-8998-413945fb5a96"
})");
  EXPECT_EQ(letter.text_to_sign(),
            "Message\nHello world!\nMessageId\n22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324\nSubject\nMy First Message\nTimestamp\n"
            "2012-05-02T00:54:06.655Z\nTopicArn\narn:aws:sns:us-west-2:123456789012:MyTopic\nType\nNotification\n");
}

TEST_F(EnvelopeTest, ShowsAttributesLastAndNoSignatureOfFifoTopics) {
  message.subject.reset();
  message.sequence = 7;
  message.attributes = {{"n", {{"DataType", "Number"}, {"StringValue", "1"}}}, {"b", {{"DataType", "Binary"}, {"BinaryValue", "AgME"}}}};
  const std::string text = notification(message, subscription, "http://here").envelope(std::nullopt);
  EXPECT_TRUE(text.ends_with(R"(,
  "MessageAttributes" : {
    "n" : {"Type":"Number","Value":"1"},
    "b" : {"Type":"Binary","Value":"AgME"}
  }
})")) << text;
  EXPECT_NE(text.find(R"("SequenceNumber" : "10000000000000000007")"), std::string::npos);
  EXPECT_EQ(text.find("Signature"), std::string::npos);
}

TEST_F(EnvelopeTest, AMessageSurvivesItsEncoding) {
  message.text = "line\nline \x01 \"";
  message.group = "g";
  message.sequence = 3;
  EXPECT_EQ(encode(decode_message(encode(message))), encode(message));
  EXPECT_EQ(decode_message(encode(message)).text, message.text);
  message.is_structured = true;
  message.text = R"({"default":"d","sqs":"q","http":7})";
  EXPECT_EQ(message.text_for("sqs"), "q");
  EXPECT_EQ(message.text_for("http"), "d");
  EXPECT_EQ(message.text_for("email"), "d");
}

}  // namespace
}  // namespace cairn::sns
