"""The fourteen alarms of the CIS AWS Foundations Benchmark, as examples/cis-alarms.yaml has them: for each the call that must raise it does, and a near miss
does not. Calls of services that are here are made, and reach the log group by a trail; the others are records that are put there."""
import importlib.machinery
import importlib.util
import json
import os
import pathlib
import subprocess
import sys
import time
import unittest
import uuid

import botocore.exceptions

from server import BINARY, Server, eventually

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.append(str(ROOT / "test/delivery"))
from log_group_test import in_group, make  # noqa: E402

SCRIPT = ROOT / "examples/cis-alarms"
GROUP = "CloudTrail/all"
TOPIC = "arn:aws:sns:us-east-1:000000000000:told"


def load(path):
    loader = importlib.machinery.SourceFileLoader("cis_alarms", str(path))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("cis_alarms", loader))
    sys.dont_write_bytecode = True
    loader.exec_module(module)
    return module


def record(name, source="ec2.amazonaws.com", **more):
    identity = {"type": "IAMUser", "principalId": "AIDA", "arn": "arn:aws:iam::000000000000:user/alice", "accountId": "000000000000", "userName": "alice"}
    return {"eventVersion": "1.11", "userIdentity": identity, "eventTime": "2026-01-01T00:00:00Z", "eventSource": source, "eventName": name, "awsRegion": "us-east-1",
            "sourceIPAddress": "198.51.100.1", "eventType": "AwsApiCall", "eventID": str(uuid.uuid4()), **more}


def sign_in(outcome, mfa, **more):
    return record("ConsoleLogin", "signin.amazonaws.com", eventType="AwsConsoleSignIn", additionalEventData={"MFAUsed": mfa},
                  responseElements={"ConsoleLogin": outcome}, **more)


# number and name of an alarm: a record that must not raise it, one that must
RECORDS = {
    "3.2-SignInWithoutMfa": (sign_in("Success", "Yes"), sign_in("Success", "No")),
    "3.6-ConsoleSignInFailures": (sign_in("Success", "Yes"), sign_in("Failure", "Yes", errorMessage="Failed authentication")),
    "3.9-ConfigChanges": (record("DescribeConfigurationRecorders", "config.amazonaws.com"), record("StopConfigurationRecorder", "config.amazonaws.com")),
    "3.10-SecurityGroupChanges": (record("DescribeSecurityGroups"), record("AuthorizeSecurityGroupIngress")),
    "3.11-NetworkAclChanges": (record("DescribeNetworkAcls"), record("CreateNetworkAclEntry")),
    "3.12-NetworkGatewayChanges": (record("DescribeInternetGateways"), record("AttachInternetGateway")),
    "3.13-RouteTableChanges": (record("CreateRoute", "apigateway.amazonaws.com"), record("CreateRoute")),
    "3.14-VpcChanges": (record("CreateVpcEndpoint"), record("CreateVpc")),
}


class Cis(unittest.TestCase):
    def setUp(self):
        self.server = Server()
        self.server.__enter__()
        self.addCleanup(self.server.__exit__, None, None, None)

    def client(self, service, **more):
        return self.server.client(service, **more)

    def root(self):
        done = subprocess.run([BINARY, "root", "credentials", "--account", "000000000000", "--data", str(self.server.data)], capture_output=True, text=True,
                              env=self.server.environment(), check=True)
        values = dict(line.split(" = ") for line in done.stdout.splitlines() if " = " in line)
        return {"access_key": values["aws_access_key_id"], "secret_key": values["aws_secret_access_key"]}

    def denied(self):
        with self.assertRaises(botocore.exceptions.ClientError):
            self.client("iam", **self.nobody).list_users()

    def not_found(self):
        with self.assertRaises(botocore.exceptions.ClientError):
            self.client("iam").get_user(UserName="absent")

    def put(self, *records):
        now = int(time.time() * 1000)
        self.client("logs").put_log_events(logGroupName=GROUP, logStreamName="fed", logEvents=[{"timestamp": now, "message": json.dumps(each)} for each in records])

    def in_alarm(self):
        return {alarm["AlarmName"].removeprefix("CIS-") for alarm in self.client("cloudwatch").describe_alarms(StateValue="ALARM")["MetricAlarms"]}

    def await_alarms(self, wanted, what):
        found = eventually(lambda: (there := self.in_alarm()) >= wanted and there, 30) or self.in_alarm()
        self.assertEqual(found, wanted, what)

    def awaited_in_group(self, name, count=1):
        def look():
            return sum(json.loads(text)["eventName"] == name for _, text in in_group(self.server).values()) >= count
        self.assertTrue(eventually(look, 30), f"no {count} {name} in the log group")

    def test_each_alarm_and_its_near_miss(self):
        make(self.server, IsMultiRegionTrail=True)
        iam, kms, s3, trails = self.client("iam"), self.client("kms"), self.client("s3"), self.client("cloudtrail")
        iam.create_user(UserName="nobody")
        key = iam.create_access_key(UserName="nobody")["AccessKey"]
        self.nobody = {"access_key": key["AccessKeyId"], "secret_key": key["SecretAccessKey"]}
        root = self.root()
        s3.create_bucket(Bucket="cis")
        key_id = kms.create_key()["KeyMetadata"]["KeyId"]
        self.client("logs").create_log_stream(logGroupName=GROUP, logStreamName="fed")
        trails.describe_trails()
        self.awaited_in_group("DescribeTrails")  # all of the above is in the group: no filter sees it
        for service, operation, parameters in load(SCRIPT).calls(GROUP, TOPIC):
            getattr(self.client(service), operation.replace("-", "_"))(**parameters)
        self.assertEqual(len(self.client("logs").describe_metric_filters(logGroupName=GROUP)["metricFilters"]), 14)
        self.assertEqual(len(self.client("cloudwatch").describe_alarms()["MetricAlarms"]), 14)

        bucket_policy = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::cis/*",
                                                                           "Condition": {"Bool": {"aws:SecureTransport": "false"}}}]})
        user_policy = json.dumps({"Version": "2012-10-17", "Statement": []}).replace("[]", '[{"Effect":"Deny","Action":"s3:*","Resource":"*"}]')
        calls = {
            "3.1-UnauthorizedApiCalls": (self.not_found, self.denied),
            "3.3-RootUsage": (lambda: iam.list_groups(), lambda: self.client("sts", **root).get_caller_identity()),
            "3.4-IamPolicyChanges": (lambda: iam.create_user(UserName="miss"), lambda: iam.put_user_policy(UserName="nobody", PolicyName="p", PolicyDocument=user_policy)),
            "3.5-CloudTrailChanges": (lambda: trails.get_trail_status(Name="first"), lambda: trails.update_trail(Name="first", IncludeGlobalServiceEvents=True)),
            "3.7-DisabledOrDeletedKeys": (lambda: kms.enable_key(KeyId=key_id), lambda: kms.disable_key(KeyId=key_id)),
            "3.8-BucketPolicyChanges": (lambda: s3.put_bucket_tagging(Bucket="cis", Tagging={"TagSet": []}), lambda: s3.put_bucket_policy(Bucket="cis", Policy=bucket_policy)),
        }
        self.assertEqual(len(calls) + len(RECORDS), 14)
        for miss, _ in calls.values():
            miss()
        self.put(*[miss for miss, _ in RECORDS.values()])
        iam.list_roles()
        self.awaited_in_group("ListRoles")  # every near miss has been seen
        self.awaited_filters()
        self.assertEqual(self.in_alarm(), set())

        raised = set()
        for name, (_, hit) in calls.items():
            hit()
            raised.add(name)
            self.await_alarms(raised, name)
        for name, (_, hit) in RECORDS.items():
            self.put(hit)
            raised.add(name)
            self.await_alarms(raised, name)

    def awaited_filters(self):
        """Returns when a last event, after all near misses, was counted by a filter of its own."""
        logs, cloudwatch = self.client("logs"), self.client("cloudwatch")
        logs.put_metric_filter(logGroupName=GROUP, filterName="last", filterPattern='"last-of-all"',
                               metricTransformations=[{"metricName": "last", "metricNamespace": "Test", "metricValue": "1"}])
        self.put(record("last-of-all"))
        self.assertTrue(eventually(lambda: cloudwatch.list_metrics(Namespace="Test")["Metrics"]), "the filters stay behind")

    def test_the_script(self):
        done = subprocess.run([str(SCRIPT), GROUP, TOPIC, "--endpoint-url", "http://127.0.0.1:1"], capture_output=True, text=True, check=True,
                              env={**os.environ, "AWS": "echo"})
        lines = done.stdout.splitlines()
        self.assertEqual(len(lines), 28)
        self.assertTrue(all(line.startswith("--endpoint-url http://127.0.0.1:1 ") for line in lines))


if __name__ == "__main__":
    unittest.main()
