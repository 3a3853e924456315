"""Wherever a stack of forty resources fails, nothing of it is left; and a kill -9 in the middle of anything is gone on from."""
import json
import unittest

from botocore.exceptions import ClientError

from server import Server
from stacks import settled

COUNT = 40
ROLE = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "sts:AssumeRole"}]}


def properties(kind, number, days):
    if kind == "AWS::SNS::Topic":
        return {"DisplayName": str(days)}
    if kind == "AWS::SQS::Queue":
        return {"VisibilityTimeout": days}
    if kind == "AWS::Logs::LogGroup":
        return {"RetentionInDays": days}
    if kind == "AWS::IAM::Role":
        return {"AssumeRolePolicyDocument": ROLE, "Description": str(days)}
    return {"Tags": [{"Key": "days", "Value": str(days)}]}


def template(days, failing=None):
    kinds = ["AWS::SNS::Topic", "AWS::SQS::Queue", "AWS::Logs::LogGroup", "AWS::IAM::Role", "AWS::S3::Bucket"]
    resources = {}
    for number in range(COUNT):
        kind = kinds[number % len(kinds)]
        one = {"Type": kind, "Properties": properties(kind, number, days)}
        if number >= 10:
            one["DependsOn"] = [f"R{number - 10}"]
        resources[f"R{number}"] = one
    if failing is not None:  # refused by its service, not before
        resources[f"R{failing}"] = {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "no such name!"},
                                    **({"DependsOn": [f"R{failing - 10}"]} if failing >= 10 else {})}
    return json.dumps({"Resources": resources})


class Failing(unittest.TestCase):
    def left(self, server):
        return (server.client("sns").list_topics()["Topics"] + server.client("sqs").list_queues().get("QueueUrls", [])
                + server.client("logs").describe_log_groups()["logGroups"] + server.client("iam").list_roles()["Roles"]
                + server.client("s3").list_buckets()["Buckets"])

    def test_a_failure_at_each_resource(self):
        with Server() as server:
            stacks = server.client("cloudformation")
            for number in range(COUNT):
                made = stacks.create_stack(StackName=f"s{number}", TemplateBody=template(30, number), Capabilities=["CAPABILITY_IAM"])["StackId"]
                settled(stacks, made, "ROLLBACK_COMPLETE")
            self.assertEqual(self.left(server), [])
            events = stacks.describe_stack_events(StackName="s39")["StackEvents"]
            reasons = {e["ResourceStatus"]: e.get("ResourceStatusReason") for e in events if e["LogicalResourceId"] == "s39"}
            self.assertEqual(reasons["ROLLBACK_IN_PROGRESS"], "The following resource(s) failed to create: [R39]. Rollback requested by user.")
            stacks.create_stack(StackName="good", TemplateBody=template(30), Capabilities=["CAPABILITY_IAM"])
            settled(stacks, "good", "CREATE_COMPLETE")
            before = len(self.left(server))
            for number in (0, 20, 35):  # topics
                stacks.update_stack(StackName="good", TemplateBody=template(60, number), Capabilities=["CAPABILITY_IAM"])
                settled(stacks, "good", "UPDATE_ROLLBACK_COMPLETE")
                self.assertEqual(len(self.left(server)), before)
                self.assertEqual({g["retentionInDays"] for g in server.client("logs").describe_log_groups()["logGroups"]}, {30})

    def test_kills(self):
        with Server() as server:
            def killed(what):
                what(server.client("cloudformation"))
                server.kill()
                server.start()
                return server.client("cloudformation")
            for number in range(3):
                name = f"k{number}"
                stacks = killed(lambda c: c.create_stack(StackName=name, TemplateBody=template(30), Capabilities=["CAPABILITY_IAM"]))
                settled(stacks, name, "CREATE_COMPLETE")
                self.assertEqual(len(self.left(server)), COUNT)
                stacks = killed(lambda c: c.update_stack(StackName=name, TemplateBody=template(60), Capabilities=["CAPABILITY_IAM"]))
                settled(stacks, name, "UPDATE_COMPLETE")
                self.assertEqual({g["retentionInDays"] for g in server.client("logs").describe_log_groups()["logGroups"]}, {60})
                arn = stacks.describe_stacks(StackName=name)["Stacks"][0]["StackId"]
                stacks = killed(lambda c: c.delete_stack(StackName=name))
                settled(stacks, arn, "DELETE_COMPLETE")
                self.assertEqual(self.left(server), [])


if __name__ == "__main__":
    unittest.main()
