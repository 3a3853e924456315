"""Names of targets, and values that become headers of our own calls, which are no names: refused where they come in, or their thing fails.
The server goes on, now and after a restart."""
import json
import unittest

import botocore.exceptions

from server import Server, code_of, eventually

ACCOUNT = "000000000000"
LETS_EVENTS_IN = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sts:AssumeRole"}]}


class HostileTargets(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.addClassCleanup(cls.server.__exit__)
        cls.server.start()

    def goes_on(self):
        self.assertEqual(self.server.get("/_cairn/health")[0], 200, self.server.output())

    def test_actions_of_alarms(self):
        cloudwatch = self.server.client("cloudwatch")
        for action in (f"arn:aws:sns:us\n-east-1:{ACCOUNT}:t", f"arn:aws:sns:u s:{ACCOUNT}:t", f"arn:aws:sns:us-east-1:{ACCOUNT}:to/pic",
                       "arn:aws:sns:us-east-1:0/0:t"):
            self.assertEqual(code_of(cloudwatch.put_metric_alarm, AlarmName="a", MetricName="m", Namespace="n", Period=60, EvaluationPeriods=1, Threshold=1,
                                     ComparisonOperator="GreaterThanThreshold", Statistic="Sum", AlarmActions=[action]), "ValidationError", action)

    def test_targets_of_rules(self):
        events, iam = self.server.client("events"), self.server.client("iam")
        iam.create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps(LETS_EVENTS_IN))
        events.put_rule(Name="r", EventPattern='{"source":["a"]}')
        for i, arn in enumerate(("arn:aws:events:us-east-1:a/b:api-destination/x/y", f"arn:aws:sqs:us\n-east-1:{ACCOUNT}:q", f"arn:aws:sqs:us-east-1:{ACCOUNT}:a/b",
                                 f"arn:aws:sns:us-east-1:{ACCOUNT}:a\r\nb")):
            try:
                events.put_targets(Rule="r", Targets=[{"Id": str(i), "Arn": arn, "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/r"}])
            except botocore.exceptions.ClientError as error:
                self.assertEqual(error.response["ResponseMetadata"]["HTTPStatusCode"], 400)
        events.put_events(Entries=[{"Source": "a", "DetailType": "d", "Detail": "{}"}])
        self.goes_on()
        theirs = "arn:aws:events:us-east-1:444455556666:api-destination/d/11111111-1111-1111-1111-111111111111"
        [failed] = events.put_targets(Rule="r", Targets=[{"Id": "t", "Arn": theirs, "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/r"}])["FailedEntries"]
        self.assertEqual(failed["ErrorMessage"], "API destinations of other accounts cannot be targets.")

    def test_destinations_of_notifications(self):
        s3 = self.server.client("s3")
        s3.create_bucket(Bucket="told")
        for arn in (f"arn:aws:sqs:us-east-1:{ACCOUNT}:a/b", "arn:aws:sqs:us-east-1:0/0:q"):
            self.assertEqual(code_of(s3.put_bucket_notification_configuration, Bucket="told", SkipDestinationValidation=True, NotificationConfiguration={
                "QueueConfigurations": [{"QueueArn": arn, "Events": ["s3:ObjectCreated:*"]}]}), "InvalidArgument")

    def test_properties_that_become_headers(self):
        stacks = self.server.client("cloudformation")
        ownership = {"OwnershipControls": {"Rules": [{"ObjectOwnership": "ObjectWriter\r\nx-amz-bucket-object-lock-enabled: true"}]}}
        for i, properties in enumerate(({"AccessControl": "a\nb"}, ownership, {"BucketName": "b" * 30_000}, {"BucketName": "a\0b"})):
            stacks.create_stack(StackName=f"s{i}", TemplateBody=json.dumps({"Resources": {"B": {"Type": "AWS::S3::Bucket", "Properties": properties}}}))
            self.assertTrue(eventually(lambda: stacks.describe_stacks(StackName=f"s{i}")["Stacks"][0]["StackStatus"] == "ROLLBACK_COMPLETE"),
                            stacks.describe_stack_events(StackName=f"s{i}")["StackEvents"][:3])
        self.server.stop()
        self.server.start()
        self.goes_on()


if __name__ == "__main__":
    unittest.main()
