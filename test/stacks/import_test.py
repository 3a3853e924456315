"""Things that are there already become a stack's: imports by change sets, what they refuse, their failures, and a kill -9 in their middle."""
import concurrent.futures
import json
import pathlib
import re
import subprocess
import tempfile
import unittest

from botocore.exceptions import ClientError

from server import BINARY, Server, all_records, eventually, importing
from stacks import settled

ACCOUNT = "000000000000"
ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
OURS = "cloudformation.amazonaws.com"  # S3 tells it in brackets
TRUST = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
READ = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}


def policy(resource, *actions):
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": list(actions), "Resource": resource}]}


def kept(kind, policy="Retain", **properties):
    return {"Type": kind, "DeletionPolicy": policy, "Properties": properties}


class Imports(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server().__enter__()
        cls.client = staticmethod(cls.server.client)
        cls.stacks = cls.server.client("cloudformation")

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__()

    def bucket(self, name):
        self.client("s3").create_bucket(Bucket=name)
        return kept("AWS::S3::Bucket", BucketName=name), {"ResourceType": "AWS::S3::Bucket", "ResourceIdentifier": {"BucketName": name}}

    def ask(self, stack, resources, imports, name="take", **more):
        body = resources if "Resources" in resources else {"Resources": resources}
        return self.stacks.create_change_set(StackName=stack, ChangeSetName=name, ChangeSetType="IMPORT", TemplateBody=json.dumps(body),
                                             ResourcesToImport=[{"LogicalResourceId": key, **value} for key, value in imports.items()],
                                             Capabilities=["CAPABILITY_NAMED_IAM"], **more)["Id"]

    def refused(self, words, *given, **more):
        with self.assertRaises(ClientError) as caught:
            self.ask(*given, **more)
        self.assertEqual(caught.exception.response["Error"]["Code"], "ValidationError")
        self.assertEqual(caught.exception.response["Error"]["Message"], words)

    def settled(self, stack, status):
        return settled(self.client("cloudformation"), stack, status)

    def events(self, stack):
        told = [(e["LogicalResourceId"], e["ResourceStatus"], e.get("ResourceStatusReason")) for e in self.client("cloudformation").describe_stack_events(StackName=stack)["StackEvents"]]
        return told[::-1]

    def test_into_a_new_stack_and_back(self):
        """The events are those that CloudFormation was recorded to tell of an import."""
        mine, wanted = self.bucket("new-stack")
        self.client("s3").put_bucket_tagging(Bucket="new-stack", Tagging={"TagSet": [{"Key": "before", "Value": "1"}, {"Key": "team", "Value": "red"}]})
        mine["Properties"]["Tags"] = [{"Key": "own", "Value": "template"}]
        change_set = self.ask("fresh", {"Bucket": mine}, {"Bucket": wanted}, Tags=[{"Key": "team", "Value": "blue"}, {"Key": "own", "Value": "stack"}])
        self.assertEqual(self.stacks.describe_stacks(StackName="fresh")["Stacks"][0]["StackStatus"], "REVIEW_IN_PROGRESS")
        shown = self.stacks.describe_change_set(ChangeSetName=change_set)
        self.assertEqual((shown["Status"], shown["ExecutionStatus"]), ("CREATE_COMPLETE", "AVAILABLE"))
        self.assertEqual(shown["Changes"], [{"Type": "Resource", "ResourceChange": {
            "Action": "Import", "LogicalResourceId": "Bucket", "PhysicalResourceId": "new-stack", "ResourceType": "AWS::S3::Bucket", "Scope": [], "Details": []}}])
        self.stacks.execute_change_set(ChangeSetName=change_set)
        self.stacks.get_waiter("stack_import_complete").wait(StackName="fresh", WaiterConfig={"Delay": 1})
        self.assertEqual(self.events("fresh"), [
            ("fresh", "REVIEW_IN_PROGRESS", "User Initiated"),
            ("fresh", "IMPORT_IN_PROGRESS", "User Initiated"),
            ("Bucket", "IMPORT_IN_PROGRESS", "Resource import started."),
            ("Bucket", "IMPORT_IN_PROGRESS", None),
            ("Bucket", "IMPORT_COMPLETE", "Resource import completed."),
            ("Bucket", "UPDATE_IN_PROGRESS", "Apply stack-level tags to imported resource if applicable."),
            ("Bucket", "UPDATE_COMPLETE", None),
            ("fresh", "IMPORT_COMPLETE", None)])
        tags = {tag["Key"]: tag["Value"] for tag in self.client("s3").get_bucket_tagging(Bucket="new-stack")["TagSet"]}
        self.assertEqual((tags["team"], tags["before"], tags["aws:cloudformation:logical-id"]), ("blue", "1", "Bucket"))
        self.assertNotIn("own", tags, "its own tag stands over the stack's, and what the template says of it is not looked at")
        # It is a stack like any: an update changes what is there, and what is left out of the template goes or stays.
        mine["Properties"]["VersioningConfiguration"] = {"Status": "Enabled"}
        self.stacks.update_stack(StackName="fresh", TemplateBody=json.dumps({"Resources": {"Bucket": mine}, "Outputs": {"Arn": {"Value": {"Fn::GetAtt": "Bucket.Arn"}}}}))
        self.assertEqual(self.settled("fresh", "UPDATE_COMPLETE")["Outputs"][0]["OutputValue"], "arn:aws:s3:::new-stack")
        self.assertEqual(self.client("s3").get_bucket_versioning(Bucket="new-stack")["Status"], "Enabled")
        self.stacks.delete_stack(StackName="fresh")
        self.assertTrue(eventually(lambda: not [s for s in self.stacks.describe_stacks()["Stacks"] if s["StackName"] == "fresh"]))
        self.client("s3").head_bucket(Bucket="new-stack")
        record = next(r for r in all_records(self.server) if r["eventName"] == "PutBucketTagging" and OURS in r.get("userAgent", ""))
        self.assertEqual(record["userIdentity"]["invokedBy"], "cloudformation.amazonaws.com")

    def test_a_name_that_is_a_dynamic_reference(self):
        self.client("ssm").put_parameter(Name="/import/name", Value="by-reference", Type="String")
        mine, wanted = self.bucket("by-reference")
        mine["Properties"]["BucketName"] = "{{resolve:ssm:/import/name}}"
        self.stacks.execute_change_set(ChangeSetName=self.ask("reference", {"Bucket": mine}, {"Bucket": wanted}))
        self.settled("reference", "IMPORT_COMPLETE")
        [found] = self.stacks.describe_stack_resources(StackName="reference")["StackResources"]
        self.assertEqual(found["PhysicalResourceId"], "by-reference")
        with self.assertRaisesRegex(ClientError, "No updates are to be performed"):
            self.stacks.update_stack(StackName="reference", TemplateBody=json.dumps({"Resources": {"Bucket": mine}}))

    def test_every_type(self):
        """Each is made by its own service, imported, seen not to have changed, and found again by an update of it."""
        iam, logs, sns, sqs, events = (self.client(s) for s in ("iam", "logs", "sns", "sqs", "events"))
        made = {}
        made["Bucket"], wanted = self.bucket("all-types")
        imports = {"Bucket": wanted}

        def add(name, kind, identifier, **properties):
            made[name] = kept(kind, **properties)
            imports[name] = {"ResourceType": kind, "ResourceIdentifier": identifier}

        trail_policy = {"Version": "2012-10-17", "Statement": policy("arn:aws:s3:::all-types", "s3:GetBucketAcl")["Statement"] + policy("arn:aws:s3:::all-types/*", "s3:PutObject")["Statement"]}
        self.client("s3").put_bucket_policy(Bucket="all-types", Policy=json.dumps(trail_policy))
        add("BucketPolicy", "AWS::S3::BucketPolicy", {"Bucket": "all-types"}, Bucket="all-types", PolicyDocument=trail_policy)
        self.client("cloudtrail").create_trail(Name="all-trail", S3BucketName="all-types")
        add("Trail", "AWS::CloudTrail::Trail", {"TrailName": "all-trail"}, TrailName="all-trail", S3BucketName="all-types", IsLogging=False)
        iam.create_role(RoleName="all-role", AssumeRolePolicyDocument=json.dumps(TRUST))
        add("Role", "AWS::IAM::Role", {"RoleName": "all-role"}, RoleName="all-role", AssumeRolePolicyDocument=TRUST)
        iam.create_user(UserName="all-user")
        add("User", "AWS::IAM::User", {"UserName": "all-user"}, UserName="all-user")
        iam.create_group(GroupName="all-group")
        add("Group", "AWS::IAM::Group", {"GroupName": "all-group"}, GroupName="all-group")
        arn = iam.create_policy(PolicyName="all-policy", PolicyDocument=json.dumps(READ))["Policy"]["Arn"]
        add("Managed", "AWS::IAM::ManagedPolicy", {"PolicyArn": arn}, ManagedPolicyName="all-policy", PolicyDocument=READ)
        iam.create_instance_profile(InstanceProfileName="all-profile")
        add("Profile", "AWS::IAM::InstanceProfile", {"InstanceProfileName": "all-profile"}, InstanceProfileName="all-profile", Roles=[])
        arn = iam.create_open_id_connect_provider(Url="https://id.example.com", ClientIDList=["a"], ThumbprintList=["0" * 40])["OpenIDConnectProviderArn"]
        add("Provider", "AWS::IAM::OIDCProvider", {"Arn": arn}, Url="https://id.example.com", ClientIdList=["a"], ThumbprintList=["0" * 40])
        key = self.client("kms").create_key(Description="all")["KeyMetadata"]["KeyId"]
        self.client("kms").create_alias(AliasName="alias/all", TargetKeyId=key)
        add("Key", "AWS::KMS::Key", {"KeyId": key}, Description="all")
        add("Alias", "AWS::KMS::Alias", {"AliasName": "alias/all"}, AliasName="alias/all", TargetKeyId=key)
        logs.create_log_group(logGroupName="all-logs")
        logs.create_log_stream(logGroupName="all-logs", logStreamName="stream")
        transformation = {"metricName": "m", "metricNamespace": "n", "metricValue": "1"}
        logs.put_metric_filter(logGroupName="all-logs", filterName="filter", filterPattern="ERROR", metricTransformations=[transformation])
        query = logs.put_query_definition(name="all", queryString="fields @message")["queryDefinitionId"]
        logs.put_resource_policy(policyName="all-logs", policyDocument=json.dumps(policy("*", "logs:PutLogEvents")))
        add("LogGroup", "AWS::Logs::LogGroup", {"LogGroupName": "all-logs"}, LogGroupName="all-logs")
        add("Stream", "AWS::Logs::LogStream", {"LogGroupName": "all-logs", "LogStreamName": "stream"}, LogGroupName="all-logs", LogStreamName="stream")
        add("Filter", "AWS::Logs::MetricFilter", {"LogGroupName": "all-logs", "FilterName": "filter"}, LogGroupName="all-logs", FilterName="filter", FilterPattern="ERROR",
            MetricTransformations=[{k[0].upper() + k[1:]: v for k, v in transformation.items()}])
        add("Query", "AWS::Logs::QueryDefinition", {"QueryDefinitionId": query}, Name="all", QueryString="fields @message")
        add("LogPolicy", "AWS::Logs::ResourcePolicy", {"PolicyName": "all-logs"}, PolicyName="all-logs", PolicyDocument=json.dumps(policy("*", "logs:PutLogEvents")))
        alarm = {"MetricName": "m", "Namespace": "n", "Statistic": "Sum", "Period": 300, "EvaluationPeriods": 1, "Threshold": 1, "ComparisonOperator": "GreaterThanThreshold"}
        self.client("cloudwatch").put_metric_alarm(AlarmName="all-alarm", **alarm)
        self.client("cloudwatch").put_composite_alarm(AlarmName="all-composite", AlarmRule="ALARM(all-alarm)")
        add("Alarm", "AWS::CloudWatch::Alarm", {"AlarmName": "all-alarm"}, AlarmName="all-alarm", **alarm)
        add("Composite", "AWS::CloudWatch::CompositeAlarm", {"AlarmName": "all-composite"}, AlarmName="all-composite", AlarmRule="ALARM(all-alarm)")
        topic = sns.create_topic(Name="all-topic")["TopicArn"]
        url = sqs.create_queue(QueueName="all-queue")["QueueUrl"]
        queue = f"arn:aws:sqs:us-east-1:{ACCOUNT}:all-queue"
        subscription = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue, ReturnSubscriptionArn=True)["SubscriptionArn"]
        add("Topic", "AWS::SNS::Topic", {"TopicArn": topic}, TopicName="all-topic")
        add("Subscription", "AWS::SNS::Subscription", {"Arn": subscription}, TopicArn=topic, Protocol="sqs", Endpoint=queue)
        add("Queue", "AWS::SQS::Queue", {"QueueUrl": url}, QueueName="all-queue")
        self.client("ssm").put_parameter(Name="/all", Type="String", Value="v")
        add("Parameter", "AWS::SSM::Parameter", {"Name": "/all"}, Name="/all", Type="String", Value="v")
        rule = events.put_rule(Name="all-rule", EventPattern='{"source":["x"]}')["RuleArn"]
        events.create_event_bus(Name="all-bus")
        other = events.put_rule(Name="all-rule", EventBusName="all-bus", EventPattern='{"source":["x"]}')["RuleArn"]
        statement = {"Sid": "all", "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "events:PutEvents", "Resource": f"arn:aws:events:us-east-1:{ACCOUNT}:event-bus/all-bus"}
        events.put_permission(EventBusName="all-bus", Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
        events.create_archive(ArchiveName="all-archive", EventSourceArn=f"arn:aws:events:us-east-1:{ACCOUNT}:event-bus/all-bus")
        auth = {"ApiKeyAuthParameters": {"ApiKeyName": "k", "ApiKeyValue": "v"}}
        connection = events.create_connection(Name="all-connection", AuthorizationType="API_KEY", AuthParameters=auth)["ConnectionArn"]
        events.create_api_destination(Name="all-destination", ConnectionArn=connection, InvocationEndpoint="https://api.example.com/", HttpMethod="POST")
        add("Rule", "AWS::Events::Rule", {"Arn": rule}, Name="all-rule", EventPattern={"source": ["x"]})
        add("OtherRule", "AWS::Events::Rule", {"Arn": other}, Name="all-rule", EventBusName="all-bus", EventPattern={"source": ["x"]})
        add("Bus", "AWS::Events::EventBus", {"Name": "all-bus"}, Name="all-bus")
        add("BusPolicy", "AWS::Events::EventBusPolicy", {"EventBusName": "all-bus", "StatementId": "all"}, EventBusName="all-bus", StatementId="all", Statement=statement)
        add("Archive", "AWS::Events::Archive", {"ArchiveName": "all-archive"}, ArchiveName="all-archive", SourceArn=f"arn:aws:events:us-east-1:{ACCOUNT}:event-bus/all-bus")
        add("Connection", "AWS::Events::Connection", {"Name": "all-connection"}, Name="all-connection", AuthorizationType="API_KEY", AuthParameters=auth)
        add("Destination", "AWS::Events::ApiDestination", {"Name": "all-destination"}, Name="all-destination", ConnectionArn=connection, InvocationEndpoint="https://api.example.com/", HttpMethod="POST")
        summaries = {s["ResourceType"]: s for s in self.stacks.get_template_summary(TemplateBody=json.dumps({"Resources": made}))["ResourceIdentifierSummaries"]}
        self.assertEqual(summaries["AWS::Logs::MetricFilter"], {"ResourceType": "AWS::Logs::MetricFilter", "LogicalResourceIds": ["Filter"], "ResourceIdentifiers": ["LogGroupName", "FilterName"]})
        self.assertEqual(set(summaries), {r["Type"] for r in made.values()})
        for name, wanted in imports.items():
            self.assertEqual(set(summaries[wanted["ResourceType"]]["ResourceIdentifiers"]), set(wanted["ResourceIdentifier"]), name)
        change_set = self.ask("all", made, imports, Tags=[{"Key": "team", "Value": "blue"}])
        shown = self.stacks.describe_change_set(ChangeSetName=change_set)
        self.assertEqual(shown["Status"], "CREATE_COMPLETE", shown.get("StatusReason"))
        self.assertEqual({c["ResourceChange"]["Action"] for c in shown["Changes"]}, {"Import"})
        self.stacks.execute_change_set(ChangeSetName=change_set)
        self.settled("all", "IMPORT_COMPLETE")
        # Nothing was made, removed or written but tags.
        done = {r["eventName"] for r in all_records(self.server) if OURS in r.get("userAgent", "") and not r["readOnly"]
                and "all" in json.dumps(r["requestParameters"])}
        self.assertEqual({name for name in done if not name.startswith(("Tag", "AddTags", "PutBucketTagging"))}, set())
        self.assertIn({"Key": "team", "Value": "blue"}, iam.list_role_tags(RoleName="all-role")["Tags"])
        self.assertIn({"Key": "team", "Value": "blue"}, self.client("ssm").list_tags_for_resource(ResourceType="Parameter", ResourceId="/all")["TagList"])
        self.stacks.detect_stack_drift(StackName="all")
        drifted = self.stacks.describe_stack_resource_drifts(StackName="all", StackResourceDriftStatusFilters=["MODIFIED", "DELETED"])["StackResourceDrifts"]
        self.assertEqual([(d["LogicalResourceId"], d["PropertyDifferences"]) for d in drifted], [])
        with self.assertRaises(ClientError) as caught:
            self.stacks.update_stack(StackName="all", TemplateBody=json.dumps({"Resources": made}), Capabilities=["CAPABILITY_NAMED_IAM"])
        self.assertEqual(caught.exception.response["Error"]["Message"], "No updates are to be performed.")
        # What is imported can be changed and removed by its stack: the names that it was found by are right.
        changed = json.loads(json.dumps(made))
        for one in changed.values():
            one["DeletionPolicy"] = "Delete"
        for name in ("OtherRule", "Archive", "BusPolicy"):
            changed[name]["DependsOn"] = "Bus"
        changed["Alarm"]["Properties"]["Threshold"] = 2
        changed["Parameter"]["Properties"]["Value"] = "w"
        changed["OtherRule"]["Properties"]["Description"] = "d"
        self.stacks.update_stack(StackName="all", TemplateBody=json.dumps({"Resources": changed}), Capabilities=["CAPABILITY_NAMED_IAM"])
        self.settled("all", "UPDATE_COMPLETE")
        self.assertEqual(self.client("ssm").get_parameter(Name="/all")["Parameter"]["Value"], "w")
        stack = self.stacks.describe_stacks(StackName="all")["Stacks"][0]["StackId"]
        self.stacks.delete_stack(StackName="all")
        self.settled(stack, "DELETE_COMPLETE")
        with self.assertRaises(ClientError):
            self.client("s3").head_bucket(Bucket="all-types")
        self.assertEqual(sqs.list_queues(QueueNamePrefix="all-").get("QueueUrls", []), [])
        self.assertEqual(events.list_rules(EventBusName="default", NamePrefix="all-")["Rules"], [])

    def test_what_is_refused(self):
        """The words are CloudFormation's, as its users have recorded them."""
        mine, wanted = self.bucket("strict")
        other, other_wanted = self.bucket("strict-other")
        parameter = {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Name": "/strict", "Value": "v"}}
        self.stacks.create_stack(StackName="strict", TemplateBody=json.dumps({"Resources": {"X": parameter}}))
        self.settled("strict", "CREATE_COMPLETE")
        both = {"X": parameter, "Q": mine}
        queue = {"ResourceType": "AWS::SQS::Queue", "ResourceIdentifier": {"QueueUrl": "x"}}
        self.refused("Must Provide at least one resource to import", "strict", both, {})
        self.refused("The logical resource ids [Missing] provided in ResourceToImport do not exist in the template.", "strict", both, {"Missing": wanted})
        self.refused("Invalid resource identifier for resource type AWS::S3::Bucket. Expected [BucketName]", "strict", both, {"Q": {**wanted, "ResourceIdentifier": {"Bucket": "strict"}}})
        self.refused("Resource type of [Q] passed in ResourceToImport does not match with resource type defined in the template. Resource type in ResourceToImport: "
                     "AWS::SQS::Queue; Resource type in Template: AWS::S3::Bucket.", "strict", both, {"Q": queue})
        self.refused("ResourceTypes [AWS::IAM::Policy] are not supported for Import", "strict", both, {"Q": {"ResourceType": "AWS::IAM::Policy", "ResourceIdentifier": {"Id": "x"}}})
        self.refused("Resources [N] is missing from ResourceToImport list", "strict", {**both, "N": other}, {"Q": wanted})
        modified = "You have modified resources [X] in your template that are not being imported. Update, create or delete operations cannot be executed during import operations."
        self.refused(modified, "strict", {"Q": mine}, {"Q": wanted})
        self.refused(modified, "strict", {**both, "X": {**parameter, "Properties": {**parameter["Properties"], "Value": "w"}}}, {"Q": wanted})
        self.refused("The template should contain at least one new resource to import.", "strict", {"X": parameter},
                     {"X": {"ResourceType": "AWS::SSM::Parameter", "ResourceIdentifier": {"Name": "/strict"}}})
        self.refused("Resources [X] passed in ResourceToImport are already in a stack and cannot be imported.", "strict", both,
                     {"X": {"ResourceType": "AWS::SSM::Parameter", "ResourceIdentifier": {"Name": "/strict"}}})
        self.refused("The following resources to import [Q] must have DeletionPolicy attribute specified in the template.", "strict",
                     {**both, "Q": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "strict"}}}, {"Q": wanted})
        self.refused("As part of the import operation, you cannot modify or add [Outputs]", "strict", {"Resources": both, "Outputs": {"A": {"Value": "a"}}}, {"Q": wanted})
        twice = [{"LogicalResourceId": "Q", **wanted}] * 2
        with self.assertRaises(ClientError) as caught:
            self.stacks.create_change_set(StackName="strict", ChangeSetName="twice", ChangeSetType="IMPORT", TemplateBody=json.dumps({"Resources": both}), ResourcesToImport=twice)
        self.assertEqual(caught.exception.response["Error"]["Message"], "Every resource to import must have unique LogicalResourceId")
        self.assertEqual(self.stacks.list_change_sets(StackName="strict")["Summaries"], [])
        # Sets that are made, and tell why nothing comes of them.
        ghost = {"ResourceType": "AWS::SSM::Parameter", "ResourceIdentifier": {"Name": "/ghost"}}
        named = kept("AWS::SSM::Parameter", Name="/ghost", Type="String", Value="v")
        for name, resource, identifier, reason in (
                ("ghost", named, ghost, "Resource of type 'AWS::SSM::Parameter' with identifier '/ghost' was not found."),
                ("own", kept("AWS::SSM::Parameter", Name="/strict", Type="String", Value="v"), {**ghost, "ResourceIdentifier": {"Name": "/strict"}},
                 "/strict already exists in stack " + self.stacks.describe_stacks(StackName="strict")["Stacks"][0]["StackId"]),
                ("odd", mine, other_wanted, "The BucketName of resource Q is strict in the template, and strict-other in ResourceToImport.")):
            shown = self.stacks.describe_change_set(ChangeSetName=self.ask("strict", {"X": parameter, "Q": resource}, {"Q": identifier}, name=name))
            self.assertEqual((shown["Status"], shown["ExecutionStatus"], shown["StatusReason"], shown["Changes"]), ("FAILED", "UNAVAILABLE", reason, []))
            with self.assertRaises(ClientError):
                self.stacks.execute_change_set(StackName="strict", ChangeSetName=name)

    def test_what_fails_leaves_everything_as_it_was(self):
        first, first_wanted = self.bucket("failing-a")
        second, second_wanted = self.bucket("failing-b")
        self.client("s3").put_bucket_tagging(Bucket="failing-a", Tagging={"TagSet": [{"Key": "own", "Value": "1"}]})
        self.stacks.create_stack(StackName="failing", TemplateBody=json.dumps({"Resources": {"X": {"Type": "AWS::SNS::Topic"}}}))
        self.settled("failing", "CREATE_COMPLETE")
        template = {"X": {"Type": "AWS::SNS::Topic"}, "A": first, "B": {**second, "DependsOn": "A", "DeletionPolicy": "Delete"}}
        change_set = self.ask("failing", template, {"A": first_wanted, "B": second_wanted})
        self.client("s3").delete_bucket(Bucket="failing-b")
        self.stacks.execute_change_set(ChangeSetName=change_set)
        self.settled("failing", "IMPORT_ROLLBACK_COMPLETE")
        told = self.events("failing")
        self.assertIn(("B", "IMPORT_FAILED", "Resource of type 'AWS::S3::Bucket' with identifier 'failing-b' was not found."), told)
        self.assertIn(("failing", "IMPORT_ROLLBACK_IN_PROGRESS", "The following resource(s) failed to import: [B]. "), told)
        self.assertEqual([t[1] for t in told if t[0] == "A"][-2:], ["IMPORT_ROLLBACK_IN_PROGRESS", "IMPORT_ROLLBACK_COMPLETE"])
        self.assertEqual([r["LogicalResourceId"] for r in self.stacks.list_stack_resources(StackName="failing")["StackResourceSummaries"]], ["X"])
        self.assertEqual(self.client("s3").get_bucket_tagging(Bucket="failing-a")["TagSet"], [{"Key": "own", "Value": "1"}], "nothing tells of the stack")
        # It can be had once more, and into a stack that is new all goes back to nothing.
        self.assertNotIn("B", json.dumps(self.stacks.get_template(StackName="failing")["TemplateBody"]))
        fresh = self.ask("failing-fresh", {"A": first, "C": kept("AWS::SSM::Parameter", Name="/c", Type="String", Value="v")}, {
            "A": first_wanted, "C": {"ResourceType": "AWS::SSM::Parameter", "ResourceIdentifier": {"Name": "/c"}}})
        self.assertEqual(self.stacks.describe_change_set(ChangeSetName=fresh)["Status"], "FAILED")
        self.client("ssm").put_parameter(Name="/c", Type="String", Value="v")
        fresh = self.ask("failing-fresh", {"A": first, "C": {**kept("AWS::SSM::Parameter", Name="/c", Type="String", Value="v"), "DependsOn": "A"}}, {
            "A": first_wanted, "C": {"ResourceType": "AWS::SSM::Parameter", "ResourceIdentifier": {"Name": "/c"}}}, name="again")
        self.client("ssm").delete_parameter(Name="/c")
        self.stacks.execute_change_set(ChangeSetName=fresh)
        self.settled("failing-fresh", "IMPORT_ROLLBACK_COMPLETE")
        self.assertEqual(self.stacks.list_stack_resources(StackName="failing-fresh")["StackResourceSummaries"], [])
        self.stacks.delete_stack(StackName="failing-fresh")
        self.client("s3").head_bucket(Bucket="failing-a")

    def test_two_stacks_cannot_have_one_thing(self):
        mine, wanted = self.bucket("wanted-by-two")
        sets = [self.ask(f"two-{n}", {"Bucket": mine}, {"Bucket": wanted}) for n in range(4)]
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda name: self.client("cloudformation").execute_change_set(ChangeSetName=name), sets))

        def ended():
            found = [s for s in self.stacks.describe_stacks()["Stacks"] if s["StackName"].startswith("two-")]
            return None if any(s["StackStatus"].endswith("_IN_PROGRESS") for s in found) else found
        found = eventually(ended, 20)
        self.assertEqual(sorted(s["StackStatus"] for s in found), ["IMPORT_COMPLETE"] + ["IMPORT_ROLLBACK_COMPLETE"] * 3)

    def test_one_stack_cannot_have_it_twice(self):
        mine, wanted = self.bucket("wanted-twice")
        made = self.ask("twice", {"A": mine, "B": {**mine, "DependsOn": "A"}}, {"A": wanted, "B": wanted})
        self.stacks.execute_change_set(ChangeSetName=made)
        self.settled("twice", "IMPORT_ROLLBACK_COMPLETE")
        self.assertIn(("B", "IMPORT_FAILED", "wanted-twice already exists in stack " + self.stacks.describe_stacks(StackName="twice")["Stacks"][0]["StackId"]), self.events("twice"))

    def test_existing_resources_of_a_template(self):
        self.client("s3").create_bucket(Bucket="existing")
        template = {"Resources": {"Bucket": kept("AWS::S3::Bucket", "RetainExceptOnCreate", BucketName="existing"), "New": {"Type": "AWS::SQS::Queue"},
                                  "Named": {"Type": "AWS::SSM::Parameter", "Properties": {"Name": "/not-there", "Type": "String", "Value": "v"}}}}

        def create(name, stack="existing"):
            made = importing(self.server).create_change_set(StackName=stack, ChangeSetName=name, ChangeSetType="CREATE", TemplateBody=json.dumps(template))["Id"]
            return made, self.stacks.describe_change_set(ChangeSetName=made)
        change_set, shown = create("first")
        self.assertEqual({c["ResourceChange"]["LogicalResourceId"]: c["ResourceChange"]["Action"] for c in shown["Changes"]}, {"Bucket": "Import", "New": "Add", "Named": "Add"})
        self.stacks.execute_change_set(ChangeSetName=change_set)
        self.settled("existing", "CREATE_COMPLETE")
        self.assertEqual([t[1] for t in self.events("existing") if t[0] == "Bucket"],
                         ["IMPORT_IN_PROGRESS", "IMPORT_IN_PROGRESS", "IMPORT_COMPLETE", "UPDATE_IN_PROGRESS", "UPDATE_COMPLETE"])
        # What is another stack's is not taken, and what would go with its stack is not either.
        self.assertEqual(create("second", "existing-2")[1]["StatusReason"], "existing already exists in stack " + self.stacks.describe_stacks(StackName="existing")["Stacks"][0]["StackId"])
        self.client("s3").create_bucket(Bucket="existing-3")
        template["Resources"] = {"Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "existing-3"}}}
        self.assertEqual(create("third", "existing-3")[1]["StatusReason"],
                         "CloudFormation is attempting to import some resources because they already exist in your account. The resources must have the DeletionPolicy attribute "
                         "set to 'Retain' or 'RetainExceptOnCreate' in the template for successful import. The affected resources are Bucket ({BucketName=existing-3})")
        # A creation that fails keeps what it took in, and removes what it made.
        template["Resources"] = {"Bucket": kept("AWS::S3::Bucket", "RetainExceptOnCreate", BucketName="existing-3"),
                                 "Bad": {"Type": "AWS::SNS::Topic", "DependsOn": "Bucket", "Properties": {"TopicName": "no such name!"}}}
        change_set, _ = create("fourth", "existing-4")
        self.stacks.execute_change_set(ChangeSetName=change_set)
        self.settled("existing-4", "ROLLBACK_COMPLETE")
        self.assertIn(("Bucket", "DELETE_SKIPPED", None), self.events("existing-4"))
        self.client("s3").head_bucket(Bucket="existing-3")

    def test_what_is_anothers_cannot_be_imported(self):
        """Also where its policy lets everybody look at it, and more."""
        def cairn(*arguments):
            return subprocess.run([BINARY, *arguments, "--data", str(self.server.data)], check=True, capture_output=True, text=True, env=self.server.environment()).stdout
        number = cairn("account", "create", "other").strip()
        profile = dict(line.split(" = ") for line in cairn("root", "credentials", "--account", number).splitlines() if " = " in line)

        def theirs(service):
            return self.server.client(service, access_key=profile["aws_access_key_id"], secret_key=profile["aws_secret_access_key"])
        topic, url = theirs("sns").create_topic(Name="theirs")["TopicArn"], theirs("sqs").create_queue(QueueName="theirs")["QueueUrl"]
        theirs("sns").set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=json.dumps({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": ["SNS:GetTopicAttributes", "SNS:Publish"], "Resource": topic}]}))
        self.client("sns").get_topic_attributes(TopicArn=topic)
        everybody = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]}
        theirs("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps({**everybody, "Statement": [{**everybody["Statement"][0], "Action": "sqs:*"}]})})
        theirs("s3").create_bucket(Bucket="their-bucket")
        theirs("s3").delete_public_access_block(Bucket="their-bucket")
        allowed = {**everybody["Statement"][0], "Principal": {"AWS": ACCOUNT}, "Action": "s3:*", "Resource": ["arn:aws:s3:::their-bucket", "arn:aws:s3:::their-bucket/*"]}
        theirs("s3").put_bucket_policy(Bucket="their-bucket", Policy=json.dumps({**everybody, "Statement": [allowed]}))
        self.client("s3").head_bucket(Bucket="their-bucket")
        for number, (resource, identifier) in enumerate((
                (kept("AWS::SNS::Topic", TopicName="theirs"), {"TopicArn": topic}), (kept("AWS::SQS::Queue", QueueName="theirs"), {"QueueUrl": url}),
                (kept("AWS::S3::Bucket", BucketName="their-bucket"), {"BucketName": "their-bucket"}))):
            made = self.ask(f"theirs-{number}", {"A": resource}, {"A": {"ResourceType": resource["Type"], "ResourceIdentifier": identifier}})
            self.assertEqual(self.stacks.describe_change_set(ChangeSetName=made)["Status"], "FAILED", identifier)

    def test_who_may_not_see_a_thing_cannot_import_it(self):
        iam = self.client("iam")
        iam.create_user(UserName="blind")
        iam.put_user_policy(UserName="blind", PolicyName="p", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "cloudformation:*", "Resource": "*"}]}))
        key = iam.create_access_key(UserName="blind")["AccessKey"]
        mine, wanted = self.bucket("hidden")
        stacks = self.server.client("cloudformation", access_key=key["AccessKeyId"], secret_key=key["SecretAccessKey"])
        made = stacks.create_change_set(StackName="blind", ChangeSetName="take", ChangeSetType="IMPORT", TemplateBody=json.dumps({"Resources": {"Bucket": mine}}),
                                        ResourcesToImport=[{"LogicalResourceId": "Bucket", **wanted}])["Id"]
        shown = stacks.describe_change_set(ChangeSetName=made)
        self.assertEqual((shown["Status"], shown["ExecutionStatus"]), ("FAILED", "UNAVAILABLE"))
        self.assertIn("Status Code: 403", shown["StatusReason"])
        # With a role, it is the role that looks: for who cannot, and instead of who can.
        roles = {}
        for name, action in (("seeing", "s3:*"), ("unseeing", "sqs:*")):
            trust = json.dumps({**TRUST, "Statement": [{**TRUST["Statement"][0], "Principal": {"Service": OURS}}]})
            roles[name] = iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
            iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]}))
        iam.put_user_policy(UserName="blind", PolicyName="passes", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "iam:PassRole", "Resource": "*"}]}))
        for client, role, status in ((stacks, "seeing", "CREATE_COMPLETE"), (self.stacks, "unseeing", "FAILED")):
            made = client.create_change_set(StackName="blind", ChangeSetName=role, ChangeSetType="IMPORT", TemplateBody=json.dumps({"Resources": {"Bucket": mine}}), RoleARN=roles[role],
                                            ResourcesToImport=[{"LogicalResourceId": "Bucket", **wanted}])["Id"]
            shown = client.describe_change_set(ChangeSetName=made)
            self.assertEqual(shown["Status"], status, shown.get("StatusReason"))
        self.assertIn("Status Code: 403", shown["StatusReason"])
        stacks.execute_change_set(StackName="blind", ChangeSetName="seeing")
        self.settled("blind", "IMPORT_COMPLETE")


class Docs(unittest.TestCase):
    def test_an_import(self):
        with Server() as server, tempfile.TemporaryDirectory() as place:
            text = (ROOT / "docs/stacks.md").read_text()
            script = re.search(r"```sh\n(.*?)```", text[text.index("## Imports"):], re.S)[1]
            script = script.replace("aws s3", f"/usr/bin/aws --endpoint-url {server.endpoint} s3").replace(
                "aws cloud", f"/usr/bin/python3 {ROOT}/test/stacks/impatient.py --endpoint-url {server.endpoint} cloud")
            done = subprocess.run(["bash", "-e", "-c", script], cwd=place, env=server.environment(), capture_output=True, text=True, timeout=60)
            self.assertEqual(done.returncode, 0, f"{done.stdout}{done.stderr}\n{server.output()}")
            self.assertEqual(server.client("cloudformation").describe_stacks(StackName="adopted")["Stacks"][0]["StackStatus"], "IMPORT_COMPLETE")


class Killed(unittest.TestCase):
    def test_an_import_goes_on_after_a_kill(self):
        with Server() as server:
            resources, imports = {}, []
            for n in range(30):
                server.client("ssm").put_parameter(Name=f"/many/{n}", Type="String", Value="v")
                resources[f"P{n}"] = kept("AWS::SSM::Parameter", Name=f"/many/{n}", Type="String", Value="v")
                if n:
                    resources[f"P{n}"]["DependsOn"] = f"P{n - 1}"
                imports.append({"LogicalResourceId": f"P{n}", "ResourceType": "AWS::SSM::Parameter", "ResourceIdentifier": {"Name": f"/many/{n}"}})
            stacks = server.client("cloudformation")
            made = stacks.create_change_set(StackName="many", ChangeSetName="take", ChangeSetType="IMPORT", TemplateBody=json.dumps({"Resources": resources}), ResourcesToImport=imports)["Id"]
            stacks.execute_change_set(ChangeSetName=made)
            server.kill()
            server.start()
            stacks = server.client("cloudformation")

            def ended():
                found = stacks.describe_stacks(StackName="many")["Stacks"][0]["StackStatus"]
                return None if found.endswith("_IN_PROGRESS") else found
            self.assertEqual(eventually(ended, 20), "IMPORT_COMPLETE")
            pages = stacks.get_paginator("describe_stack_events").paginate(StackName="many")
            events = [e for page in pages for e in page["StackEvents"]]
            self.assertEqual(sorted(e["LogicalResourceId"] for e in events if e["ResourceStatus"] == "IMPORT_COMPLETE" and e["LogicalResourceId"] != "many"), sorted(resources))
            reads = [r for r in all_records(server) if r["eventName"] == "GetParameter" and r.get("userAgent") == "cloudformation.amazonaws.com"]
            self.assertLessEqual(len(reads), 2 * 30 + 1)


if __name__ == "__main__":
    unittest.main()
