"""A trail made with the AWS CLI fills its bucket: what a person does, with Debian's CLI and a newer one where there is one."""
import gzip
import json
import subprocess
import sys
import pathlib
import unittest

from server import BINARY, Server, all_records, eventually, other_aws

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import evidence  # noqa: E402

FAST = ("--set", "delivery.interval=1s", "--set", "digest.interval=2s")
REGIONS = ("us-east-1", "eu-west-1", "ap-southeast-2")


def cli_environment(server):
    """The exports of `cairn env`: with them Debian's CLI finds the server for all its calls."""
    printed = subprocess.run([BINARY, "env", "--data", str(server.data)], capture_output=True, text=True, check=True).stdout
    script = printed + "\nenv -0"
    done = subprocess.run(["bash", "-c", script], env=server.environment(), capture_output=True, check=True)
    return dict(item.split("=", 1) for item in done.stdout.decode().split("\0") if item)


class Clis(unittest.TestCase):
    def aws(self, server, *arguments, binary="/usr/bin/aws", check=True):
        done = subprocess.run([binary, *arguments], env=cli_environment(server), capture_output=True, text=True, timeout=120)
        if check:
            self.assertEqual(done.returncode, 0, f"aws {' '.join(arguments)}: {done.stdout}{done.stderr}\n{server.output()}")
        return done

    def each_cli(self):
        return ["/usr/bin/aws"] + ([other_aws()] if other_aws() else [])


class Trail(Clis):
    def test_two_hundred_calls_in_three_regions(self):
        with Server(*FAST) as server:
            self.aws(server, "s3api", "create-bucket", "--bucket", "logs")
            self.aws(server, "s3api", "put-bucket-policy", "--bucket", "logs", "--policy", evidence.policy("logs"))
            made = json.loads(self.aws(server, "cloudtrail", "create-trail", "--name", "first", "--s3-bucket-name", "logs",
                                       "--is-multi-region-trail", "--enable-log-file-validation").stdout)
            arn = made["TrailARN"]
            began = server.client("cloudtrail")
            self.aws(server, "cloudtrail", "start-logging", "--name", "first")
            mine = self.mixed_calls(server)
            status = json.loads(self.aws(server, "cloudtrail", "get-trail-status", "--name", "first").stdout)
            self.assertTrue(status["IsLogging"])
            began.stop_logging(Name="first")
            evidence.wait_for_end(server)

            found = evidence.objects(server, "logs")
            files = evidence.records_in_files(found)
            self.assert_history_equals_files(server, files)
            by_request = {json.loads(text).get("requestID"): json.loads(text) for text in files.values()}
            for request_id, name, region in mine:  # the client's own list
                self.assertIn(request_id, by_request, name)
                self.assertEqual((by_request[request_id]["eventName"], by_request[request_id]["awsRegion"]), (name, region))
            for region in REGIONS:
                self.assertTrue(evidence.check_digests(server, found, region), region)

            status = began.get_trail_status(Name="first")
            self.assertFalse(status["IsLogging"])
            self.assertNotIn("LatestDeliveryError", {k: v for k, v in status.items() if v})
            self.assertEqual(status["LatestDeliveryAttemptSucceeded"] != "", True)
            for binary in self.each_cli():
                for region in REGIONS:
                    done = self.aws(server, "cloudtrail", "validate-logs", "--trail-arn", arn, "--start-time", "2020-01-01T00:00:00Z",
                                    "--region", region, "--verbose", binary=binary)
                    self.assertNotIn("INVALID", done.stdout)
                    self.assertRegex(done.stdout, r"(\d+)/\1 digest files valid")
                    self.assertRegex(done.stdout, r"(\d+)/\1 log files valid")
                    self.assertNotIn("0/0 log files", done.stdout)

    def mixed_calls(self, server):
        """200 calls, refused ones too; (request id, event name, region) of each that makes a management event."""
        mine = []
        for number in range(20):
            for region in REGIONS:
                s3, sts, trail = (server.client(name, region=region) for name in ("s3", "sts", "cloudtrail"))
                bucket = f"b-{number}-{region}"
                place = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
                for name, call in (("CreateBucket", lambda: s3.create_bucket(Bucket=bucket, **place)),
                                   ("GetCallerIdentity", lambda: sts.get_caller_identity()),
                                   ("GetTrailStatus", lambda: trail.get_trail_status(Name="absent")),
                                   (None, lambda: s3.put_object(Bucket=bucket, Key="k", Body=b"x"))):
                    try:
                        answer = call()
                    except Exception as error:
                        answer = error.response
                    if name:
                        mine.append((answer["ResponseMetadata"]["RequestId"], name, region))
        return mine

    def assert_history_equals_files(self, server, files):
        """All management events from StartLogging to StopLogging, byte by byte, and no other."""
        texts = evidence.history(server)
        names = [json.loads(text)["eventName"] for text in texts]
        first, last = names.index("StartLogging"), names.index("StopLogging")
        wanted = {json.loads(text)["eventID"]: text for text in texts[first:last + 1] if json.loads(text)["managementEvent"]}
        self.assertEqual(files, wanted)

    def test_what_deliveries_do_is_recorded(self):
        with Server(*FAST) as server:
            arn = evidence.make_trail(server, EnableLogFileValidation=True)
            self.assertTrue(eventually(lambda: any(evidence.LOG_KEY.match(key) for key in evidence.objects(server, "logs"))))
            own = [r for r in all_records(server) if r["userIdentity"].get("invokedBy") == "cloudtrail.amazonaws.com"]
            acl = next(r for r in own if r["eventName"] == "GetBucketAcl")
            put = next(r for r in own if r["eventName"] == "PutObject")
            # As in records that AWS delivered (test/fixtures/record_golden.ndjson, "cloudtrail.amazonaws.com").
            self.assertEqual(acl["userIdentity"], {"type": "AWSService", "invokedBy": "cloudtrail.amazonaws.com"})
            self.assertEqual((acl["sourceIPAddress"], acl["userAgent"]), ("cloudtrail.amazonaws.com",) * 2)
            self.assertEqual(acl["requestParameters"], {"bucketName": "logs", "Host": "logs.s3.us-east-1.amazonaws.com", "acl": ""})
            self.assertEqual({k: put["requestParameters"][k] for k in ("bucketName", "Host", "x-amz-acl", "x-amz-server-side-encryption")},
                             {"bucketName": "logs", "Host": "logs.s3.us-east-1.amazonaws.com", "x-amz-acl": "bucket-owner-full-control",
                              "x-amz-server-side-encryption": "AES256"})
            self.assertEqual(put["responseElements"]["x-amz-server-side-encryption"], "AES256")
            self.assertTrue(put["sharedEventID"] and put["recipientAccountId"] == "000000000000")
            self.assertEqual(arn, "arn:aws:cloudtrail:us-east-1:000000000000:trail/first")

    def test_a_policy_that_says_too_little(self):
        with Server(*FAST) as server:
            s3, cloudtrail = server.client("s3"), server.client("cloudtrail")
            s3.create_bucket(Bucket="logs")
            with self.assertRaises(cloudtrail.exceptions.InsufficientS3BucketPolicyException) as refused:
                cloudtrail.create_trail(Name="first", S3BucketName="logs")
            self.assertIn("Incorrect S3 bucket policy is detected for bucket: logs", str(refused.exception))
            s3.put_bucket_policy(Bucket="logs", Policy=evidence.policy("logs", trail="another"))
            with self.assertRaises(cloudtrail.exceptions.InsufficientS3BucketPolicyException) as refused:
                cloudtrail.create_trail(Name="first", S3BucketName="logs")
            self.assertRegex(str(refused.exception), "(?i)aws:SourceArn")
            with self.assertRaises(cloudtrail.exceptions.S3BucketDoesNotExistException):
                cloudtrail.create_trail(Name="first", S3BucketName="absent-bucket")

    def test_a_policy_that_locks_the_trail_out_later(self):
        with Server(*FAST) as server:
            evidence.make_trail(server)
            s3, cloudtrail = server.client("s3"), server.client("cloudtrail")
            self.assertTrue(eventually(lambda: cloudtrail.get_trail_status(Name="first").get("LatestDeliveryTime")))
            s3.delete_bucket_policy(Bucket="logs")
            s3.create_bucket(Bucket="other")
            self.assertTrue(eventually(lambda: cloudtrail.get_trail_status(Name="first").get("LatestDeliveryError") == "AccessDenied"))
            s3.put_bucket_policy(Bucket="logs", Policy=evidence.policy("logs"))
            self.assertTrue(eventually(lambda: not cloudtrail.get_trail_status(Name="first").get("LatestDeliveryError"), 20))
            cloudtrail.stop_logging(Name="first")
            self.assertTrue(eventually(lambda: not evidence.backlog(server)))
            names = [json.loads(text)["eventName"] for text in evidence.records_in_files(evidence.objects(server, "logs")).values()]
            self.assertEqual(names.count("DeleteBucketPolicy"), 1)

    def test_data_events_where_they_are_selected(self):
        with Server(*FAST) as server:
            evidence.make_trail(server, start=False)
            s3, cloudtrail = server.client("s3"), server.client("cloudtrail")
            s3.create_bucket(Bucket="watched")
            cloudtrail.put_event_selectors(TrailName="first", EventSelectors=[
                {"ReadWriteType": "WriteOnly", "IncludeManagementEvents": False,
                 "DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3:::watched/in/"]}]}])
            cloudtrail.start_logging(Name="first")
            s3.put_object(Bucket="watched", Key="in/one", Body=b"1")
            s3.put_object(Bucket="watched", Key="out/two", Body=b"2")
            s3.get_object(Bucket="watched", Key="in/one")
            cloudtrail.stop_logging(Name="first")
            self.assertTrue(eventually(lambda: evidence.records_in_files(evidence.objects(server, "logs"))))
            records = [json.loads(text) for text in evidence.records_in_files(evidence.objects(server, "logs")).values()]
            self.assertEqual([(r["eventName"], r["requestParameters"]["key"]) for r in records], [("PutObject", "in/one")])


if __name__ == "__main__":
    unittest.main()
