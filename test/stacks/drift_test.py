"""Drift: what somebody changed behind a stack's back, property by property; and what nobody changed."""
import json
import unittest

from botocore.exceptions import ClientError

from server import Server
from stacks import settled


def allow(principal, action, resource="*"):
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": principal, "Action": action, "Resource": resource}]}


TRUST = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
READ = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
TAGS = [{"Key": "team", "Value": "blue"}]


def r(kind, **properties):
    return {"Type": kind, "Properties": properties}


def template():
    return {
        "Parameters": {"Word": {"Type": "String", "NoEcho": True}},
        "Resources": {
            "Bucket": r("AWS::S3::Bucket", Tags=TAGS, VersioningConfiguration={"Status": "Enabled"},
                        PublicAccessBlockConfiguration={"BlockPublicAcls": True, "BlockPublicPolicy": True, "IgnorePublicAcls": True, "RestrictPublicBuckets": True},
                        BucketEncryption={"ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]},
                        LifecycleConfiguration={"Rules": [{"Id": "old", "Status": "Enabled", "ExpirationInDays": 30, "Prefix": "x/"}]}),
            "BucketPolicy": r("AWS::S3::BucketPolicy", Bucket={"Ref": "Bucket"},
                              PolicyDocument=allow({"Service": "cloudtrail.amazonaws.com"}, "s3:GetBucketAcl", {"Fn::GetAtt": ["Bucket", "Arn"]})),
            "Role": r("AWS::IAM::Role", AssumeRolePolicyDocument=TRUST, Description="d", MaxSessionDuration=7200, Tags=TAGS,
                      ManagedPolicyArns=[{"Ref": "Managed"}], Policies=[{"PolicyName": "p", "PolicyDocument": READ}]),
            "Inline": r("AWS::IAM::Policy", PolicyName="inline", PolicyDocument=READ, Roles=[{"Ref": "Role"}]),
            "Managed": r("AWS::IAM::ManagedPolicy", PolicyDocument=READ, Path="/x/"),
            "User": r("AWS::IAM::User", Path="/u/", Tags=TAGS),
            "Key": r("AWS::KMS::Key", Description="k", EnableKeyRotation=True, Tags=TAGS),
            "Alias": r("AWS::KMS::Alias", AliasName="alias/drift", TargetKeyId={"Ref": "Key"}),
            "Group": r("AWS::Logs::LogGroup", RetentionInDays=30, Tags=TAGS),
            "Filter": r("AWS::Logs::MetricFilter", LogGroupName={"Ref": "Group"}, FilterPattern="ERROR",
                        MetricTransformations=[{"MetricName": "errors", "MetricNamespace": "n", "MetricValue": "1"}]),
            "Alarm": r("AWS::CloudWatch::Alarm", MetricName="errors", Namespace="n", Statistic="Sum", Period=300, EvaluationPeriods=1, Threshold="1",
                       ComparisonOperator="GreaterThanOrEqualToThreshold", AlarmActions=[{"Ref": "Topic"}]),
            "Topic": r("AWS::SNS::Topic", DisplayName="shown", Tags=TAGS),
            "Queue": r("AWS::SQS::Queue", VisibilityTimeout="60", Tags=[*TAGS, {"Key": "told", "Value": {"Ref": "Word"}}]),
            "Rule": r("AWS::Events::Rule", EventPattern={"source": ["aws.s3"]}, State="ENABLED", Targets=[{"Id": "q", "Arn": {"Fn::GetAtt": ["Queue", "Arn"]}}]),
            "Trail": {"DependsOn": "TrailPolicy", **r("AWS::CloudTrail::Trail", S3BucketName={"Ref": "TrailBucket"}, IsLogging=True, IsMultiRegionTrail=True,
                                                      EnableLogFileValidation=True, Tags=TAGS)},
            "TrailBucket": r("AWS::S3::Bucket"),
            "TrailPolicy": r("AWS::S3::BucketPolicy", Bucket={"Ref": "TrailBucket"}, PolicyDocument={"Version": "2012-10-17", "Statement": [
                {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": ["s3:GetBucketAcl", "s3:PutObject"],
                 "Resource": [{"Fn::GetAtt": ["TrailBucket", "Arn"]}, {"Fn::Sub": "${TrailBucket.Arn}/*"}]}]}),
            "Parameter": r("AWS::SSM::Parameter", Type="String", Value={"Ref": "Word"}, Description="said"),
            "Stream": r("AWS::Logs::LogStream", LogGroupName={"Ref": "Group"}),
        },
    }


class Drift(unittest.TestCase):
    def test_drift(self):
        with Server() as server:
            stacks, s3, iam, sns = (server.client(name) for name in ("cloudformation", "s3", "iam", "sns"))
            arn = stacks.create_stack(StackName="d", TemplateBody=json.dumps(template()), Capabilities=["CAPABILITY_IAM"],
                                      Parameters=[{"ParameterKey": "Word", "ParameterValue": "hidden-word"}])["StackId"]
            settled(stacks, "d", "CREATE_COMPLETE")
            self.assertEqual(stacks.describe_stacks(StackName="d")["Stacks"][0]["DriftInformation"], {"StackDriftStatus": "NOT_CHECKED"})

            def detect():
                detection = stacks.detect_stack_drift(StackName="d")["StackDriftDetectionId"]
                status = stacks.describe_stack_drift_detection_status(StackDriftDetectionId=detection)
                self.assertEqual(status["DetectionStatus"], "DETECTION_COMPLETE", status)
                drifts = {d["LogicalResourceId"]: d for d in stacks.describe_stack_resource_drifts(StackName="d")["StackResourceDrifts"]}
                return status, drifts

            status, drifts = detect()
            self.assertEqual({n: d["PropertyDifferences"] for n, d in drifts.items() if d["StackResourceDriftStatus"] != "IN_SYNC"}, {})
            self.assertEqual((status["StackDriftStatus"], status["DriftedStackResourceCount"]), ("IN_SYNC", 0))
            self.assertEqual(set(drifts), set(template()["Resources"]) - {"Stream"})
            self.assertEqual(stacks.describe_stack_resource(StackName="d", LogicalResourceId="Stream")["StackResourceDetail"]["DriftInformation"],
                             {"StackResourceDriftStatus": "NOT_CHECKED"})
            self.assertNotIn("hidden-word", json.dumps(drifts, default=str))
            physical = {x["LogicalResourceId"]: x["PhysicalResourceId"] for x in stacks.describe_stack_resources(StackName="d")["StackResources"]}

            s3.put_bucket_versioning(Bucket=physical["Bucket"], VersioningConfiguration={"Status": "Suspended"})
            tags = s3.get_bucket_tagging(Bucket=physical["Bucket"])["TagSet"]
            self.assertEqual({t["Key"]: t["Value"] for t in tags if t["Key"].startswith("aws:")}, {
                "aws:cloudformation:stack-name": "d", "aws:cloudformation:stack-id": arn, "aws:cloudformation:logical-id": "Bucket"})
            with self.assertRaises(ClientError) as caught:
                s3.put_bucket_tagging(Bucket=physical["Bucket"], Tagging={"TagSet": [{"Key": "team", "Value": "red"}]})
            self.assertEqual(caught.exception.response["Error"]["Message"], "System tags cannot be removed by requester")
            s3.put_bucket_tagging(Bucket=physical["Bucket"], Tagging={"TagSet": [{**t, "Value": "red"} if t["Key"] == "team" else t for t in tags]})
            with self.assertRaises(ClientError):
                sns.tag_resource(ResourceArn=physical["Topic"], Tags=[{"Key": "aws:cloudformation:stack-name", "Value": "mine"}])
            with self.assertRaises(ClientError):
                sns.untag_resource(ResourceArn=physical["Topic"], TagKeys=["aws:cloudformation:stack-name"])
            changed = {**allow({"Service": "cloudtrail.amazonaws.com"}, "s3:*", f"arn:aws:s3:::{physical['Bucket']}"), "Id": "new"}
            s3.put_bucket_policy(Bucket=physical["BucketPolicy"], Policy=json.dumps(changed))
            iam.update_role(RoleName=physical["Role"], Description="other", MaxSessionDuration=7200)
            iam.attach_role_policy(RoleName=physical["Role"], PolicyArn="arn:aws:iam::aws:policy/ReadOnlyAccess")
            server.client("logs").delete_retention_policy(logGroupName=physical["Group"])
            sns.set_topic_attributes(TopicArn=physical["Topic"], AttributeName="DisplayName", AttributeValue="other")
            sns.set_topic_attributes(TopicArn=physical["Topic"], AttributeName="SignatureVersion", AttributeValue="2")  # not in the template
            server.client("sqs").delete_queue(QueueUrl=physical["Queue"])
            server.client("events").disable_rule(Name=physical["Rule"])
            server.client("cloudtrail").stop_logging(Name=physical["Trail"])
            server.client("ssm").put_parameter(Name=physical["Parameter"], Value="told", Description="said", Overwrite=True)
            status, drifts = detect()
            self.assertEqual((status["StackDriftStatus"], status["DriftedStackResourceCount"]), ("DRIFTED", 9))
            differences = {name: [(d["PropertyPath"], d["ExpectedValue"], d["ActualValue"], d["DifferenceType"]) for d in found.get("PropertyDifferences", [])]
                           for name, found in drifts.items() if found["StackResourceDriftStatus"] != "IN_SYNC"}
            self.assertEqual(sorted(differences["Bucket"]), [("/Tags/0/Value", "blue", "red", "NOT_EQUAL"),
                                                             ("/VersioningConfiguration/Status", "Enabled", "Suspended", "NOT_EQUAL")])
            self.assertEqual(sorted(differences["BucketPolicy"]), [("/PolicyDocument/Id", "null", "new", "ADD"),
                                                                   ("/PolicyDocument/Statement/0/Action", "s3:GetBucketAcl", "s3:*", "NOT_EQUAL")])
            self.assertEqual(sorted((path.rstrip("01"), *rest) for path, *rest in differences["Role"]),
                             [("/Description", "d", "other", "NOT_EQUAL"), ("/ManagedPolicyArns/", "null", "arn:aws:iam::aws:policy/ReadOnlyAccess", "ADD")])
            self.assertEqual(differences["Group"], [("/RetentionInDays", "30", "null", "REMOVE")])
            self.assertEqual(differences["Topic"], [("/DisplayName", "shown", "other", "NOT_EQUAL")])
            self.assertEqual(drifts["Queue"]["StackResourceDriftStatus"], "DELETED")
            self.assertEqual(differences["Rule"], [("/State", "ENABLED", "DISABLED", "NOT_EQUAL")])
            self.assertEqual(differences["Trail"], [("/IsLogging", "true", "false", "NOT_EQUAL")])
            self.assertEqual(differences["Parameter"], [("/Value", "****", "****", "NOT_EQUAL")])
            self.assertEqual(json.loads(drifts["Rule"]["ActualProperties"])["State"], "DISABLED")
            self.assertEqual(stacks.describe_stacks(StackName="d")["Stacks"][0]["DriftInformation"]["StackDriftStatus"], "DRIFTED")
            filtered = stacks.describe_stack_resource_drifts(StackName="d", StackResourceDriftStatusFilters=["DELETED"])["StackResourceDrifts"]
            self.assertEqual([d["LogicalResourceId"] for d in filtered], ["Queue"])

            sns.set_topic_attributes(TopicArn=physical["Topic"], AttributeName="DisplayName", AttributeValue="shown")
            one = stacks.detect_stack_resource_drift(StackName="d", LogicalResourceId="Topic")["StackResourceDrift"]
            self.assertEqual((one["StackResourceDriftStatus"], one["PropertyDifferences"]), ("IN_SYNC", []))
            with self.assertRaises(ClientError) as caught:
                stacks.detect_stack_resource_drift(StackName="d", LogicalResourceId="Stream")
            self.assertIn("not supported", caught.exception.response["Error"]["Message"])

            events = stacks.describe_stack_events(StackName="d")["StackEvents"]
            self.assertNotIn("hidden-word", json.dumps(events, default=str))
            parameter = [e for e in events if e["LogicalResourceId"] == "Parameter"]
            self.assertEqual({json.loads(e["ResourceProperties"])["Value"] for e in parameter}, {"****"})


if __name__ == "__main__":
    unittest.main()
