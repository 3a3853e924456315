"""A stack's life with the real clients: deployed, looked at, deployed again, updated, deleted; and what is left in records."""
import json
import pathlib
import sys
import unittest

from botocore.exceptions import ClientError

from server import Server, all_records, eventually

sys.path.append(str(pathlib.Path(__file__).resolve().parent))
from impatient import aws  # noqa: E402

ACCOUNT = "000000000000"

TEMPLATE = """
Parameters:
  Days: {Type: Number, Default: 30}
  Secret: {Type: String, NoEcho: true, Default: hunter2hunter2}
Resources:
  Logs:
    Type: AWS::S3::Bucket
    Properties:
      VersioningConfiguration: {Status: Enabled}
      Tags: [{Key: secret, Value: !Ref Secret}]
  Policy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Logs
      PolicyDocument:
        Version: 2012-10-17
        Statement:
          - {Effect: Allow, Principal: {Service: cloudtrail.amazonaws.com}, Action: s3:GetBucketAcl, Resource: !GetAtt Logs.Arn}
          - Effect: Allow
            Principal: {Service: cloudtrail.amazonaws.com}
            Action: s3:PutObject
            Resource: !Sub ${Logs.Arn}/AWSLogs/${AWS::AccountId}/*
            Condition: {StringEquals: {s3:x-amz-acl: bucket-owner-full-control}}
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Version: 2012-10-17
        Statement: [{Effect: Allow, Principal: {Service: cloudtrail.amazonaws.com}, Action: sts:AssumeRole}]
      Policies:
        - PolicyName: logs
          PolicyDocument:
            Version: 2012-10-17
            Statement: [{Effect: Allow, Action: [logs:CreateLogStream, logs:PutLogEvents], Resource: !GetAtt Group.Arn}]
  Topic:
    Type: AWS::SNS::Topic
  Group:
    Type: AWS::Logs::LogGroup
    Properties: {RetentionInDays: !Ref Days}
  Trail:
    Type: AWS::CloudTrail::Trail
    DependsOn: Policy
    Properties:
      IsLogging: true
      S3BucketName: !Ref Logs
      EnableLogFileValidation: "true"
      CloudWatchLogsLogGroupArn: !GetAtt Group.Arn
      CloudWatchLogsRoleArn: !GetAtt Role.Arn
Outputs:
  Bucket: {Value: !Ref Logs, Description: where it goes}
  TrailArn: {Value: !GetAtt Trail.Arn, Export: {Name: the-trail}}
"""


def message(caught):
    return caught.exception.response["Error"]["Message"]


class Deploy(unittest.TestCase):
    def test_a_stacks_life(self):
        with Server() as server:
            path = server.data / "template.yaml"
            path.write_text(TEMPLATE)
            deploy = ["cloudformation", "deploy", "--stack-name", "first", "--template-file", str(path), "--capabilities", "CAPABILITY_IAM"]
            aws(server, *deploy)
            stacks, s3 = server.client("cloudformation"), server.client("s3")
            stack = stacks.describe_stacks(StackName="first")["Stacks"][0]
            self.assertEqual(stack["StackStatus"], "CREATE_COMPLETE")
            self.assertEqual({p["ParameterKey"]: p["ParameterValue"] for p in stack["Parameters"]}, {"Days": "30", "Secret": "****"})
            outputs = {o["OutputKey"]: o["OutputValue"] for o in stack["Outputs"]}
            bucket = outputs["Bucket"]
            self.assertRegex(bucket, r"^first-logs-[a-z0-9]{12}$")
            self.assertEqual(s3.get_bucket_versioning(Bucket=bucket)["Status"], "Enabled")
            trail = server.client("cloudtrail").describe_trails()["trailList"][0]
            self.assertEqual(trail["TrailARN"], outputs["TrailArn"])
            self.assertTrue(trail["LogFileValidationEnabled"])
            self.assertTrue(server.client("cloudtrail").get_trail_status(Name=trail["TrailARN"])["IsLogging"])
            self.assertEqual(server.client("logs").describe_log_groups()["logGroups"][0]["retentionInDays"], 30)
            self.assertEqual(stacks.list_exports()["Exports"][0], {"ExportingStackId": stack["StackId"], "Name": "the-trail",
                                                                    "Value": trail["TrailARN"]})

            # Events, as they were recorded of AWS: newest first.
            events = stacks.describe_stack_events(StackName="first")["StackEvents"]
            self.assertEqual([(e["ResourceStatus"], e.get("ResourceStatusReason")) for e in events if e["ResourceType"] == "AWS::CloudFormation::Stack"],
                             [("CREATE_COMPLETE", None), ("CREATE_IN_PROGRESS", "User Initiated"), ("REVIEW_IN_PROGRESS", "User Initiated")])
            self.assertEqual([(e["ResourceStatus"], e.get("ResourceStatusReason"), e["PhysicalResourceId"]) for e in events if e["LogicalResourceId"] == "Logs"],
                             [("CREATE_COMPLETE", None, bucket), ("CREATE_IN_PROGRESS", "Resource creation Initiated", bucket),
                              ("CREATE_IN_PROGRESS", None, "")])

            # Deployed again: nothing changes.
            again = aws(server, *deploy)
            self.assertIn("No changes to deploy", again.stdout + again.stderr)
            with self.assertRaises(ClientError) as caught:
                stacks.update_stack(StackName="first", TemplateBody=TEMPLATE, Capabilities=["CAPABILITY_IAM"])
            self.assertEqual(message(caught), "No updates are to be performed.")

            # An update, in place and by replacement.
            path.write_text(TEMPLATE.replace("Type: AWS::SNS::Topic", "Type: AWS::SNS::Topic\n    Properties: {TopicName: named}"))
            before = stacks.describe_stack_resource(StackName="first", LogicalResourceId="Topic")["StackResourceDetail"]["PhysicalResourceId"]
            aws(server, *deploy, "--parameter-overrides", "Days=60")
            self.assertEqual(server.client("logs").describe_log_groups()["logGroups"][0]["retentionInDays"], 60)
            topics = [t["TopicArn"] for t in server.client("sns").list_topics()["Topics"]]
            self.assertEqual(topics, [f"arn:aws:sns:us-east-1:{ACCOUNT}:named"])
            self.assertNotEqual(before, topics[0])
            self.assertEqual(stacks.describe_stacks(StackName="first")["Stacks"][0]["StackStatus"], "UPDATE_COMPLETE")

            # Whatever was done, was done in the caller's name by CloudFormation's hand, and no secret is in it.
            records = all_records(server)
            mine = [r for r in records if r["userIdentity"].get("invokedBy") == "cloudformation.amazonaws.com"]
            self.assertLessEqual({"CreateBucket", "PutBucketPolicy", "CreateRole", "PutRolePolicy", "CreateTopic", "CreateLogGroup", "CreateTrail",
                                  "StartLogging", "DeleteTopic"}, {r["eventName"] for r in mine})
            for record in mine:
                self.assertEqual((record["sourceIPAddress"], record["userAgent"].strip("[]")), ("cloudformation.amazonaws.com",) * 2)
                self.assertEqual(record["userIdentity"]["accessKeyId"], server.access_key)
            created = next(r for r in records if r["eventName"] == "CreateChangeSet")
            self.assertNotIn("templateBody", created["requestParameters"])
            self.assertEqual(created["requestParameters"]["parameters"], [])

            # A bucket with objects cannot go; all else does, and the rest when it is empty.
            s3.put_object(Bucket=bucket, Key="mine", Body=b"x")
            aws(server, "cloudformation", "delete-stack", "--stack-name", "first")

            def status():
                return stacks.describe_stacks(StackName=stack["StackId"])["Stacks"][0]["StackStatus"]
            self.assertTrue(eventually(lambda: not status().endswith("_IN_PROGRESS")))
            failed = stacks.describe_stacks(StackName="first")["Stacks"][0]
            self.assertEqual((failed["StackStatus"], failed["StackStatusReason"]),
                             ("DELETE_FAILED", "The following resource(s) failed to delete: [Logs]. "))
            self.assertEqual([r["LogicalResourceId"] for r in stacks.list_stack_resources(StackName="first")["StackResourceSummaries"]
                              if r["ResourceStatus"] != "DELETE_COMPLETE"], ["Logs"])

            def is_gone():
                for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
                    for item in page.get("Versions", []) + page.get("DeleteMarkers", []):
                        s3.delete_object(Bucket=bucket, Key=item["Key"], VersionId=item["VersionId"])
                stacks.delete_stack(StackName="first")
                return eventually(lambda: not status().endswith("_IN_PROGRESS")) and status() == "DELETE_COMPLETE"
            self.assertTrue(eventually(is_gone), "a last file may have come")
            self.assertEqual(s3.list_buckets()["Buckets"], [])
            self.assertEqual(server.client("sns").list_topics()["Topics"], [])
            self.assertEqual(server.client("cloudtrail").describe_trails()["trailList"], [])
            self.assertEqual(server.client("logs").describe_log_groups()["logGroups"], [])
            self.assertEqual(server.client("iam").list_roles()["Roles"], [])
            self.assertEqual(stacks.list_exports()["Exports"], [])
            with self.assertRaises(ClientError) as caught:
                stacks.describe_stacks(StackName="first")
            self.assertEqual(message(caught), "Stack with id first does not exist")
            self.assertEqual(stacks.describe_stacks(StackName=stack["StackId"])["Stacks"][0]["StackStatus"], "DELETE_COMPLETE")


if __name__ == "__main__":
    unittest.main()
