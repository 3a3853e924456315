"""A trail streams into a log group: each wanted event once, in a second, through kills, a role that is shut out, and a group made anew."""
import json
import pathlib
import sys
import time
import unittest

import botocore.exceptions

from server import Server, eventually

sys.path.append(str(pathlib.Path(__file__).resolve().parent))
import evidence  # noqa: E402
sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "limits"))
from wire import metric  # noqa: E402

MB = 1 << 20

TRUST = {"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
ACCOUNT = "000000000000"


def permissions(group="CloudTrail/all"):
    """The role policy of AWS's guide, "Role policy document for CloudTrail to use CloudWatch Logs for monitoring"."""
    stream = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:{group}:log-stream:{ACCOUNT}_CloudTrail_us-east-1*"
    return {"Version": "2012-10-17", "Statement": [
        {"Sid": "AWSCloudTrailCreateLogStream20141101", "Effect": "Allow", "Action": ["logs:CreateLogStream"], "Resource": [stream]},
        {"Sid": "AWSCloudTrailPutLogEvents20141101", "Effect": "Allow", "Action": ["logs:PutLogEvents"], "Resource": [stream]}]}


def make(server, group="CloudTrail/all", start=True, **more):
    iam, logs = server.client("iam"), server.client("logs")
    logs.create_log_group(logGroupName=group)
    role = iam.create_role(RoleName="CloudTrail_CloudWatchLogs_Role", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
    iam.put_role_policy(RoleName="CloudTrail_CloudWatchLogs_Role", PolicyName="put", PolicyDocument=json.dumps(permissions(group)))
    evidence.make_trail(server, start=start, CloudWatchLogsLogGroupArn=f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:{group}:*",
                        CloudWatchLogsRoleArn=role, **more)


def in_group(server, group="CloudTrail/all"):
    """Event id -> (stream, record) of all events there; fails if one is there twice."""
    found = {}
    for page in server.client("logs").get_paginator("filter_log_events").paginate(logGroupName=group):
        for event in page["events"]:
            record = json.loads(event["message"])
            assert record["eventID"] not in found, f"{record['eventID']} is there twice"
            found[record["eventID"]] = (event["logStreamName"], event["message"])
    return found


class LogGroup(unittest.TestCase):
    def whole(self, server, wants=lambda record: record["managementEvent"]):
        """The log group holds what the trail wanted of the history, byte by byte, after StopLogging."""
        server.client("cloudtrail").stop_logging(Name="first")
        server.settle()
        wanted = evidence.wanted(evidence.history(server), "first", wants)
        found = eventually(lambda: (there := in_group(server)) and wanted.keys() <= there.keys() and there, 30) or in_group(server)
        self.assertEqual({key: text for key, (_, text) in found.items()}, wanted)
        self.assertEqual({stream for stream, _ in found.values()}, {f"{ACCOUNT}_CloudTrail_us-east-1"})
        return found

    def test_every_event_of_every_region_once(self):
        with Server() as server:
            make(server, IsMultiRegionTrail=True)
            for region in ("us-east-1", "eu-west-1", "ap-southeast-2"):
                for _ in range(20):
                    server.client("sts", region=region).get_caller_identity()
            self.assertTrue(eventually(lambda: in_group(server)), "what makes the stream is among the events, too")
            found = self.whole(server)
            self.assertGreater(len(found), 60)
            self.assertGreater(len({json.loads(text)["awsRegion"] for _, text in found.values()}), 2)
            made = [json.loads(text) for _, text in found.values() if json.loads(text)["eventName"] == "CreateLogStream"]
            self.assertGreater(len(made), 0)
            for record in made:
                self.assertEqual(record["userIdentity"]["type"], "AssumedRole")
                self.assertEqual(record["userIdentity"]["invokedBy"], "cloudtrail.amazonaws.com")
                self.assertTrue(record["userIdentity"]["arn"].endswith("/CLOUDWATCH_LOGS_DELIVERY_SESSION"))

    def test_kills_lose_and_double_nothing(self):
        with Server("--set", "logs.tail_bytes=64KB", "--set", "journal.segment_bytes=4MB") as server:
            make(server)
            for round in range(12):
                for _ in range(30):
                    server.client("sts").get_caller_identity()
                if round % 3:
                    time.sleep(0.03 * round)
                server.kill()
                server.start()
            self.whole(server)

    def test_a_role_that_is_shut_out_shows_in_the_status_and_loses_nothing(self):
        with Server() as server:
            make(server)
            iam, trails = server.client("iam"), server.client("cloudtrail")
            self.assertTrue(eventually(lambda: trails.get_trail_status(Name="first").get("LatestCloudWatchLogsDeliveryTime")))
            iam.delete_role_policy(RoleName="CloudTrail_CloudWatchLogs_Role", PolicyName="put")
            for _ in range(10):
                server.client("sts").get_caller_identity()
            error = eventually(lambda: trails.get_trail_status(Name="first").get("LatestCloudWatchLogsDeliveryError"))
            self.assertIn("logs:PutLogEvents", error)
            iam.put_role_policy(RoleName="CloudTrail_CloudWatchLogs_Role", PolicyName="put", PolicyDocument=json.dumps(permissions()))
            self.whole(server)
            self.assertNotIn("LatestCloudWatchLogsDeliveryError", trails.get_trail_status(Name="first"))

    def test_a_trail_that_is_deleted_with_its_role_says_so(self):
        with Server() as server:
            make(server)
            iam, trails = server.client("iam"), server.client("cloudtrail")
            self.assertTrue(eventually(lambda: trails.get_trail_status(Name="first").get("LatestCloudWatchLogsDeliveryTime")))
            iam.delete_role_policy(RoleName="CloudTrail_CloudWatchLogs_Role", PolicyName="put")
            iam.delete_role(RoleName="CloudTrail_CloudWatchLogs_Role")
            trails.delete_trail(Name="first")
            words = "The last events of a trail that was deleted could not be put into its log group and are given up."
            self.assertTrue(eventually(lambda: words in server.output(), 30), server.output())
            [line] = [json.loads(line) for line in server.output().splitlines() if words in line]
            self.assertTrue(line["trail"].endswith("/first"), line)
            self.assertIn("CloudTrail_CloudWatchLogs_Role", line["error"])
            self.assertGreaterEqual(int(line["events"]), 1)
            self.assertNotIn("for a log group that took none", server.output())

    def test_what_a_shut_log_group_holds_up_has_a_limit(self):
        """Beyond it the oldest events are given up, and counted; callers notice nothing, and the journal does not grow."""
        with Server("--set", "delivery.backlog_max=16MB", "--set", "journal.segment_bytes=4MB", "--set", "delivery.interval=1s",
                    "--set", "state.checkpoint_interval=20ms", "--set", "history.tail_bytes=64KB") as server:
            make(server)
            iam = server.client("iam")
            server.client("s3").create_bucket(Bucket="work")
            self.assertTrue(eventually(lambda: "CreateBucket" in [json.loads(text)["eventName"] for _, text in in_group(server).values()]))
            iam.delete_role_policy(RoleName="CloudTrail_CloudWatchLogs_Role", PolicyName="put")
            for _ in range(7):
                evidence.fill_journal(server, 8)
                # The limit, the segments at both its ends, and those made ahead.
                self.assertTrue(eventually(lambda: evidence.journal_bytes(server) <= 32 * MB, 20), evidence.journal_bytes(server))
            iam.put_role_policy(RoleName="CloudTrail_CloudWatchLogs_Role", PolicyName="put", PolicyDocument=json.dumps(permissions()))
            server.client("cloudtrail").stop_logging(Name="first")
            server.settle()
            wanted = evidence.wanted(evidence.history(server), "first", lambda record: record["managementEvent"])
            newest = list(wanted)[-1]
            self.assertTrue(eventually(lambda: newest in in_group(server), 60), server.output())
            there = {key: text for key, (_, text) in in_group(server).items()}
            self.assertEqual(there, {key: text for key, text in wanted.items() if key in there})
            self.assertGreater(len(wanted), len(there))
            self.assertEqual(metric(server, "log_delivery_dropped_total"), len(wanted) - len(there))

    def test_what_cannot_work_is_refused(self):
        with Server() as server:
            iam, logs, trails = (server.client(name) for name in ("iam", "logs", "cloudtrail"))
            evidence.make_trail(server)
            logs.create_log_group(logGroupName="g")
            group, role = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:g:*", f"arn:aws:iam::{ACCOUNT}:role/r"

            def refusal(**settings):
                with self.assertRaises(botocore.exceptions.ClientError) as caught:
                    trails.update_trail(Name="first", **settings)
                return caught.exception.response["Error"]["Code"]
            self.assertEqual(refusal(CloudWatchLogsLogGroupArn=group), "InvalidCloudWatchLogsRoleArnException")
            self.assertEqual(refusal(CloudWatchLogsRoleArn=role), "InvalidCloudWatchLogsLogGroupArnException")
            self.assertEqual(refusal(CloudWatchLogsLogGroupArn=group, CloudWatchLogsRoleArn=role), "InvalidCloudWatchLogsRoleArnException", "no such role")
            iam.create_role(RoleName="r", AssumeRolePolicyDocument=json.dumps(TRUST).replace("cloudtrail", "lambda"))
            iam.put_role_policy(RoleName="r", PolicyName="put", PolicyDocument=json.dumps(permissions("g")))
            self.assertEqual(refusal(CloudWatchLogsLogGroupArn=group, CloudWatchLogsRoleArn=role), "InvalidCloudWatchLogsRoleArnException", "trusts another")
            iam.update_assume_role_policy(RoleName="r", PolicyDocument=json.dumps(TRUST))
            self.assertEqual(refusal(CloudWatchLogsLogGroupArn=group.replace(":g:", ":absent:"), CloudWatchLogsRoleArn=role),
                             "InvalidCloudWatchLogsLogGroupArnException", "no such group")
            iam.put_role_policy(RoleName="r", PolicyName="put", PolicyDocument=json.dumps(permissions("another")))
            self.assertEqual(refusal(CloudWatchLogsLogGroupArn=group, CloudWatchLogsRoleArn=role), "InvalidCloudWatchLogsRoleArnException",
                             "the role may not write there")
            iam.put_role_policy(RoleName="r", PolicyName="put", PolicyDocument=json.dumps(permissions("g")))
            trails.update_trail(Name="first", CloudWatchLogsLogGroupArn=group, CloudWatchLogsRoleArn=role)
            self.assertEqual(trails.get_trail(Name="first")["Trail"]["CloudWatchLogsLogGroupArn"], group)
            trails.update_trail(Name="first", CloudWatchLogsLogGroupArn="", CloudWatchLogsRoleArn="")
            self.assertNotIn("CloudWatchLogsLogGroupArn", trails.get_trail(Name="first")["Trail"])

    def test_a_deleted_trail_whose_group_takes_nothing_holds_nothing_up(self):
        with Server() as server:
            make(server)
            server.client("s3").create_bucket(Bucket="before")
            self.assertTrue(eventually(lambda: "CreateBucket" in [json.loads(text)["eventName"] for _, text in in_group(server).values()]))
            server.client("iam").delete_role_policy(RoleName="CloudTrail_CloudWatchLogs_Role", PolicyName="put")
            server.client("cloudtrail").delete_trail(Name="first")
            self.assertTrue(eventually(lambda: metric(server, "log_delivery_dropped_total"), 60), server.output())
            # The two calls above, and what CloudTrail itself was refused before the trail's deletion.
            self.assertGreaterEqual(metric(server, "log_delivery_dropped_total"), 2)
            self.assertTrue(eventually(lambda: metric(server, "delivery_backlog") == 0), "nothing is kept for it")

    def test_a_deleted_trail_leaves_nothing_behind(self):
        with Server() as server:
            make(server)
            server.client("sts").get_caller_identity()
            self.assertTrue(eventually(lambda: in_group(server)))
            server.client("cloudtrail").delete_trail(Name="first")
            names = eventually(lambda: (found := [json.loads(text)["eventName"] for _, text in in_group(server).values()]) and "DeleteTrail" in found and found)
            self.assertTrue(names, "the deletion is the trail's last event")


if __name__ == "__main__":
    unittest.main()
