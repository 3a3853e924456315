"""Trails through the AWS CLI and boto3: made, shown, changed, started, stopped, tagged and deleted, as people and Terraform do it."""
import datetime
import json
import unittest

from botocore.exceptions import ClientError

from server import Server, all_records

ACCOUNT = "000000000000"


def policy(bucket, prefix=""):
    """The bucket policy of CloudTrail's user guide."""
    path = f"{prefix}/AWSLogs" if prefix else "AWSLogs"
    cloudtrail = {"Service": "cloudtrail.amazonaws.com"}
    return json.dumps({"Version": "2012-10-17", "Statement": [
        {"Sid": "AWSCloudTrailAclCheck20150319", "Effect": "Allow", "Principal": cloudtrail, "Action": "s3:GetBucketAcl",
         "Resource": f"arn:aws:s3:::{bucket}"},
        {"Sid": "AWSCloudTrailWrite20150319", "Effect": "Allow", "Principal": cloudtrail, "Action": "s3:PutObject",
         "Resource": f"arn:aws:s3:::{bucket}/{path}/{ACCOUNT}/*", "Condition": {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}}}]})


def arn(name, region="us-east-1"):
    return f"arn:aws:cloudtrail:{region}:{ACCOUNT}:trail/{name}"


class TrailApi(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server().__enter__()
        cls.addClassCleanup(cls.server.__exit__)
        s3 = cls.server.client("s3")
        for bucket, prefix in (("logs", ""), ("other-logs", "audit")):
            s3.create_bucket(Bucket=bucket)
            s3.put_bucket_policy(Bucket=bucket, Policy=policy(bucket, prefix))
        cls.clients = {}
        cls.trails = cls.client("us-east-1")

    @classmethod
    def client(cls, region):
        if region not in cls.clients:
            cls.clients[region] = cls.server.client("cloudtrail", region=region)
        return cls.clients[region]

    def setUp(self):
        self.addCleanup(self.delete_all)

    def delete_all(self):
        for trail in self.trails.list_trails()["Trails"]:
            self.client(trail["HomeRegion"]).delete_trail(Name=trail["TrailARN"])

    def cli(self, *arguments, **more):
        done = self.server.aws("cloudtrail", *arguments, "--output", "json", **more)
        return json.loads(done.stdout) if done.stdout.strip() else None

    def refusal(self, call, **arguments):
        with self.assertRaises(ClientError) as caught:
            call(**arguments)
        error = caught.exception.response
        self.assertEqual(error["ResponseMetadata"]["HTTPStatusCode"], 400)
        return error["Error"]["Code"], error["Error"]["Message"]

    def settings(self, trail):
        """Without what boto3 adds."""
        return {name: value for name, value in trail.items() if name != "ResponseMetadata"}

    def test_a_trail_through_the_cli(self):
        made = self.cli("create-trail", "--name", "audit", "--s3-bucket-name", "logs", "--is-multi-region-trail",
                        "--enable-log-file-validation", "--tags-list", "Key=team,Value=security")
        self.assertEqual(made, {"Name": "audit", "S3BucketName": "logs", "IncludeGlobalServiceEvents": True, "IsMultiRegionTrail": True,
                                "TrailARN": arn("audit"), "LogFileValidationEnabled": True, "IsOrganizationTrail": False})
        shown = {"Name": "audit", "S3BucketName": "logs", "IncludeGlobalServiceEvents": True, "IsMultiRegionTrail": True,
                 "HomeRegion": "us-east-1", "TrailARN": arn("audit"), "LogFileValidationEnabled": True, "HasCustomEventSelectors": False,
                 "HasInsightSelectors": False, "IsOrganizationTrail": False}
        self.assertEqual(self.cli("get-trail", "--name", "audit"), {"Trail": shown})
        self.assertEqual(self.cli("describe-trails", "--region", "eu-west-1"), {"trailList": [shown]})
        self.assertEqual(self.cli("describe-trails", "--region", "eu-west-1", "--no-include-shadow-trails"), {"trailList": []})
        self.assertEqual(self.cli("list-trails"), {"Trails": [{"TrailARN": arn("audit"), "Name": "audit", "HomeRegion": "us-east-1"}]})

        self.assertIs(self.cli("get-trail-status", "--name", "audit")["IsLogging"], False)
        self.assertIsNone(self.cli("start-logging", "--name", "audit"))
        self.assertIs(self.cli("get-trail-status", "--name", "audit")["IsLogging"], True)
        self.assertIsNone(self.cli("stop-logging", "--name", arn("audit")))
        status = self.cli("get-trail-status", "--name", "audit")
        self.assertIs(status["IsLogging"], False)
        self.assertTrue(status["TimeLoggingStopped"].endswith("Z"))

        self.assertEqual(self.cli("update-trail", "--name", "audit", "--s3-bucket-name", "other-logs", "--s3-key-prefix", "audit",
                                  "--no-is-multi-region-trail"),
                         {"Name": "audit", "S3BucketName": "other-logs", "S3KeyPrefix": "audit", "IncludeGlobalServiceEvents": True,
                          "IsMultiRegionTrail": False, "TrailARN": arn("audit"), "LogFileValidationEnabled": True,
                          "IsOrganizationTrail": False})
        self.assertEqual(self.cli("describe-trails", "--region", "eu-west-1"), {"trailList": []})

        self.cli("add-tags", "--resource-id", arn("audit"), "--tags-list", "Key=team,Value=platform", "Key=stage,Value=test")
        self.cli("remove-tags", "--resource-id", arn("audit"), "--tags-list", "Key=stage")
        self.assertEqual(self.cli("list-tags", "--resource-id-list", arn("audit")),
                         {"ResourceTagList": [{"ResourceId": arn("audit"), "TagsList": [{"Key": "team", "Value": "platform"}]}]})
        self.cli("list-public-keys")
        self.assertIsNone(self.cli("delete-trail", "--name", "audit"))
        self.assertEqual(self.cli("describe-trails"), {"trailList": []})

    def test_terraform_sees_no_drift(self):
        """Its calls for aws_cloudtrail: create, start, read; apply again with every argument, empty ones too; read the same."""
        wanted = {"Name": "audit", "S3BucketName": "other-logs", "S3KeyPrefix": "audit", "IncludeGlobalServiceEvents": True,
                  "IsMultiRegionTrail": True, "EnableLogFileValidation": True, "IsOrganizationTrail": False}
        made = self.trails.create_trail(**wanted, TagsList=[{"Key": "a", "Value": "b"}])
        self.trails.start_logging(Name=made["TrailARN"])

        def read():
            trails = self.trails.describe_trails(trailNameList=[made["TrailARN"]])["trailList"]
            status = self.trails.get_trail_status(Name=made["TrailARN"])
            tags = self.trails.list_tags(ResourceIdList=[made["TrailARN"]])["ResourceTagList"]
            self.assertEqual(self.trails.get_trail(Name=made["TrailARN"])["Trail"], trails[0])
            return trails, status["IsLogging"], status["StartLoggingTime"], tags
        before = read()
        for _ in range(2):
            updated = self.trails.update_trail(**wanted, SnsTopicName="", KmsKeyId="", CloudWatchLogsLogGroupArn="", CloudWatchLogsRoleArn="")
            self.assertEqual(self.settings(updated), {**self.settings(made), **{k: v for k, v in updated.items() if v == ""}})
            self.trails.start_logging(Name="audit")
            self.assertEqual(read(), before)

    def test_times_of_the_status(self):
        self.trails.create_trail(Name="audit", S3BucketName="logs")
        self.assertEqual(self.settings(self.trails.get_trail_status(Name="audit")),
                         {"IsLogging": False, "LatestDeliveryAttemptTime": "", "LatestNotificationAttemptTime": "",
                          "LatestNotificationAttemptSucceeded": "", "LatestDeliveryAttemptSucceeded": "", "TimeLoggingStarted": "",
                          "TimeLoggingStopped": ""})
        before = datetime.datetime.now(datetime.timezone.utc)
        self.trails.start_logging(Name="audit")
        status = self.trails.get_trail_status(Name="audit")
        self.assertLess(abs((status["StartLoggingTime"] - before).total_seconds()), 60)
        self.assertEqual(status["TimeLoggingStarted"], status["StartLoggingTime"].astimezone(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"))

    def test_home_and_shadow(self):
        self.trails.create_trail(Name="everywhere", S3BucketName="logs", IsMultiRegionTrail=True)
        far = self.client("eu-west-1")
        far.create_trail(Name="there", S3BucketName="logs")
        self.assertEqual([t["Name"] for t in far.describe_trails()["trailList"]], ["everywhere", "there"])
        self.assertEqual([t["Name"] for t in self.trails.describe_trails()["trailList"]], ["everywhere"])
        self.assertIs(far.get_trail_status(Name=arn("everywhere"))["IsLogging"], False)
        self.assertEqual(self.refusal(far.get_trail_status, Name="everywhere"),
                         ("TrailNotFoundException", f"Unknown trail: {arn('everywhere', 'eu-west-1')} for the user: {ACCOUNT}"))
        for change in (far.update_trail, far.delete_trail, far.start_logging, far.stop_logging):
            self.assertEqual(self.refusal(change, Name=arn("everywhere"))[0], "InvalidHomeRegionException")
        self.assertEqual(self.refusal(far.list_tags, ResourceIdList=[arn("everywhere")]),
                         ("CloudTrailARNInvalidException", "Region in ARN is wrong, you can only access resources in region eu-west-1."))
        for n in range(4):
            self.trails.create_trail(Name=f"more-{n}", S3BucketName="logs")
        self.assertEqual(self.refusal(self.trails.create_trail, Name="more-5", S3BucketName="logs"),
                         ("MaximumNumberOfTrailsExceededException", f"User: {ACCOUNT} already has 5 trails in us-east-1."))

    def test_the_bucket_must_let_cloudtrail_in(self):
        s3 = self.server.client("s3")
        s3.create_bucket(Bucket="closed")
        self.assertEqual(self.refusal(self.trails.create_trail, Name="audit", S3BucketName="no-such-bucket"),
                         ("S3BucketDoesNotExistException", "S3 bucket no-such-bucket does not exist!"))
        for text in (None, policy("closed", "audit"), policy("closed").replace("s3:GetBucketAcl", "s3:GetBucketLocation"),
                     policy("closed").replace("bucket-owner-full-control", "private"), policy("closed").replace(ACCOUNT, "111122223333")):
            if text:
                s3.put_bucket_policy(Bucket="closed", Policy=text)
            code, message = self.refusal(self.trails.create_trail, Name="audit", S3BucketName="closed")
            self.assertEqual(code, "InsufficientS3BucketPolicyException")
            self.assertRegex(message, r"^Incorrect S3 bucket policy is detected for bucket: closed \(.+\)$")
        s3.put_bucket_policy(Bucket="closed", Policy=policy("closed"))
        self.trails.create_trail(Name="audit", S3BucketName="closed")
        self.assertEqual(self.refusal(self.trails.update_trail, Name="audit", S3KeyPrefix="audit")[0], "InsufficientS3BucketPolicyException")
        self.assertNotIn("S3KeyPrefix", self.trails.get_trail(Name="audit")["Trail"])

    def test_records_look_as_those_of_aws(self):
        newest = len(all_records(self.server))
        self.trails.create_trail(Name="audit", S3BucketName="logs", IncludeGlobalServiceEvents=True, TagsList=[{"Key": "Demo", "Value": "true"}])
        self.trails.start_logging(Name="audit")
        self.trails.describe_trails(trailNameList=["audit"])
        self.trails.get_trail_status(Name="audit")
        self.trails.list_tags(ResourceIdList=[arn("audit")])
        self.trails.update_trail(Name=arn("audit"), EnableLogFileValidation=True)
        self.refusal(self.trails.stop_logging, Name="gone")
        self.trails.delete_trail(Name="audit")
        records = [r for r in all_records(self.server)[newest:] if r["eventSource"] == "cloudtrail.amazonaws.com"]
        answer = {"name": "audit", "s3BucketName": "logs", "includeGlobalServiceEvents": True, "isMultiRegionTrail": False,
                  "trailARN": arn("audit"), "logFileValidationEnabled": False, "isOrganizationTrail": False}
        expected = [
            ("CreateTrail", False, {"name": "audit", "s3BucketName": "logs", "includeGlobalServiceEvents": True,
                                    "tagsList": [{"key": "Demo", "value": "true"}]}, answer),
            ("StartLogging", False, {"name": "audit"}, None),
            ("DescribeTrails", True, {"trailNameList": ["audit"]}, None),
            ("GetTrailStatus", True, {"name": "audit"}, None),
            ("ListTags", True, {"resourceIdList": [arn("audit")]}, None),
            ("UpdateTrail", False, {"name": arn("audit"), "enableLogFileValidation": True}, {**answer, "logFileValidationEnabled": True}),
            ("StopLogging", False, {"name": "gone"}, None),
            ("DeleteTrail", False, {"name": "audit"}, None),
        ]
        seen = [(r["eventName"], r["readOnly"], r["requestParameters"], r["responseElements"]) for r in records]
        self.assertEqual(seen, expected)
        self.assertEqual(list(records[0]["responseElements"]), list(answer))
        self.assertNotIn("resources", records[0])
        self.assertEqual((records[6]["errorCode"], records[6]["errorMessage"]),
                         ("TrailNotFoundException", f"Unknown trail: {arn('gone')} for the user: {ACCOUNT}"))

    def test_what_is_kept_survives_a_restart(self):
        self.trails.create_trail(Name="audit", S3BucketName="logs", TagsList=[{"Key": "a", "Value": "b"}])
        self.trails.start_logging(Name="audit")
        before = self.trails.get_trail(Name="audit")["Trail"]
        self.server.kill()
        self.server.start()
        TrailApi.clients = {}
        trails = TrailApi.trails = self.client("us-east-1")
        self.assertEqual(trails.get_trail(Name="audit")["Trail"], before)
        self.assertIs(trails.get_trail_status(Name="audit")["IsLogging"], True)
        self.assertEqual(trails.list_tags(ResourceIdList=[arn("audit")])["ResourceTagList"][0]["TagsList"], [{"Key": "a", "Value": "b"}])

    def test_refusals(self):
        create = self.trails.create_trail
        self.assertEqual(self.refusal(create, Name="my--trail", S3BucketName="logs")[0], "InvalidTrailNameException")
        self.assertEqual(self.refusal(create, Name="audit", S3BucketName="Logs")[0], "InvalidS3BucketNameException")
        self.assertEqual(self.refusal(create, Name="audit", S3BucketName="logs", S3KeyPrefix="p" * 201)[0], "InvalidS3PrefixException")
        self.assertEqual(self.refusal(create, Name="audit", S3BucketName="logs", IsMultiRegionTrail=True, IncludeGlobalServiceEvents=False),
                         ("InvalidParameterCombinationException", "Multi-Region trail must include global service events."))
        self.assertEqual(self.refusal(create, Name="audit", S3BucketName="logs", IsOrganizationTrail=True)[0], "OrganizationsNotInUseException")
        self.assertEqual(self.refusal(create, Name="audit", S3BucketName="logs", KmsKeyId="alias/key")[0], "KmsKeyNotFoundException")
        self.assertEqual(self.refusal(create, Name="audit", S3BucketName="logs", SnsTopicName="topic")[0], "InsufficientSnsTopicPolicyException")
        self.assertEqual(self.refusal(self.trails.get_trail, Name="arn:aws:s3:::logs")[0], "CloudTrailARNInvalidException")
        self.assertEqual(self.refusal(self.trails.add_tags, ResourceId=arn("gone"), TagsList=[{"Key": "a", "Value": "b"}])[0],
                         "ResourceNotFoundException")
        now = datetime.datetime.now(datetime.timezone.utc)
        self.assertEqual(self.refusal(self.trails.list_public_keys, StartTime=now, EndTime=now - datetime.timedelta(1))[0],
                         "InvalidTimeRangeException")
        create(Name="audit", S3BucketName="logs")
        self.assertEqual(self.refusal(create, Name="audit", S3BucketName="logs"),
                         ("TrailAlreadyExistsException", f"Trail audit already exists for customer: {ACCOUNT}"))


if __name__ == "__main__":
    unittest.main()
