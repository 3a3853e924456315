"""Rules that tell queues, under their policies, and what becomes of events that cannot arrive: their dead letters."""
import json
import unittest

from endpoint import Receiver
from rules_test import ACCOUNT, make_destination, make_role, put_rule
from server import Server, eventually


class Queues(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.server.__enter__()
        cls.events, cls.sqs = cls.server.client("events"), cls.server.client("sqs")

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__(None, None, None)

    def queue(self, name, rule=None, **attributes):
        """Its URL and ARN; `rule` may send to it."""
        arn = f"arn:aws:sqs:us-east-1:{ACCOUNT}:{name}"
        if rule:
            attributes["Policy"] = json.dumps({"Version": "2012-10-17", "Statement": [
                {"Sid": "EventsToMyQueue", "Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage",
                 "Resource": arn, "Condition": {"ArnEquals": {"aws:SourceArn": f"arn:aws:events:us-east-1:{ACCOUNT}:rule/{rule}"}}}]})
        return self.sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"], arn

    def receive(self, url):
        """The next message; it is deleted."""
        def look():
            found = self.sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1, MessageAttributeNames=["All"], AttributeNames=["All"]).get("Messages")
            return found and found[0]
        message = eventually(look, 15)
        self.assertTrue(message, "no message came")
        self.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return message

    def rule(self, name, **target):
        self.events.put_rule(Name=name, EventPattern=json.dumps({"source": ["app"], "detail": {"for": [name]}}))
        done = self.events.put_targets(Rule=name, Targets=[{"Id": "1", **target}])
        self.assertEqual(done["FailedEntryCount"], 0, done)

    def put(self, name):
        self.events.put_events(Entries=[{"Source": "app", "DetailType": "t", "Detail": json.dumps({"for": name, "n": 1})}])

    def test_a_queue(self):
        url, arn = self.queue("plain", "plain")
        self.rule("plain", Arn=arn, InputPath="$.detail")
        self.put("plain")
        self.assertEqual(json.loads(self.receive(url)["Body"]), {"for": "plain", "n": 1})

    def test_a_fifo_queue(self):
        url, arn = self.queue("ordered.fifo", "ordered", FifoQueue="true", ContentBasedDeduplication="true")
        self.rule("ordered", Arn=arn, SqsParameters={"MessageGroupId": "g"})
        self.put("ordered")
        self.assertEqual(self.receive(url)["Attributes"]["MessageGroupId"], "g")

    def attributes(self, message):
        return {name: attribute["StringValue"] for name, attribute in message["MessageAttributes"].items()}

    def test_dead_letters_of_what_is_refused(self):
        dead_url, dead = self.queue("dead-1", "refused")
        _, closed = self.queue("closed")
        self.rule("refused", Arn=closed, Input='"other"', DeadLetterConfig={"Arn": dead})
        self.put("refused")
        message = self.receive(dead_url)
        self.assertEqual(json.loads(message["Body"])["detail"], {"for": "refused", "n": 1})
        found = self.attributes(message)
        self.assertEqual((found["RULE_ARN"], found["TARGET_ARN"], found["ERROR_CODE"], found["RETRY_ATTEMPTS"]),
                         (f"arn:aws:events:us-east-1:{ACCOUNT}:rule/refused", closed, "NO_PERMISSIONS", "0"))
        self.assertNotIn("EXHAUSTED_RETRY_CONDITION", found)

    def test_dead_letters_of_what_was_tried_often_enough(self):
        dead_url, dead = self.queue("dead-2", "tried")
        with Receiver(lambda request: 500) as receiver:
            destination, role = make_destination(self.server, receiver.url, "tried"), make_role(self.server, "tried")
            put_rule(self.server, "tried", {"source": ["app"], "detail": {"for": ["tried"]}}, destination, role, DeadLetterConfig={"Arn": dead},
                     RetryPolicy={"MaximumRetryAttempts": 1, "MaximumEventAgeInSeconds": 60})
            self.put("tried")
            found = self.attributes(self.receive(dead_url))
            self.assertEqual((found["ERROR_CODE"], found["RETRY_ATTEMPTS"], found["EXHAUSTED_RETRY_CONDITION"]),
                             ("ERROR_FROM_TARGET", "1", "MaximumRetryAttempts"))

    def test_a_first_target_gets_nothing_of_what_was_before_it(self):
        other_url, other = self.queue("other", "other")
        url, arn = self.queue("late", "late")
        self.rule("other", Arn=other)
        self.events.put_rule(Name="late", EventPattern=json.dumps({"source": ["app"], "detail": {"for": ["late"]}}))
        self.put("other")
        self.receive(other_url)  # so far the rules remember to have read
        self.put("late")
        self.events.put_targets(Rule="late", Targets=[{"Id": "1", "Arn": arn}])
        self.server.stop()
        self.server.start()
        type(self).events, type(self).sqs = self.server.client("events"), self.server.client("sqs")
        url = self.sqs.get_queue_url(QueueName="late")["QueueUrl"]
        self.put("late")
        self.receive(url)
        self.assertEqual(self.counter("rules_matched_total"), 1)  # since the start

    def counter(self, name):
        lines = self.server.get("/_cairn/metrics")[1].decode().splitlines()
        return int(next(line for line in lines if line.startswith(f"cairn_{name} ")).split()[1])


if __name__ == "__main__":
    unittest.main()
