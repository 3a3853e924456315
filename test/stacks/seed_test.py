"""The set-up that this project was asked for, unmodified (test/fixtures/cloudtrail-setup.yaml): its trail delivers what AWS's own validator
accepts, and goes with its stack."""
import json
import pathlib
import subprocess
import sys
import unittest

from server import BINARY, Server, eventually

sys.path.append(str(pathlib.Path(__file__).resolve().parent))
from impatient import aws  # noqa: E402

ACCOUNT = "000000000000"
TEMPLATE = pathlib.Path(__file__).resolve().parent.parent / "fixtures" / "cloudtrail-setup.yaml"
BUCKET = f"defaultsecuritysettings-cloudtrail-us-east-1-{ACCOUNT}"


class Seed(unittest.TestCase):
    def test_the_set_up(self):
        with Server("--set", "delivery.interval=1s", "--set", "digest.interval=2s") as server:
            s3, sns, trails = server.client("s3"), server.client("sns"), server.client("cloudtrail")
            # What the template expects to be there: a bucket for access logs, and a topic that lets CloudTrail in.
            s3.create_bucket(Bucket="access-logs")
            s3.put_bucket_policy(Bucket="access-logs", Policy=json.dumps({"Version": "2012-10-17", "Statement": [{
                "Effect": "Allow", "Principal": {"Service": "logging.s3.amazonaws.com"}, "Action": "s3:PutObject",
                "Resource": "arn:aws:s3:::access-logs/*"}]}))
            topic = sns.create_topic(Name="trails")["TopicArn"]
            sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=json.dumps({"Version": "2012-10-17", "Statement": [{
                "Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "SNS:Publish", "Resource": topic}]}))
            deploy = ["cloudformation", "deploy", "--stack-name", "setup", "--template-file", str(TEMPLATE), "--capabilities",
                      "CAPABILITY_NAMED_IAM", "--parameter-overrides", "LogBacketName=access-logs", "SnsTopicName=trails"]
            aws(server, *deploy)
            trail = trails.get_trail(Name="setup")["Trail"]
            self.assertEqual((trail["S3BucketName"], trail["SnsTopicARN"], trail["IsMultiRegionTrail"]), (BUCKET, topic, True))
            self.assertTrue(trails.get_trail_status(Name="setup")["IsLogging"])
            selectors = trails.get_event_selectors(TrailName="setup")["EventSelectors"][0]["DataResources"]
            self.assertEqual({r["Type"] for r in selectors}, {"AWS::S3::Object", "AWS::Lambda::Function"})
            self.assertEqual(s3.get_bucket_encryption(Bucket=BUCKET)["ServerSideEncryptionConfiguration"]["Rules"][0]
                             ["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"], "aws:kms")
            self.assertEqual(s3.get_bucket_lifecycle_configuration(Bucket=BUCKET)["Rules"][0]["Expiration"], {"Days": 60})
            self.assertEqual(s3.get_bucket_logging(Bucket=BUCKET)["LoggingEnabled"], {"TargetBucket": "access-logs", "TargetPrefix": "CloudTrail/"})
            self.assertEqual(server.client("logs").describe_log_groups()["logGroups"][0]["retentionInDays"], 365)
            self.assertIn("No changes to deploy", (lambda done: done.stdout + done.stderr)(aws(server, *deploy)))

            def digests():
                keys = [item["Key"] for item in s3.list_objects_v2(Bucket=BUCKET).get("Contents", [])]
                return len([key for key in keys if "/CloudTrail-Digest/" in key]) > 1 and [key for key in keys if "/CloudTrail/" in key]
            self.assertTrue(eventually(digests, 20), server.output())
            # Debian's CLI finds the server for all its calls by the exports of `cairn env`.
            exports = subprocess.run([BINARY, "env", "--data", str(server.data)], capture_output=True, text=True, check=True).stdout
            checked = subprocess.run(["bash", "-c", exports + f"\nexec /usr/bin/aws cloudtrail validate-logs --verbose --trail-arn "
                                      f"{trail['TrailARN']} --start-time 2020-01-01T00:00:00Z"], env=server.environment(),
                                     capture_output=True, text=True, timeout=60)
            self.assertRegex(checked.stdout, r"([1-9]\d*)/\1 digest files valid", checked.stderr)
            self.assertRegex(checked.stdout, r"([1-9]\d*)/\1 log files valid")
            self.assertNotIn("INVALID", checked.stdout)

            aws(server, "cloudformation", "delete-stack", "--stack-name", "setup")
            aws(server, "cloudformation", "wait", "stack-delete-complete", "--stack-name", "setup")
            self.assertEqual(trails.describe_trails()["trailList"], [])
            self.assertEqual(server.client("iam").list_roles()["Roles"], [])
            self.assertIn(BUCKET, [b["Name"] for b in s3.list_buckets()["Buckets"]], "DeletionPolicy: Retain")


if __name__ == "__main__":
    unittest.main()
