"""Topics and queues: the envelope and raw delivery, FIFO order, dead letters, queues whose policy does not let SNS in."""
import json
import unittest

from server import Server, eventually


class Queues(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server().__enter__()
        cls.sns, cls.sqs = cls.server.client("sns"), cls.server.client("sqs")

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__()

    def queue(self, name, topic=None, **attributes):
        """(url, ARN); open to the topic, by the policy of AWS's guide."""
        arn = f"arn:aws:sqs:us-east-1:000000000000:{name}"
        if topic:
            attributes["Policy"] = json.dumps({"Version": "2012-10-17", "Statement": [{
                "Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": arn,
                "Condition": {"ArnEquals": {"aws:SourceArn": topic}}}]})
        return self.sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"], arn

    def receive(self, url, count):
        messages = []

        def more():
            answer = self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1, MessageAttributeNames=["All"], AttributeNames=["All"])
            for message in answer.get("Messages", []):
                messages.append(message)
                self.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            return len(messages) >= count
        self.assertTrue(eventually(more, 20), f"{len(messages)} of {count}: {self.server.output()}")
        return messages

    def test_envelope_and_raw(self):
        topic = self.sns.create_topic(Name="t")["TopicArn"]
        plain, plain_arn = self.queue("plain", topic)
        raw, raw_arn = self.queue("raw", topic)
        subscription = self.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=plain_arn)["SubscriptionArn"]
        self.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=raw_arn, Attributes={"RawMessageDelivery": "true"})
        attributes = {"n": {"DataType": "Number", "StringValue": "111"}, "b": {"DataType": "Binary", "BinaryValue": b"\x02\x03\x04"}}
        message_id = self.sns.publish(TopicArn=topic, Message="text", Subject="s", MessageAttributes=attributes)["MessageId"]
        [message] = self.receive(plain, 1)
        body = json.loads(message["Body"])
        self.assertEqual(list(body), ["Type", "MessageId", "TopicArn", "Subject", "Message", "Timestamp", "SignatureVersion", "Signature", "SigningCertURL",
                                      "UnsubscribeURL", "MessageAttributes"])
        self.assertEqual((body["MessageId"], body["Message"]), (message_id, "text"))
        self.assertEqual(body["MessageAttributes"], {"n": {"Type": "Number", "Value": "111"}, "b": {"Type": "Binary", "Value": "AgME"}})
        self.assertTrue(body["UnsubscribeURL"].endswith("SubscriptionArn=" + subscription))
        self.assertNotIn("MessageAttributes", message)
        [message] = self.receive(raw, 1)
        self.assertEqual(message["Body"], "text")
        self.assertEqual({name: value["DataType"] for name, value in message["MessageAttributes"].items()}, {"n": "Number", "b": "Binary"})
        self.assertEqual(message["MessageAttributes"]["b"]["BinaryValue"], b"\x02\x03\x04")

    def test_dead_letters(self):
        topic = self.sns.create_topic(Name="with-dead")["TopicArn"]
        shut, shut_arn = self.queue("shut")
        dead, dead_arn = self.queue("dead", topic)
        for raw in ("false", "true"):
            arn = shut_arn if raw == "false" else "arn:aws:sqs:us-east-1:000000000000:absent"
            self.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": raw,
                                                                                         "RedrivePolicy": json.dumps({"deadLetterTargetArn": dead_arn})})
        self.sns.publish(TopicArn=topic, Message="lost", MessageAttributes={"n": {"DataType": "Number", "StringValue": "1"}})
        messages = self.receive(dead, 2)
        raw = next(message for message in messages if message["Body"] == "lost")
        self.assertEqual(raw["MessageAttributes"]["n"]["DataType"], "Number")
        envelope = json.loads(next(message for message in messages if message["Body"] != "lost")["Body"])
        self.assertEqual((envelope["Type"], envelope["Message"]), ("Notification", "lost"))
        self.assertNotIn("Messages", self.sqs.receive_message(QueueUrl=shut))

    def test_fifo(self):
        topic = self.sns.create_topic(Name="t.fifo", Attributes={"FifoTopic": "true", "ContentBasedDeduplication": "true"})["TopicArn"]
        url, arn = self.queue("q.fifo", topic, FifoQueue="true")
        self.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
        for i in range(30):
            self.sns.publish(TopicArn=topic, Message=f"message {i}", MessageGroupId="g")
            self.sns.publish(TopicArn=topic, Message=f"message {i}", MessageGroupId="g")
        messages = self.receive(url, 30)
        self.assertEqual([message["Body"] for message in messages], [f"message {i}" for i in range(30)])
        self.assertEqual(messages[0]["Attributes"]["MessageGroupId"], "g")

    def test_fifo_keeps_the_order_of_each_group(self):
        topic = self.sns.create_topic(Name="groups.fifo", Attributes={"FifoTopic": "true", "ContentBasedDeduplication": "true"})["TopicArn"]
        url, arn = self.queue("groups.fifo", topic, FifoQueue="true")
        self.sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
        sent = {f"group-{i}": [] for i in range(5)}
        for i in range(12):
            for group, bodies in sent.items():
                bodies.append(f"{group}: {i}")
                self.sns.publish(TopicArn=topic, Message=bodies[-1], MessageGroupId=group)
        received = {group: [] for group in sent}
        for message in self.receive(url, 60):
            received[message["Attributes"]["MessageGroupId"]].append(message["Body"])
        self.assertEqual(received, sent)


class OtherAccounts(unittest.TestCase):
    def test_their_queues_confirm(self):
        with Server("--dev") as server:
            sns, theirs, sqs = (server.client(service, access_key=account) for service, account in
                                (("sns", "111111111111"), ("sns", "222222222222"), ("sqs", "222222222222")))
            for suffix, topic_attributes, queue_attributes in (("", {}, {}), (".fifo", {"FifoTopic": "true", "ContentBasedDeduplication": "true"}, {"FifoQueue": "true"})):
                topic = sns.create_topic(Name="abroad" + suffix, Attributes=topic_attributes)["TopicArn"]
                policy = json.dumps({"Version": "2012-10-17", "Statement": [{
                    "Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": "*",
                    "Condition": {"ArnEquals": {"aws:SourceArn": topic}}}]})
                url = sqs.create_queue(QueueName="q" + suffix, Attributes={"Policy": policy, **queue_attributes})["QueueUrl"]

                def body():
                    for message in sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1).get("Messages", []):
                        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                        return json.loads(message["Body"])
                answer = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint="arn:aws:sqs:us-east-1:222222222222:q" + suffix)
                self.assertEqual(answer["SubscriptionArn"], "pending confirmation")
                question = eventually(body)
                self.assertTrue(question, server.output())
                self.assertEqual(question["Type"], "SubscriptionConfirmation")
                theirs.confirm_subscription(TopicArn=topic, Token=question["Token"])
                sns.publish(TopicArn=topic, Message="welcome", **({"MessageGroupId": "g"} if suffix else {}))
                message = eventually(body)
                self.assertTrue(message, server.output())
                self.assertEqual((message["Type"], message["Message"]), ("Notification", "welcome"))


if __name__ == "__main__":
    unittest.main()
