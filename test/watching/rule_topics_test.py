"""From a call to a person's webhook: CloudTrail records it, a rule matches, a topic tells its subscribers, under the topic's policy."""
import json
import time
import unittest

from endpoint import Receiver
from rules_test import evidence
from server import Server, all_records, eventually


class Topics(unittest.TestCase):
    def test_a_topic(self):
        with Server() as server, Receiver() as receiver:
            sns, events = server.client("sns"), server.client("events")
            topic = sns.create_topic(Name="alerts")["TopicArn"]
            sns.subscribe(TopicArn=topic, Protocol="http", Endpoint=receiver.url)
            sns.confirm_subscription(TopicArn=topic, Token=json.loads(receiver.wait_for(1)[0]["body"])["Token"])
            events.put_rule(Name="put", EventPattern='{"source":["app"]}')
            events.put_targets(Rule="put", Targets=[{"Id": "1", "Arn": topic}])
            events.put_rule(Name="users", EventPattern='{"source":["aws.iam"],"detail":{"eventName":["CreateUser"]}}')
            events.put_targets(Rule="users", Targets=[{"Id": "1", "Arn": topic, "InputTransformer": {
                "InputPathsMap": {"name": "$.detail.requestParameters.userName"}, "InputTemplate": '"new user <name>"'}}])
            evidence.make_trail(server)

            def published(code):
                return [r for r in all_records(server) if r["eventName"] == "Publish" and bool(r.get("errorCode")) == code]
            events.put_events(Entries=[{"Source": "app", "DetailType": "t", "Detail": '{"n":0}'}])
            self.assertTrue(eventually(lambda: published(True)))  # the topic does not let rules in yet
            sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=json.dumps({"Version": "2012-10-17", "Statement": [
                {"Sid": "PublishEventsToMyTopic", "Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sns:Publish",
                 "Resource": topic}]}))
            events.put_events(Entries=[{"Source": "app", "DetailType": "t", "Detail": '{"n":1}'}])
            server.client("iam").create_user(UserName="alice")
            messages = [json.loads(request["body"])["Message"] for request in receiver.wait_for(3)[1:]]
            self.assertIn('"new user alice"', messages)
            self.assertEqual([json.loads(text)["detail"] for text in messages if text.startswith("{")], [{"n": 1}])
            self.assertEqual({json.dumps(r["userIdentity"]) for r in published(False)},
                             {json.dumps({"type": "AWSService", "invokedBy": "events.amazonaws.com"})})
            time.sleep(0.3)
            self.assertEqual(len(receiver.requests), 3)  # what telling it caused is for no rule


if __name__ == "__main__":
    unittest.main()
