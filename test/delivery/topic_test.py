"""A trail with a topic: one message for each log file, under the topic's policy; what GetTrailStatus tells of them."""
import json
import pathlib
import sys
import unittest

from receiver import Receiver
from server import Server, eventually

sys.path.append(str(pathlib.Path(__file__).resolve().parent))
import evidence  # noqa: E402

ACCOUNT = "000000000000"
TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:trails"


def policy(trail="first"):
    """That of AWS's guide, "Amazon SNS topic policy for CloudTrail"."""
    return json.dumps({"Version": "2012-10-17", "Statement": [{
        "Sid": "AWSCloudTrailSNSPolicy20131101", "Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "SNS:Publish",
        "Resource": TOPIC, "Condition": {"StringEquals": {"aws:SourceArn": f"arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/{trail}"}}}]})


class Topic(unittest.TestCase):
    def test_a_message_for_each_file(self):
        with Receiver() as receiver, Server("--set", "delivery.interval=1s") as server:
            sns, trails, s3 = server.client("sns"), server.client("cloudtrail"), server.client("s3")

            def refused(**more):
                with self.assertRaises(trails.exceptions.InsufficientSnsTopicPolicyException) as caught:
                    evidence.make_trail(server, SnsTopicName="trails", **more)
                self.assertEqual(caught.exception.response["Error"]["Message"], "SNS Topic does not exist or the topic policy is incorrect!")
            refused()
            sns.create_topic(Name="trails")
            with self.assertRaises(trails.exceptions.InsufficientSnsTopicPolicyException):  # the default policy does not name CloudTrail
                trails.create_trail(Name="first", S3BucketName="logs", SnsTopicName="trails")
            sns.set_topic_attributes(TopicArn=TOPIC, AttributeName="Policy", AttributeValue=policy())
            sns.subscribe(TopicArn=TOPIC, Protocol="http", Endpoint=receiver.url + "/t", Attributes={"RawMessageDelivery": "true"})
            sns.confirm_subscription(TopicArn=TOPIC, Token=json.loads(eventually(lambda: receiver.got("/t"))[0]["body"])["Token"])
            made = trails.create_trail(Name="first", S3BucketName="logs", SnsTopicName="trails")
            self.assertEqual((made["SnsTopicName"], made["SnsTopicARN"]), ("trails", TOPIC))
            trails.start_logging(Name="first")

            def messages():
                return [json.loads(request["body"]) for request in receiver.got("/t")[1:] if request["body"].startswith("{")]
            self.assertTrue(eventually(messages, 20), server.output())
            self.assertEqual(receiver.got("/t")[1]["body"], "CloudTrail validation message.")

            def files():
                return sorted(item["Key"] for item in s3.list_objects_v2(Bucket="logs").get("Contents", []) if "/CloudTrail/" in item["Key"])
            trails.stop_logging(Name="first")
            self.assertTrue(eventually(lambda: sorted(message["s3ObjectKey"][0] for message in messages()) == files(), 20), (messages(), files()))
            self.assertEqual(list(messages()[0]), ["s3Bucket", "s3ObjectKey"])
            self.assertEqual(messages()[0]["s3Bucket"], "logs")
            status = trails.get_trail_status(Name="first")
            self.assertIn("LatestNotificationTime", status)
            self.assertEqual(status["LatestNotificationAttemptTime"], status["LatestNotificationAttemptSucceeded"])
            self.assertNotIn("LatestNotificationError", status)

            sns.set_topic_attributes(TopicArn=TOPIC, AttributeName="Policy", AttributeValue=policy("another"))
            trails.start_logging(Name="first")
            self.assertTrue(eventually(lambda: trails.get_trail_status(Name="first").get("LatestNotificationError") == "AuthorizationError", 20),
                            trails.get_trail_status(Name="first"))
            trails.update_trail(Name="first", SnsTopicName="")
            self.assertNotIn("SnsTopicARN", trails.get_trail(Name="first")["Trail"])


if __name__ == "__main__":
    unittest.main()
