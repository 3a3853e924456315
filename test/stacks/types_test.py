"""Every type of resource: made, looked at by its own service, changed in place, as it was after a rollback, removed."""
import json
import pathlib
import re
import unittest

from botocore.exceptions import ClientError

from server import Server, eventually
from stacks import settled

ACCOUNT = "000000000000"
ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def allow(principal, action, resource="*"):
    return {"Version": "2012-10-17", "Statement": [{"Sid": "s", "Effect": "Allow", "Principal": principal, "Action": action, "Resource": resource}]}


def template(n):
    """Two versions, n = 1 and 2, in which nearly everything differs that can differ in place."""
    trust = allow({"Service": "events.amazonaws.com"}, "sts:AssumeRole")
    del trust["Statement"][0]["Resource"]
    inline = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:Get*" if n == 1 else "s3:List*", "Resource": "*"}]}
    tags = [{"Key": "n", "Value": str(n)}] + ([{"Key": "gone", "Value": "x"}] if n == 1 else [])
    key_policy = allow({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "kms:*")
    here = {"Fn::Sub": "arn:aws:events:${AWS::Region}:${AWS::AccountId}:event-bus/default"}

    def r(kind, **properties):
        return {"Type": kind, "Properties": {k: v for k, v in properties.items() if v is not None}}

    def ref(name):
        return {"Ref": name}

    def att(name):
        return {"Fn::GetAtt": name}
    return {"Resources": {
        "Bucket": r("AWS::S3::Bucket", Tags=tags, VersioningConfiguration={"Status": "Enabled" if n == 1 else "Suspended"},
                    BucketEncryption={"ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256" if n == 1 else "aws:kms"}}]},
                    LifecycleConfiguration={"Rules": [{"Id": "a", "Status": "Enabled", "Prefix": "x/", "TagFilters": [{"Key": "k", "Value": "v"}],
                                                       "ExpirationInDays": str(10 * n), "NoncurrentVersionExpiration": {"NoncurrentDays": 3}}]},
                    CorsConfiguration={"CorsRules": [{"AllowedMethods": ["GET"], "AllowedOrigins": ["https://example.org"], "MaxAge": 60 * n,
                                                      "ExposedHeaders": ["x-amz-id-2"]}]} if n == 1 else None,
                    PublicAccessBlockConfiguration={"BlockPublicAcls": True, "BlockPublicPolicy": n == 2, "IgnorePublicAcls": True,
                                                    "RestrictPublicBuckets": False},
                    OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerPreferred" if n == 1 else "BucketOwnerEnforced"}]},
                    NotificationConfiguration={"QueueConfigurations": [{"Event": "s3:ObjectCreated:*", "Queue": att("Queue.Arn"), "Filter": {
                        "S3Key": {"Rules": [{"Name": "prefix", "Value": f"p{n}/"}]}}}]}) | {"DependsOn": "QueuePolicy"},
        "BucketPolicy": r("AWS::S3::BucketPolicy", Bucket=ref("Bucket"), PolicyDocument={"Version": "2012-10-17", "Statement": [{
            "Sid": f"n{n}", "Effect": "Allow", "Principal": {"AWS": att("Role.Arn")}, "Action": "s3:GetObject", "Resource": {"Fn::Sub": "${Bucket.Arn}/*"}}]}),
        "Role": r("AWS::IAM::Role", AssumeRolePolicyDocument=trust, Description=f"n{n}", Tags=tags, MaxSessionDuration=3600 * n,
                  ManagedPolicyArns=[ref("Managed")] if n == 1 else ["arn:aws:iam::aws:policy/ReadOnlyAccess"],
                  Policies=[{"PolicyName": f"p{n}", "PolicyDocument": inline}, {"PolicyName": "both", "PolicyDocument": inline}]),
        "Policy": r("AWS::IAM::Policy", PolicyName="extra", PolicyDocument=inline, Roles=[ref("Role")], Groups=[ref("Group")] if n == 2 else None),
        "Managed": r("AWS::IAM::ManagedPolicy", PolicyDocument=inline, Users=[ref("User")] if n == 1 else None, Description="d"),
        "User": r("AWS::IAM::User", Groups=[ref("Group")] if n == 1 else None, Path=f"/n{n}/", Tags=tags,
                  LoginProfile={"Password": f"Pass-word-{n}-correct", "PasswordResetRequired": "false"}),
        "Group": r("AWS::IAM::Group", ManagedPolicyArns=["arn:aws:iam::aws:policy/ReadOnlyAccess"] if n == 1 else []),
        "AccessKey": r("AWS::IAM::AccessKey", UserName=ref("User"), Status="Active" if n == 1 else "Inactive"),
        "Profile": r("AWS::IAM::InstanceProfile", Roles=[ref("Role")]),
        "Provider": r("AWS::IAM::OIDCProvider", Url="https://example.org/issuer", ClientIdList=["a", f"n{n}"], ThumbprintList=["a" * 40], Tags=tags),
        "Key": r("AWS::KMS::Key", Description=f"n{n}", KeyPolicy=key_policy, EnableKeyRotation=n == 1, PendingWindowInDays=7, Tags=tags, Enabled=True),
        "Alias": r("AWS::KMS::Alias", AliasName="alias/mine", TargetKeyId=ref("Key")),
        "LogGroup": r("AWS::Logs::LogGroup", RetentionInDays=7 if n == 1 else None, Tags=tags),
        "LogStream": r("AWS::Logs::LogStream", LogGroupName=ref("LogGroup")),
        "Filter": r("AWS::Logs::MetricFilter", LogGroupName=ref("LogGroup"), FilterPattern="{ $.n = %d }" % n, MetricTransformations=[
            {"MetricNamespace": "m", "MetricName": f"n{n}", "MetricValue": "$.n", "Dimensions": [{"Key": "d", "Value": "$.d"}], "Unit": "Count"}]),
        "LogPolicy": r("AWS::Logs::ResourcePolicy", PolicyName="mine", PolicyDocument=json.dumps(allow({"Service": "events.amazonaws.com"}, f"logs:{'PutLogEvents' if n == 1 else '*'}"))),
        "Query": r("AWS::Logs::QueryDefinition", Name=f"n{n}", QueryString="fields @message", LogGroupNames=[ref("LogGroup")]),
        "Alarm": r("AWS::CloudWatch::Alarm", MetricName="m", Namespace="n", Statistic="Sum", Period="60", EvaluationPeriods=1, Threshold=n + 0.5,
                   ComparisonOperator="GreaterThanThreshold", AlarmActions=[ref("Topic")], Dimensions=[{"Name": "a", "Value": "b"}], Tags=tags),
        "Composite": r("AWS::CloudWatch::CompositeAlarm", AlarmRule={"Fn::Sub": "ALARM(${Alarm})" if n == 1 else "NOT ALARM(${Alarm})"}),
        "Topic": r("AWS::SNS::Topic", DisplayName=f"n{n}", Tags=tags,
                   Subscription=[{"Protocol": "sqs", "Endpoint": att("Queue.Arn")}] if n == 1 else None),
        "TopicPolicy": r("AWS::SNS::TopicPolicy", Topics=[ref("Topic")], PolicyDocument=allow({"Service": f"{'events' if n == 1 else 'cloudwatch'}.amazonaws.com"},
                                                                                           "sns:Publish", ref("Topic"))),
        "Subscription": r("AWS::SNS::Subscription", TopicArn=ref("Topic"), Protocol="sqs", Endpoint=att("Dead.Arn"), RawMessageDelivery=n == 1,
                          FilterPolicy={"kind": [f"n{n}"]}),
        "Queue": r("AWS::SQS::Queue", VisibilityTimeout=10 * n, Tags=tags, RedrivePolicy={"deadLetterTargetArn": att("Dead.Arn"), "maxReceiveCount": n}),
        "Dead": r("AWS::SQS::Queue"),
        "Fifo": r("AWS::SQS::Queue", FifoQueue=True, ContentBasedDeduplication=n == 1),
        "QueuePolicy": r("AWS::SQS::QueuePolicy", Queues=[ref("Queue")], PolicyDocument=allow({"Service": ["s3.amazonaws.com", "sns.amazonaws.com"]}, "sqs:SendMessage", att("Queue.Arn"))),
        "Rule": r("AWS::Events::Rule", Description=f"n{n}", State="ENABLED", Tags=tags, EventPattern={"source": [f"n{n}"]},
                  Targets=[{"Id": f"t{n}", "Arn": att("Queue.Arn")}, {"Id": "both", "Arn": ref("Topic")}]),
        "BusRule": r("AWS::Events::Rule", EventBusName=ref("Bus"), EventPattern={"source": ["a"]}, Targets=[
            {"Id": "api", "Arn": att("ApiDestination.Arn"), "RoleArn": att("Role.Arn")}]),
        "Bus": r("AWS::Events::EventBus", Name="mine", Description=f"n{n}", Tags=tags),
        "BusPolicy": r("AWS::Events::EventBusPolicy", EventBusName=ref("Bus"), StatementId="whole", Statement={
            "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "events:PutEvents" if n == 1 else ["events:PutEvents", "events:PutRule"],
            "Resource": att("Bus.Arn")}),
        "BusPart": r("AWS::Events::EventBusPolicy", StatementId="part", Action="events:PutEvents", Principal="111122223333"),
        "Archive": r("AWS::Events::Archive", SourceArn=here, RetentionDays=n, EventPattern={"source": ["a"]}),
        "Connection": r("AWS::Events::Connection", AuthorizationType="API_KEY", AuthParameters={"ApiKeyAuthParameters": {"ApiKeyName": "k", "ApiKeyValue": f"v{n}"}}),
        "ApiDestination": r("AWS::Events::ApiDestination", ConnectionArn=att("Connection.Arn"), HttpMethod="POST", InvocationEndpoint=f"https://example.org/{n}",
                            InvocationRateLimitPerSecond=10 * n),
        "Trail": r("AWS::CloudTrail::Trail", IsLogging=n == 2, S3BucketName=ref("TrailBucket"), IsMultiRegionTrail=n == 1, EnableLogFileValidation=True, Tags=tags,
                   EventSelectors=[{"ReadWriteType": "WriteOnly"}] if n == 1 else None,
                   AdvancedEventSelectors=None if n == 1 else [{"Name": "all", "FieldSelectors": [{"Field": "eventCategory", "Equals": ["Management"]}]}],
                   InsightSelectors=[{"InsightType": "ApiCallRateInsight"}] if n == 1 else None) | {"DependsOn": "TrailPolicy"},
        "TrailBucket": r("AWS::S3::Bucket") | {"DeletionPolicy": "Retain"},
        "TrailPolicy": r("AWS::S3::BucketPolicy", Bucket=ref("TrailBucket"), PolicyDocument={"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "s3:GetBucketAcl", "Resource": att("TrailBucket.Arn")},
            {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "s3:PutObject", "Resource": {"Fn::Sub": "${TrailBucket.Arn}/*"}}]}),
        "Parameter": r("AWS::SSM::Parameter", Type="String", Value=f"n{n}", Description=f"n{n}"),
        "Handle": {"Type": "AWS::CloudFormation::WaitConditionHandle"},
        "Metadata": r("AWS::CDK::Metadata", Analytics="v2"),
    }, "Outputs": {"Secret": {"Value": att("AccessKey.SecretAccessKey")}, "Connection": {"Value": att("Connection.SecretArn")}}}


class Types(unittest.TestCase):
    def test_all_types(self):
        files = {str(p.relative_to(ROOT / "src/services/cloudformation/types")) for p in (ROOT / "src/services/cloudformation/types").glob("*/*.cc")}
        declared = {re.search(r'name = "(AWS::[\w:]+)"', (ROOT / "src/services/cloudformation/types" / p).read_text())
                    for p in files if not (ROOT / "src/services/cloudformation/types" / p.replace(".cc", ".h")).exists()}
        elsewhere = {"AWS::CloudFormation::Stack", "AWS::CloudFormation::WaitCondition"}  # nested_test.py
        self.assertEqual({d[1] for d in declared} - elsewhere, {r["Type"] for r in template(1)["Resources"].values()}, "each type is in the template")
        with Server() as server:
            stacks = server.client("cloudformation")

            def update(new):
                stacks.update_stack(StackName="all", TemplateBody=json.dumps(new), Capabilities=["CAPABILITY_IAM"])

            def clients(*names):
                return [server.client(name) for name in names]
            s3, iam, kms, logs, cloudwatch, sns, sqs, events, trails = clients("s3", "iam", "kms", "logs", "cloudwatch", "sns", "sqs", "events", "cloudtrail")
            arn = stacks.create_stack(StackName="all", TemplateBody=json.dumps(template(1)), Capabilities=["CAPABILITY_IAM"],
                                      Tags=[{"Key": "stack", "Value": "s"}])["StackId"]
            outputs = {o["OutputKey"]: o["OutputValue"] for o in settled(stacks, arn, "CREATE_COMPLETE")["Outputs"]}
            self.assertRegex(outputs["Secret"], r"^[A-Za-z0-9+/]{40}$")
            physical = {r["LogicalResourceId"]: r["PhysicalResourceId"] for r in stacks.describe_stack_resources(StackName="all")["StackResources"]}

            def check(n):
                """What the services say."""
                role = iam.get_role(RoleName=physical["Role"])["Role"]
                self.assertEqual((role["Description"], role["MaxSessionDuration"]), (f"n{n}", 3600 * n))
                self.assertEqual({t["Key"]: t["Value"] for t in role["Tags"]}, {"n": str(n), "stack": "s"} | ({"gone": "x"} if n == 1 else {}))
                self.assertEqual(iam.list_role_policies(RoleName=physical["Role"])["PolicyNames"], ["both", "extra", f"p{n}"])
                self.assertEqual(iam.get_role_policy(RoleName=physical["Role"], PolicyName="extra")["PolicyDocument"]["Statement"][0]["Action"],
                                 "s3:Get*" if n == 1 else "s3:List*")
                self.assertEqual(len(iam.list_groups_for_user(UserName=physical["User"])["Groups"]), 1 if n == 1 else 0)
                self.assertEqual(iam.list_access_keys(UserName=physical["User"])["AccessKeyMetadata"][0]["Status"], "Active" if n == 1 else "Inactive")
                self.assertEqual(iam.get_policy(PolicyArn=physical["Managed"])["Policy"]["AttachmentCount"], 2 if n == 1 else 0)
                self.assertEqual(iam.get_open_id_connect_provider(OpenIDConnectProviderArn=physical["Provider"])["ClientIDList"], ["a", f"n{n}"])
                self.assertEqual(kms.describe_key(KeyId="alias/mine")["KeyMetadata"]["Description"], f"n{n}")
                self.assertEqual(kms.get_key_rotation_status(KeyId=physical["Key"])["KeyRotationEnabled"], n == 1)
                self.assertEqual(logs.describe_log_groups()["logGroups"][0].get("retentionInDays"), 7 if n == 1 else None)
                self.assertEqual(logs.describe_metric_filters()["metricFilters"][0]["metricTransformations"],
                                 [{"metricName": f"n{n}", "metricNamespace": "m", "metricValue": "$.n", "dimensions": {"d": "$.d"}, "unit": "Count"}])
                self.assertEqual([(q["name"], q["logGroupNames"]) for q in logs.describe_query_definitions()["queryDefinitions"]], [(f"n{n}", [physical["LogGroup"]])])
                alarms = cloudwatch.describe_alarms(AlarmTypes=["MetricAlarm", "CompositeAlarm"])
                self.assertEqual((alarms["MetricAlarms"][0]["Threshold"], alarms["MetricAlarms"][0]["Period"]), (n + 0.5, 60))
                self.assertEqual(alarms["CompositeAlarms"][0]["AlarmRule"].startswith("NOT"), n == 2)
                self.assertEqual(sns.get_topic_attributes(TopicArn=physical["Topic"])["Attributes"]["DisplayName"], f"n{n}")
                self.assertEqual(len(sns.list_subscriptions()["Subscriptions"]), 2 if n == 1 else 1)
                subscription = sns.get_subscription_attributes(SubscriptionArn=physical["Subscription"])["Attributes"]
                self.assertEqual((subscription["RawMessageDelivery"], json.loads(subscription["FilterPolicy"])), (str(n == 1).lower(), {"kind": [f"n{n}"]}))
                queue = sqs.get_queue_attributes(QueueUrl=physical["Queue"], AttributeNames=["All"])["Attributes"]
                self.assertEqual((queue["VisibilityTimeout"], json.loads(queue["RedrivePolicy"])["maxReceiveCount"]), (str(10 * n), n))
                rule = events.describe_rule(Name=physical["Rule"])
                self.assertEqual((rule["Description"], json.loads(rule["EventPattern"])), (f"n{n}", {"source": [f"n{n}"]}))
                self.assertEqual({t["Id"] for t in events.list_targets_by_rule(Rule=physical["Rule"])["Targets"]}, {f"t{n}", "both"})
                bus = events.describe_event_bus(Name="mine")
                self.assertEqual(json.loads(bus["Policy"])["Statement"][0]["Action"], "events:PutEvents" if n == 1 else ["events:PutEvents", "events:PutRule"])
                self.assertEqual(events.describe_archive(ArchiveName=physical["Archive"])["RetentionDays"], n)
                self.assertEqual(events.describe_api_destination(Name=physical["ApiDestination"])["InvocationRateLimitPerSecond"], 10 * n)
                bucket = physical["Bucket"]
                self.assertEqual(s3.get_bucket_versioning(Bucket=bucket)["Status"], "Enabled" if n == 1 else "Suspended")
                rule = s3.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"][0]
                self.assertEqual((rule["Expiration"]["Days"], rule["Filter"]["And"]), (10 * n, {"Prefix": "x/", "Tags": [{"Key": "k", "Value": "v"}]}))
                self.assertEqual(s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]["BlockPublicPolicy"], n == 2)
                self.assertEqual(json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])["Statement"][0]["Sid"], f"n{n}")
                rules = s3.get_bucket_notification_configuration(Bucket=bucket)["QueueConfigurations"][0]["Filter"]["Key"]["FilterRules"]
                self.assertEqual([(r["Name"].lower(), r["Value"]) for r in rules], [("prefix", f"p{n}/")])
                if n == 2:
                    with self.assertRaises(s3.exceptions.ClientError):
                        s3.get_bucket_cors(Bucket=bucket)
                trail = trails.get_trail(Name=physical["Trail"])["Trail"]
                self.assertEqual((trail["IsMultiRegionTrail"], trails.get_trail_status(Name=physical["Trail"])["IsLogging"]), (n == 1, n == 2))
                self.assertEqual("AdvancedEventSelectors" in trails.get_event_selectors(TrailName=physical["Trail"]), n == 2)

            check(1)
            broken = template(2)
            broken["Resources"]["Broken"] = {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "not a name!"},
                                             "DependsOn": sorted(template(2)["Resources"])}
            update(broken)
            settled(stacks, arn, "UPDATE_ROLLBACK_COMPLETE")
            check(1)
            update(template(2))
            settled(stacks, arn, "UPDATE_COMPLETE")
            check(2)
            with self.assertRaises(stacks.exceptions.ClientError) as caught:
                update(template(2))
            self.assertEqual(caught.exception.response["Error"]["Message"], "No updates are to be performed.")
            trails.stop_logging(Name=physical["Trail"])
            stacks.delete_stack(StackName="all")
            settled(stacks, arn, "DELETE_COMPLETE")
            self.assertEqual([b["Name"] for b in s3.list_buckets()["Buckets"]], [physical["TrailBucket"]])
            self.assertEqual((iam.list_roles()["Roles"], iam.list_users()["Users"], iam.list_groups()["Groups"]), ([], iam.list_users()["Users"][:1], []))
            self.assertEqual(kms.describe_key(KeyId=physical["Key"])["KeyMetadata"]["KeyState"], "PendingDeletion")
            for left in (logs.describe_log_groups()["logGroups"], logs.describe_resource_policies()["resourcePolicies"], sns.list_topics()["Topics"],
                         sqs.list_queues().get("QueueUrls", []), events.list_rules()["Rules"], events.list_archives()["Archives"],
                         events.list_connections()["Connections"], events.list_api_destinations()["ApiDestinations"], trails.describe_trails()["trailList"],
                         cloudwatch.describe_alarms(AlarmTypes=["MetricAlarm", "CompositeAlarm"])["CompositeAlarms"]):
                self.assertEqual(left, [])
            self.assertEqual([b["Name"] for b in events.list_event_buses()["EventBuses"]], ["default"])

    def test_nothing_is_passed_over(self):
        """What stands in a property, and no call would take, is refused by its name."""
        tag = {"Key": "a", "Value": "b", "PropagateAtLaunch": True}
        inlined = {"PolicyName": "p", "PolicyDocument": {"Version": "2012-10-17", "Statement": []}, "Colour": 1}
        trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
        with Server() as server:
            stacks = server.client("cloudformation")
            for number, (name, kind, properties) in enumerate((
                    ("PropagateAtLaunch", "AWS::S3::Bucket", {"Tags": [tag]}),
                    ("Colour", "AWS::S3::Bucket", {"BucketEncryption": {"ServerSideEncryptionConfiguration": [], "Colour": 1}}),
                    ("Colour", "AWS::S3::Bucket", {"LifecycleConfiguration": {"Rules": [], "Colour": 1}}),
                    ("Colour", "AWS::S3::Bucket", {"CorsConfiguration": {"CorsRules": [], "Colour": 1}}),
                    ("Colour", "AWS::S3::Bucket", {"AccelerateConfiguration": {"AccelerationStatus": "Enabled", "Colour": 1}}),
                    ("Colour", "AWS::S3::Bucket", {"OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}], "Colour": 1}}),
                    ("Colour", "AWS::SNS::Topic", {"Subscription": [{"Protocol": "email", "Endpoint": "a@example.com", "Colour": 1}]}),
                    ("Colour", "AWS::IAM::Role", {"AssumeRolePolicyDocument": trust, "Policies": [inlined]}))):
                stack, told = f"odd-{number}", ""
                try:
                    stacks.create_stack(StackName=stack, Capabilities=["CAPABILITY_IAM"], TemplateBody=json.dumps({"Resources": {"R": {"Type": kind, "Properties": properties}}}))
                except ClientError as refusal:
                    told = refusal.response["Error"]["Message"]
                else:
                    self.assertTrue(eventually(lambda: stacks.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"] == "ROLLBACK_COMPLETE"), properties)
                    told = " ".join(e.get("ResourceStatusReason", "") for e in stacks.describe_stack_events(StackName=stack)["StackEvents"])
                self.assertIn(f"extraneous key [{name}] is not permitted", told, properties)

    def test_what_is_there_stays(self):
        """A stack that names something which is there already fails, and its rollback leaves it as it was."""
        with Server() as server:
            stacks, logs, cloudwatch, sns, sqs, events = (server.client(name) for name in ("cloudformation", "logs", "cloudwatch", "sns", "sqs", "events"))
            cloudwatch.put_metric_alarm(AlarmName="metric", MetricName="m", Namespace="n", Statistic="Sum", Period=60, EvaluationPeriods=1, Threshold=1,
                                        ComparisonOperator="GreaterThanThreshold")
            cloudwatch.put_composite_alarm(AlarmName="composite", AlarmRule="ALARM(metric)")
            logs.create_log_group(logGroupName="group")
            logs.put_metric_filter(logGroupName="group", filterName="filter", filterPattern="theirs",
                                   metricTransformations=[{"metricName": "m", "metricNamespace": "n", "metricValue": "1"}])
            policy = json.dumps(allow({"Service": "events.amazonaws.com"}, "logs:PutLogEvents"))
            logs.put_resource_policy(policyName="policy", policyDocument=policy)
            sns.create_topic(Name="topic")
            sqs.create_queue(QueueName="queue")
            events.put_rule(Name="rule", EventPattern='{"source": ["theirs"]}')
            events.put_permission(StatementId="statement", Action="events:PutEvents", Principal="111122223333")
            s3 = server.client("s3")
            s3.create_bucket(Bucket="their-bucket")
            s3.put_bucket_versioning(Bucket="their-bucket", VersioningConfiguration={"Status": "Enabled"})

            def there():
                alarms = cloudwatch.describe_alarms(AlarmTypes=["MetricAlarm", "CompositeAlarm"])
                return ([(a["AlarmName"], a["Threshold"]) for a in alarms["MetricAlarms"]], [(a["AlarmName"], a["AlarmRule"]) for a in alarms["CompositeAlarms"]],
                        [(f["filterName"], f["filterPattern"]) for f in logs.describe_metric_filters()["metricFilters"]],
                        [(p["policyName"], p["policyDocument"]) for p in logs.describe_resource_policies()["resourcePolicies"]],
                        [t["TopicArn"] for t in sns.list_topics()["Topics"]], sqs.list_queues()["QueueUrls"],
                        [(r["Name"], r["EventPattern"]) for r in events.list_rules()["Rules"]], events.describe_event_bus()["Policy"],
                        [(b["Name"], s3.get_bucket_versioning(Bucket=b["Name"])["Status"]) for b in s3.list_buckets()["Buckets"]])
            before = there()
            metric = {"Namespace": "n", "MetricName": "m", "Statistic": "Sum", "Period": 60, "EvaluationPeriods": 1, "ComparisonOperator": "GreaterThanThreshold"}
            filtered = {"LogGroupName": "group", "FilterPattern": "ours", "MetricTransformations": [{"MetricName": "m", "MetricNamespace": "n", "MetricValue": "1"}]}
            for kind, properties in {
                    "AWS::CloudWatch::Alarm": {"AlarmName": "metric", "Threshold": 2, **metric},
                    "AWS::CloudWatch::CompositeAlarm": {"AlarmName": "composite", "AlarmRule": "NOT ALARM(metric)"},
                    "AWS::Logs::MetricFilter": {"FilterName": "filter", **filtered},
                    "AWS::Logs::ResourcePolicy": {"PolicyName": "policy", "PolicyDocument": policy.replace("PutLogEvents", "*")},
                    "AWS::SNS::Topic": {"TopicName": "topic"},
                    "AWS::SQS::Queue": {"QueueName": "queue"},
                    "AWS::Events::Rule": {"Name": "rule", "EventPattern": {"source": ["ours"]}},
                    "AWS::Events::EventBusPolicy": {"StatementId": "statement", "Action": "events:PutEvents", "Principal": "444455556666"},
                    "AWS::S3::Bucket": {"BucketName": "their-bucket", "VersioningConfiguration": {"Status": "Suspended"}}}.items():
                with self.subTest(kind):
                    arn = stacks.create_stack(StackName=kind.replace("::", "-"), TemplateBody=json.dumps({"Resources": {"R": {"Type": kind, "Properties": properties}}}))["StackId"]
                    self.assertTrue(eventually(lambda: stacks.describe_stacks(StackName=arn)["Stacks"][0]["StackStatus"] == "ROLLBACK_COMPLETE"))
                    [failed] = [e for e in stacks.describe_stack_events(StackName=arn)["StackEvents"] if e["ResourceStatus"] == "CREATE_FAILED"]
                    self.assertIn("already exists", failed["ResourceStatusReason"])
                    self.assertEqual(there(), before)
            # One whose name only begins like another's is another.
            stacks.create_stack(StackName="another", TemplateBody=json.dumps({"Resources": {"R": {"Type": "AWS::Logs::MetricFilter", "Properties": {"FilterName": "filt", **filtered}}}}))
            self.assertTrue(eventually(lambda: stacks.describe_stacks(StackName="another")["Stacks"][0]["StackStatus"] == "CREATE_COMPLETE"))


if __name__ == "__main__":
    unittest.main()
