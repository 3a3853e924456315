"""Measures stacks from outside, for bench/run.py: how long one of 40 resources takes to make, update and remove."""
import json
import os
import pathlib
import statistics
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "test")]
from server import Server, eventually  # noqa: E402


def template(days):
    """40 resources as set-ups of trails have them: six steps deep, up to 16 side by side."""
    resources = {
        "Key": {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": {"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": {"Fn::Sub": "arn:aws:iam::${AWS::AccountId}:root"}}, "Action": "kms:*", "Resource": "*"},
            {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": ["kms:GenerateDataKey*", "kms:DescribeKey"],
             "Resource": "*"}]}}},
        "Group": {"Type": "AWS::Logs::LogGroup", "Properties": {"RetentionInDays": days}},
        "Topic": {"Type": "AWS::SNS::Topic"},
        "Role": {"Type": "AWS::IAM::Role", "Properties": {
            "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [
                {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "sts:AssumeRole"}]},
            "Policies": [{"PolicyName": "logs", "PolicyDocument": {"Version": "2012-10-17", "Statement": [
                {"Effect": "Allow", "Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": {"Fn::GetAtt": ["Group", "Arn"]}}]}}]}},
        "Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"VersioningConfiguration": {"Status": "Enabled"}}},
        "Policy": {"Type": "AWS::S3::BucketPolicy", "Properties": {"Bucket": {"Ref": "Bucket"}, "PolicyDocument": {
            "Version": "2012-10-17", "Statement": [
                {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "s3:GetBucketAcl",
                 "Resource": {"Fn::GetAtt": ["Bucket", "Arn"]}},
                {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "s3:PutObject",
                 "Resource": {"Fn::Sub": "${Bucket.Arn}/*"}}]}}},
        "Trail": {"Type": "AWS::CloudTrail::Trail", "DependsOn": ["Policy"], "Properties": {
            "S3BucketName": {"Ref": "Bucket"}, "IsLogging": False, "KMSKeyId": {"Fn::GetAtt": ["Key", "Arn"]},
            "CloudWatchLogsLogGroupArn": {"Fn::GetAtt": ["Group", "Arn"]}, "CloudWatchLogsRoleArn": {"Fn::GetAtt": ["Role", "Arn"]}}},
        "Queue": {"Type": "AWS::SQS::Queue"},
    }
    for n in range(16):
        resources[f"Filter{n}"] = {"Type": "AWS::Logs::MetricFilter", "Properties": {
            "LogGroupName": {"Ref": "Group"}, "FilterPattern": "{ $.eventName = ConsoleLogin }",
            "MetricTransformations": [{"MetricName": f"m{n}", "MetricNamespace": "bench", "MetricValue": "1"}]}}
        resources[f"Alarm{n}"] = {"Type": "AWS::CloudWatch::Alarm", "DependsOn": f"Filter{n}", "Properties": {
            "MetricName": f"m{n}", "Namespace": "bench", "ComparisonOperator": "GreaterThanThreshold", "EvaluationPeriods": 1, "Period": 60,
            "Statistic": "Sum", "Threshold": days, "AlarmActions": [{"Ref": "Topic"}]}}
    assert len(resources) == 40
    return json.dumps({"Resources": resources})


def cpu_ms(server):
    fields = pathlib.Path(f"/proc/{server.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) * 1000 / os.sysconf("SC_CLK_TCK")


def took_ms(stacks, name, status):
    """By the server's own clock: from the operation's first event to its last."""
    assert eventually(lambda: stacks.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"] == status, 60), status
    pages = stacks.get_paginator("describe_stack_events").paginate(StackName=name)
    own = [each for page in pages for each in page["StackEvents"] if each["PhysicalResourceId"] == each["StackId"]]
    begun = next(each for each in own if each["ResourceStatus"] == status.split("_")[0] + "_IN_PROGRESS")
    return (own[0]["Timestamp"] - begun["Timestamp"]).total_seconds() * 1000


def measure(rounds):
    found = {"create": [], "update": [], "delete": [], "cpu": []}
    with Server() as server:
        stacks = server.client("cloudformation")
        for number in range(rounds):
            before = cpu_ms(server)
            name = stacks.create_stack(StackName=f"bench{number}", TemplateBody=template(30), Capabilities=["CAPABILITY_IAM"])["StackId"]
            found["create"].append(took_ms(stacks, name, "CREATE_COMPLETE"))
            found["cpu"].append(cpu_ms(server) - before)
            stacks.update_stack(StackName=name, TemplateBody=template(60), Capabilities=["CAPABILITY_IAM"])
            found["update"].append(took_ms(stacks, name, "UPDATE_COMPLETE"))
            stacks.delete_stack(StackName=name)
            found["delete"].append(took_ms(stacks, name, "DELETE_COMPLETE"))
    return {what: {"median": statistics.median(times), "max": max(times)} for what, times in found.items()}


def rows_of(rounds):
    found = measure(rounds)
    return [
        ("stack of 40 resources made, ms of the server's clock", f"{found['create']['median']:.0f}", "≤ 1,000",
         f"max {found['create']['max']:.0f}; {found['cpu']['median']:.0f} ms of CPU, with who asks whether it is done"),
        ("the same updated (17 resources)", f"{found['update']['median']:.0f}", "", f"max {found['update']['max']:.0f}"),
        ("the same removed", f"{found['delete']['median']:.0f}", "", f"max {found['delete']['max']:.0f}"),
    ], found


if __name__ == "__main__":
    for row in rows_of(5)[0]:
        print("| " + " | ".join(row) + " |")
