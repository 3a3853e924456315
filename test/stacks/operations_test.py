"""Who may do what with stacks, and in whose name; what is refused, in CloudFormation's words; exports, change sets, templates by URL."""
import json
import unittest

from botocore.exceptions import ClientError

from server import Server, all_records, eventually
from stacks import settled

ACCOUNT = "000000000000"


def topics(*names, **more):
    return json.dumps({"Resources": {name: {"Type": "AWS::SNS::Topic"} for name in names}, **more})


class Operations(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server().__enter__()
        cls.stacks = cls.server.client("cloudformation")

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__()

    def refused(self, code, words, call, **given):
        with self.assertRaises(ClientError) as caught:
            call(**given)
        error = caught.exception.response["Error"]
        self.assertEqual((error["Code"], error["Message"]), (code, words))

    def settled(self, name, status, stacks=None):
        return settled(stacks or self.stacks, name, status)

    def reasons(self, name, status):
        return [e.get("ResourceStatusReason") for e in self.stacks.describe_stack_events(StackName=name)["StackEvents"] if e["ResourceStatus"] == status]

    def test_refusals(self):
        create, update = self.stacks.create_stack, self.stacks.update_stack
        self.refused("ValidationError", "Either Template URL or Template Body must be specified.", create, StackName="r")
        self.refused("ValidationError", "1 validation error detected: Value '*@no$' at 'stackName' failed to satisfy constraint: Member must satisfy "
                     "regular expression pattern: [a-zA-Z][-a-zA-Z0-9]*|arn:[-a-zA-Z0-9:/._+]*", create, StackName="*@no$", TemplateBody=topics("A"))
        self.refused("ValidationError", "Template format error: Unrecognized resource types: [AWS::EC2::VPC, AWS::Foo::Bar]", create, StackName="r",
                     TemplateBody=json.dumps({"Resources": {"A": {"Type": "AWS::EC2::VPC"}, "B": {"Type": "AWS::Foo::Bar"}, "C": {"Type": "AWS::SNS::Topic"}}}))
        self.refused("ValidationError", "Properties validation failed for resource A with message:\n[#: extraneous key [Colour] is not permitted, "
                     "#/ArchivePolicy: this server does not implement the property]", create, StackName="r", TemplateBody=json.dumps(
                         {"Resources": {"A": {"Type": "AWS::SNS::Topic", "Properties": {"Colour": "red", "ArchivePolicy": {}}}}}))
        role = {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {}}}
        self.refused("InsufficientCapabilitiesException", "Requires capabilities : [CAPABILITY_IAM]", create, StackName="r",
                     TemplateBody=json.dumps({"Resources": {"A": role}}))
        self.refused("ValidationError", "Resource type AWS::SNS::Topic is not allowed by parameter ResourceTypes [AWS::EC2::*]", create, StackName="r",
                     TemplateBody=topics("A"), ResourceTypes=["AWS::EC2::*"])
        self.refused("ValidationError", "Stack with id absent does not exist", self.stacks.describe_stacks, StackName="absent")
        self.refused("ValidationError", "Stack [absent] does not exist", self.stacks.describe_stack_events, StackName="absent")
        self.refused("ValidationError", "Stack [absent] does not exist", update, StackName="absent", TemplateBody=topics("A"))
        self.refused("ValidationError", "Stack [absent] does not exist", self.stacks.describe_change_set, StackName="absent", ChangeSetName="c")
        self.refused("ValidationError", "StackName must be specified if ChangeSetName is not specified as an ARN.", self.stacks.delete_change_set,
                     ChangeSetName="c")
        twice = [{"Key": "team", "Value": "a"}, {"Key": "team", "Value": "b"}]
        self.refused("ValidationError", "Tags contain duplicate keys; tag keys must be unique", create, StackName="r", TemplateBody=topics("A"), Tags=twice)
        self.refused("ValidationError", "Properties validation failed with message:\n[#/Tags: the key team is there twice]", create, StackName="r",
                     TemplateBody=json.dumps({"Resources": {"A": {"Type": "AWS::SNS::Topic", "Properties": {"Tags": twice}}}}))
        # What an output cannot have is seen before anything is made.
        for resources, attribute in (({"C": {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": "https://s3.amazonaws.com/a/b"}}}, "C.Nope"),
                                     ({"C": {"Type": "AWS::SNS::Topic"}}, "C.Nope")):
            with self.assertRaises(ClientError) as caught:
                create(StackName="r", TemplateBody=json.dumps({"Resources": resources, "Outputs": {"O": {"Value": {"Fn::GetAtt": attribute}}}}))
            self.assertIn("Requested attribute Nope does not exist in schema for " + resources["C"]["Type"], caught.exception.response["Error"]["Message"])
        self.refused("ValidationError", "CreationPolicy of resource W is not implemented: name a Handle.", create, StackName="r", TemplateBody=json.dumps({"Resources": {
            "H": {"Type": "AWS::CloudFormation::WaitConditionHandle"},
            "W": {"Type": "AWS::CloudFormation::WaitCondition", "CreationPolicy": {"ResourceSignal": {"Count": 1}}, "Properties": {"Handle": {"Ref": "H"}, "Timeout": 1}}}}))
        self.stacks.delete_stack(StackName="absent")  # is as if it had been
        create(StackName="refusals", TemplateBody=topics("A"), EnableTerminationProtection=True)
        self.settled("refusals", "CREATE_COMPLETE")
        self.refused("AlreadyExistsException", "Stack [refusals] already exists", create, StackName="refusals", TemplateBody=topics("A"))
        self.refused("ValidationError", "Stack [refusals] cannot be deleted while TerminationProtection is enabled", self.stacks.delete_stack,
                     StackName="refusals")
        topic = self.stacks.list_stack_resources(StackName="refusals")["StackResourceSummaries"][0]["PhysicalResourceId"]
        by_thing = self.stacks.describe_stack_resources(PhysicalResourceId=topic)["StackResources"]
        self.assertEqual([(r["StackName"], r["LogicalResourceId"]) for r in by_thing], [("refusals", "A")])
        self.refused("ValidationError", "Stack for nothing does not exist", self.stacks.describe_stack_resources, PhysicalResourceId="nothing")
        self.stacks.update_termination_protection(StackName="refusals", EnableTerminationProtection=False)
        self.stacks.delete_stack(StackName="refusals")

    def test_types_that_are_not_here(self):
        body = json.dumps({"Resources": {"F": {"Type": "AWS::Lambda::Function"}, "T": {"Type": "AWS::SNS::Topic"}}})
        for call in (self.stacks.validate_template, lambda **given: self.stacks.create_stack(StackName="lacking", **given)):
            self.refused("ValidationError", "Template format error: Unrecognized resource types: [AWS::Lambda::Function]", call, TemplateBody=body)

        body = json.dumps({"Resources": {"F": {"Type": "AWS::Logs::SubscriptionFilter"}}})
        self.refused("ValidationError", "Template format error: Unrecognized resource types: [AWS::Logs::SubscriptionFilter]. AWS::Logs::SubscriptionFilter: "
                     "this server has no service that log events could be sent to",
                     self.stacks.validate_template, TemplateBody=body)

    def test_what_is_retained_is_there(self):
        s3 = self.server.client("s3")
        body = json.dumps({"Resources": {"B": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "not-empty"}}}})
        self.stacks.create_stack(StackName="full", TemplateBody=body)
        self.settled("full", "CREATE_COMPLETE")
        s3.put_object(Bucket="not-empty", Key="k", Body=b"x")
        self.stacks.delete_stack(StackName="full")
        self.settled("full", "DELETE_FAILED")
        with self.assertRaisesRegex(ClientError, "Resource x+ does not exist for stack full"):
            self.stacks.delete_stack(StackName="full", RetainResources=["x" * 1000, "B"])
        self.stacks.delete_stack(StackName="full", RetainResources=["B"])
        self.assertTrue(eventually(lambda: "full" not in [s["StackName"] for s in self.stacks.describe_stacks()["Stacks"]]))

    def test_change_sets(self):
        made = self.stacks.create_change_set(StackName="sets", ChangeSetName="one", ChangeSetType="CREATE", TemplateBody=topics("A"))
        stack = self.stacks.describe_stacks(StackName="sets")["Stacks"][0]
        self.assertEqual((stack["StackStatus"], stack["StackStatusReason"]), ("REVIEW_IN_PROGRESS", "User Initiated"))
        one = self.stacks.describe_change_set(ChangeSetName=made["Id"])
        self.assertEqual(one["Changes"], [{"Type": "Resource", "ResourceChange": {"Action": "Add", "LogicalResourceId": "A", "ResourceType": "AWS::SNS::Topic",
                                                                                   "Scope": [], "Details": []}}])
        self.assertEqual((one["Status"], one["ExecutionStatus"]), ("CREATE_COMPLETE", "AVAILABLE"))
        self.stacks.execute_change_set(ChangeSetName="one", StackName="sets")
        self.settled("sets", "CREATE_COMPLETE")
        self.assertEqual(self.stacks.describe_change_set(ChangeSetName=made["Id"])["ExecutionStatus"], "EXECUTE_COMPLETE")
        self.refused("ValidationError", "Stack [sets] already exists and cannot be created again with the changeSet [two].", self.stacks.create_change_set,
                     StackName="sets", ChangeSetName="two", ChangeSetType="CREATE", TemplateBody=topics("A"))
        none = self.stacks.create_change_set(StackName="sets", ChangeSetName="none", TemplateBody=topics("A"))["Id"]
        found = self.stacks.describe_change_set(ChangeSetName=none)
        self.assertEqual((found["Status"], found["ExecutionStatus"], found["StatusReason"], found["Changes"]),
                         ("FAILED", "UNAVAILABLE", "The submitted information didn't contain changes. Submit different information to create a change set.", []))
        self.refused("InvalidChangeSetStatus", f"ChangeSet [{none}] cannot be executed in its current status of [FAILED]", self.stacks.execute_change_set,
                     ChangeSetName=none)
        named = json.dumps({"Parameters": {"Name": {"Type": "String"}}, "Resources": {"A": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": {"Ref": "Name"}}}}})
        self.stacks.create_change_set(StackName="sets", ChangeSetName="named", TemplateBody=named, Parameters=[{"ParameterKey": "Name", "ParameterValue": "n"}])
        change = self.stacks.describe_change_set(StackName="sets", ChangeSetName="named")["Changes"][0]["ResourceChange"]
        self.assertEqual((change["Action"], change["Replacement"], change["Scope"]), ("Modify", "True", ["Properties"]))
        self.assertEqual(change["Details"][0], {"Target": {"Attribute": "Properties", "Name": "TopicName", "RequiresRecreation": "Always"},
                                                "Evaluation": "Static", "ChangeSource": "ParameterReference", "CausingEntity": "Name"})
        self.assertEqual(len(self.stacks.list_change_sets(StackName="sets")["Summaries"]), 3)
        retyped = {"StackName": "sets", "TemplateBody": json.dumps({"Resources": {"A": {"Type": "AWS::SQS::Queue"}}})}
        for call in (self.stacks.update_stack, lambda **given: self.stacks.create_change_set(ChangeSetName="retyped", **given)):
            self.refused("ValidationError", "Update of resource type is not permitted. The new template modifies resource type of the following resources: [A]",
                         call, **retyped)
        self.stacks.delete_change_set(StackName="sets", ChangeSetName="named")
        self.refused("ChangeSetNotFound", "ChangeSet [named] does not exist", self.stacks.describe_change_set, StackName="sets", ChangeSetName="named")

    def test_exports(self):
        exporting = topics("A", Outputs={"Arn": {"Value": {"Ref": "A"}, "Export": {"Name": "arn"}}})
        importing = json.dumps({"Resources": {"P": {"Type": "AWS::SNS::TopicPolicy", "Properties": {"Topics": [{"Fn::ImportValue": "arn"}], "PolicyDocument": {
            "Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sns:Publish", "Resource": "*"}]}}}}})
        self.stacks.create_stack(StackName="exports", TemplateBody=exporting)
        self.settled("exports", "CREATE_COMPLETE")
        self.stacks.create_stack(StackName="again", TemplateBody=exporting)
        self.settled("again", "ROLLBACK_COMPLETE")
        self.assertEqual(self.reasons("again", "ROLLBACK_IN_PROGRESS"), ["Export with name arn is already exported by stack exports. Rollback requested by user."])
        self.stacks.create_stack(StackName="imports", TemplateBody=importing)
        self.settled("imports", "CREATE_COMPLETE")
        self.assertEqual(self.stacks.list_imports(ExportName="arn")["Imports"], ["imports"])
        self.stacks.update_stack(StackName="exports", TemplateBody=topics("A", "B"))
        self.settled("exports", "UPDATE_ROLLBACK_COMPLETE")
        self.assertIn("Export arn cannot be deleted as it is in use by imports", self.reasons("exports", "UPDATE_ROLLBACK_IN_PROGRESS")[0])
        self.stacks.delete_stack(StackName="exports")
        self.assertIn("in use by imports", self.settled("exports", "DELETE_FAILED")["StackStatusReason"])
        self.stacks.delete_stack(StackName="imports")
        eventually(lambda: "imports" not in [s["StackName"] for s in self.stacks.describe_stacks()["Stacks"]])
        self.refused("ValidationError", "Export 'arn' is not imported by any stack.", self.stacks.list_imports, ExportName="arn")
        self.stacks.delete_stack(StackName="exports")
        self.assertTrue(eventually(lambda: self.stacks.list_exports()["Exports"] == []))

    def test_templates_by_url(self):
        s3 = self.server.client("s3")
        s3.create_bucket(Bucket="templates")
        s3.put_object(Bucket="templates", Key="a/t.json", Body=topics("A", Description="x" * 900, Metadata={"m": "y" * 100_000}))
        for number, url in enumerate(("https://s3.us-east-1.amazonaws.com/templates/a/t.json", "https://templates.s3.amazonaws.com/a/t.json",
                                      f"{self.server.endpoint}/templates/a/t.json")):
            self.stacks.create_stack(StackName=f"url{number}", TemplateURL=url)
            self.settled(f"url{number}", "CREATE_COMPLETE")
        summary = self.stacks.get_template_summary(TemplateURL="https://s3.us-east-1.amazonaws.com/templates/a/t.json")
        self.assertEqual(summary["ResourceTypes"], ["AWS::SNS::Topic"])
        self.assertEqual(self.stacks.get_template(StackName="url0")["TemplateBody"]["Description"], "x" * 900)
        s3.put_bucket_versioning(Bucket="templates", VersioningConfiguration={"Status": "Enabled"})
        first, newest = (s3.put_object(Bucket="templates", Key="v", Body=topics("A", Description=each))["VersionId"] for each in ("first", "newest"))
        for query, description in (("", "newest"), (f"?versionId={first}", "first"), (f"?x=y&versionId={newest}", "newest")):
            summary = self.stacks.get_template_summary(TemplateURL="https://templates.s3.us-east-1.amazonaws.com/v" + query)
            self.assertEqual(summary["Description"], description)
        self.refused("ValidationError", "TemplateURL must be a supported URL.", self.stacks.validate_template, TemplateURL="https://example.org/t.json")
        self.refused("ValidationError", "S3 error: The specified key does not exist.\nFor more information check "
                     "http://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html", self.stacks.validate_template,
                     TemplateURL="https://s3.us-east-1.amazonaws.com/templates/absent")
        reads = [r for r in all_records(self.server) if r["eventName"] == "GetObject" and r["userIdentity"].get("invokedBy") == "cloudformation.amazonaws.com"]
        self.assertEqual(reads[0]["requestParameters"]["key"], "a/t.json")

    def test_a_template_is_shown_as_it_was_processed(self):
        loop = {"Transform": "AWS::LanguageExtensions", "Resources": {"Fn::ForEach::Topics": ["N", ["A", "B"], {"T${N}": {"Type": "AWS::SNS::Topic"}}]}}
        self.stacks.create_stack(StackName="loop", TemplateBody=json.dumps(loop), Capabilities=["CAPABILITY_AUTO_EXPAND"])
        self.settled("loop", "CREATE_COMPLETE")
        processed = self.stacks.get_template(StackName="loop")["TemplateBody"]
        self.assertEqual(processed["Resources"], {"TA": {"Type": "AWS::SNS::Topic"}, "TB": {"Type": "AWS::SNS::Topic"}})
        self.assertEqual(self.stacks.get_template(StackName="loop", TemplateStage="Processed")["TemplateBody"], processed)
        self.assertEqual(self.stacks.get_template(StackName="loop", TemplateStage="Original")["TemplateBody"], loop)

    def test_what_an_operation_made_is_not_retained_if_asked(self):
        sqs = self.server.client("sqs")
        body = json.dumps({"Resources": {"Q": {"Type": "AWS::SQS::Queue", "DeletionPolicy": "Retain"}, "T": {
            "Type": "AWS::SNS::Topic", "DependsOn": "Q", "Properties": {"TopicName": "not a name!"}}}})
        self.stacks.create_stack(StackName="retaining", TemplateBody=body)
        self.settled("retaining", "ROLLBACK_COMPLETE")
        [queue] = [url for url in sqs.list_queues()["QueueUrls"] if "/retaining-" in url]
        asking = self.server.client("cloudformation")  # Debian's boto3 does not know the parameter
        asking.meta.events.register("before-call.cloudformation", lambda params, **_: params["body"].update(RetainExceptOnCreate="true"))
        asking.create_stack(StackName="retaining-not", TemplateBody=body)
        self.settled("retaining-not", "ROLLBACK_COMPLETE")
        self.stacks.create_change_set(StackName="retaining-set", ChangeSetName="c", ChangeSetType="CREATE", TemplateBody=body)
        asking.execute_change_set(StackName="retaining-set", ChangeSetName="c")
        self.settled("retaining-set", "ROLLBACK_COMPLETE")
        self.assertEqual([url for url in sqs.list_queues()["QueueUrls"] if "/retaining-" in url], [queue])
        self.stacks.create_stack(StackName="kept", TemplateBody=topics("A"))
        self.settled("kept", "CREATE_COMPLETE")
        changing = self.server.client("cloudformation")
        changing.meta.events.register("before-call.cloudformation", lambda params, **_: params["body"].update(OnStackFailure="DELETE"))
        self.refused("ValidationError", "OnStackFailure DELETE is only valid when ChangeSetType is CREATE.", changing.create_change_set,
                     StackName="kept", ChangeSetName="c", TemplateBody=topics("B"))

    def test_stack_policies(self):
        def policy(*statements):
            return json.dumps({"Statement": [{"Effect": effect, "Action": action, "Principal": "*", "Resource": resource, **more}
                                             for effect, action, resource, more in statements]})
        invalid = "Error validating stack policy: Invalid stack policy"
        allow_all = policy(("Allow", "Update:*", "*", {}))
        self.stacks.create_stack(StackName="policies", TemplateBody=topics("A", "B"), StackPolicyBody=allow_all)
        self.settled("policies", "CREATE_COMPLETE")
        self.assertEqual(self.stacks.get_stack_policy(StackName="policies")["StackPolicyBody"], allow_all)
        for bad in ("no json", policy(("Allow", "Delete:*", "*", {})), json.dumps({"Statement": [{"Effect": "Allow", "Action": "Update:*", "Resource": "*",
                                                                                               "Principal": {"AWS": "x"}}]})):
            self.refused("ValidationError", invalid, self.stacks.set_stack_policy, StackName="policies", StackPolicyBody=bad)
        denying = policy(("Allow", "Update:*", "*", {}), ("Deny", ["Update:Replace", "Update:Delete"], "LogicalResourceId/A", {}),
                         ("Deny", "Update:*", "*", {"Condition": {"StringEquals": {"ResourceType": ["AWS::SQS::Queue"]}}}))
        self.stacks.set_stack_policy(StackName="policies", StackPolicyBody=denying)

        def update(**resources):
            self.stacks.update_stack(StackName="policies", TemplateBody=json.dumps({"Resources": {
                name: {"Type": "AWS::SNS::Topic", "Properties": properties} for name, properties in resources.items()}}))
        update(A={"TopicName": "another"}, B={})
        self.settled("policies", "UPDATE_ROLLBACK_COMPLETE")
        self.assertEqual(self.reasons("policies", "UPDATE_FAILED"), ["Action denied by stack policy: Statement [#2] denies [Update:Replace] for resource "
                                                                     "[LogicalResourceId/A]"])
        update(B={})
        self.settled("policies", "UPDATE_ROLLBACK_COMPLETE")
        update(A={"DisplayName": "may be"})
        self.settled("policies", "UPDATE_COMPLETE")
        self.stacks.update_stack(StackName="policies", TemplateBody=topics("B"), StackPolicyDuringUpdateBody=allow_all)
        self.settled("policies", "UPDATE_COMPLETE")
        self.assertEqual(self.stacks.get_stack_policy(StackName="policies")["StackPolicyBody"], denying)

    def test_what_is_too_large(self):
        s3 = self.server.client("s3")
        s3.create_bucket(Bucket="large")

        def put(template):
            s3.put_object(Bucket="large", Key="t", Body=json.dumps(template))
            return {"StackName": "large", "TemplateURL": "https://s3.us-east-1.amazonaws.com/large/t"}
        topic = {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": "x" * 150_000}}
        self.refused("ValidationError", "Properties validation failed for resource A with message:\n[#: longer than 131072 bytes]",
                     self.stacks.create_stack, **put({"Resources": {"A": topic}}))
        outputs = {f"O{n}": {"Value": "x" * 2000} for n in range(100)}
        self.stacks.create_stack(**put({"Resources": {"A": {"Type": "AWS::SNS::Topic"}}, "Outputs": outputs}))
        self.settled("large", "ROLLBACK_COMPLETE")
        parameters = {f"P{n}": {"Type": "String", "Default": "x" * 4000} for n in range(100)}
        self.refused("ValidationError", "Parameters, tags and description are more than 131072 bytes together.", self.stacks.create_stack,
                     **put({"Parameters": parameters, "Resources": {"A": {"Type": "AWS::SNS::Topic"}}}) | {"StackName": "larger"})
        resources = {f"T{n}": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": "d" * 90}, "Metadata": {"m": "y" * 1800}} for n in range(500)}
        self.stacks.create_stack(**put({"Resources": resources}) | {"StackName": "largest"})
        self.settled("largest", "CREATE_COMPLETE")
        self.stacks.delete_stack(StackName="largest")
        self.assertTrue(eventually(lambda: "largest" not in [s["StackName"] for s in self.stacks.describe_stacks()["Stacks"]], 30))

    def test_a_trail_that_does_not_name_its_buckets_policy(self):
        policy = {"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "s3:GetBucketAcl", "Resource": {"Fn::GetAtt": "Logs.Arn"}},
            {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "s3:PutObject", "Resource": {"Fn::Sub": "${Logs.Arn}/*"}}]}
        self.stacks.create_stack(StackName="trails", TemplateBody=json.dumps({"Resources": {
            "ATrail": {"Type": "AWS::CloudTrail::Trail", "Properties": {"IsLogging": False, "S3BucketName": {"Ref": "Logs"}}},
            "Logs": {"Type": "AWS::S3::Bucket"}, "Policy": {"Type": "AWS::S3::BucketPolicy", "Properties": {"Bucket": {"Ref": "Logs"}, "PolicyDocument": policy}}}}))
        self.settled("trails", "CREATE_COMPLETE")

    def test_another_region(self):
        stacks = self.server.client("cloudformation", region="eu-west-1")
        stacks.create_stack(StackName="there", TemplateBody=json.dumps({"Resources": {
            "B": {"Type": "AWS::S3::Bucket", "Properties": {"VersioningConfiguration": {"Status": "Enabled"}}}, "T": {"Type": "AWS::SNS::Topic"},
            "G": {"Type": "AWS::IAM::Group"}}, "Outputs": {"B": {"Value": {"Ref": "B"}}, "T": {"Value": {"Ref": "T"}}}}), Capabilities=["CAPABILITY_IAM"])
        found = self.settled("there", "CREATE_COMPLETE", stacks)
        outputs = {o["OutputKey"]: o["OutputValue"] for o in found["Outputs"]}
        self.assertEqual(self.server.client("s3").get_bucket_location(Bucket=outputs["B"])["LocationConstraint"], "eu-west-1")
        self.assertTrue(outputs["T"].startswith("arn:aws:sns:eu-west-1:"))
        self.refused("ValidationError", "Stack with id there does not exist", self.stacks.describe_stacks, StackName="there")

    def test_in_whose_name(self):
        iam, sts = self.server.client("iam"), self.server.client("sts")
        iam.create_user(UserName="u")
        key = iam.create_access_key(UserName="u")["AccessKey"]
        allow = lambda action, resource="*": {"Effect": "Allow", "Action": action, "Resource": resource}  # noqa: E731

        def may(*statements):
            iam.put_user_policy(UserName="u", PolicyName="p", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": statements}))
        mine = f"arn:aws:cloudformation:us-east-1:{ACCOUNT}:stack/mine*/*"
        may(allow("cloudformation:*", mine))
        stacks = self.server.client("cloudformation", access_key=key["AccessKeyId"], secret_key=key["SecretAccessKey"])
        self.refused("AccessDenied", f"User: arn:aws:iam::{ACCOUNT}:user/u is not authorized to perform: cloudformation:CreateStack on resource: "
                     f"arn:aws:cloudformation:us-east-1:{ACCOUNT}:stack/theirs/* because no identity-based policy allows the cloudformation:CreateStack action",
                     stacks.create_stack, StackName="theirs", TemplateBody=topics("A"))
        stacks.create_stack(StackName="mine1", TemplateBody=topics("A"))
        self.settled("mine1", "ROLLBACK_COMPLETE", stacks)
        reason = self.reasons("mine1", "CREATE_FAILED")[0]
        self.assertRegex(reason, r'^Resource handler returned message: "User: arn:aws:iam::\d+:user/u is not authorized to perform: SNS:CreateTopic on resource: .*'
                                 r"\(Service: SNS, Status Code: 403, Request ID: [-0-9a-f]{36}\)\" \(RequestToken: .*, HandlerErrorCode: AccessDenied\)$")
        trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "cloudformation.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
        role = iam.create_role(RoleName="stacks", AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
        iam.put_role_policy(RoleName="stacks", PolicyName="p", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [allow("sns:*")]}))
        with self.assertRaises(ClientError) as caught:
            stacks.create_stack(StackName="mine2", TemplateBody=topics("A"), RoleARN=role)
        self.assertIn("is not authorized to perform: iam:PassRole on resource: " + role, str(caught.exception))
        may(allow("cloudformation:*", mine), allow("iam:PassRole", role))
        stacks.create_stack(StackName="mine2", TemplateBody=topics("A"), RoleARN=role)
        self.settled("mine2", "CREATE_COMPLETE", stacks)
        stacks.delete_stack(StackName="mine2")  # the role stays with the stack
        self.assertTrue(eventually(lambda: "mine2" not in [s["StackName"] for s in self.stacks.describe_stacks()["Stacks"]]))
        made = [r for r in all_records(self.server) if r["userIdentity"].get("sessionContext", {}).get("sessionIssuer", {}).get("userName") == "stacks"]
        self.assertEqual([r["eventName"] for r in made], ["CreateTopic", "DeleteTopic"])
        self.assertEqual(made[0]["userIdentity"]["arn"], f"arn:aws:sts::{ACCOUNT}:assumed-role/stacks/AWSCloudFormation")
        self.refused("ValidationError", "Role arn:aws:iam::%s:role/absent is invalid or cannot be assumed" % ACCOUNT, self.stacks.create_stack, StackName="mine3",
                     TemplateBody=topics("A"), RoleARN=f"arn:aws:iam::{ACCOUNT}:role/absent")
        session = sts.get_session_token()["Credentials"]
        temporary = self.session_client(session)
        temporary.create_stack(StackName="session", TemplateBody=topics("A"))
        self.settled("session", "CREATE_COMPLETE")

    def test_denials_hold_by_every_name(self):
        iam = self.server.client("iam")
        iam.create_user(UserName="denied")
        key = iam.create_access_key(UserName="denied")["AccessKey"]
        iam.put_user_policy(UserName="denied", PolicyName="p", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "*", "Resource": "*"},
            {"Effect": "Deny", "Action": "cloudformation:*", "Resource": f"arn:aws:cloudformation:us-east-1:{ACCOUNT}:stack/kept*/*"},
            {"Effect": "Deny", "Action": "cloudformation:CreateStack", "Resource": "*",
             "Condition": {"ForAnyValue:StringLike": {"cloudformation:ResourceTypes": "AWS::IAM::*"}}}]}))
        stacks = self.server.client("cloudformation", access_key=key["AccessKeyId"], secret_key=key["SecretAccessKey"])
        arn = self.stacks.create_change_set(StackName="kept1", ChangeSetName="c", ChangeSetType="CREATE", TemplateBody=topics("A"))["Id"]
        for call in (stacks.describe_change_set, stacks.execute_change_set, stacks.delete_change_set, stacks.get_template):
            with self.assertRaises(ClientError) as caught:
                call(ChangeSetName=arn)
            self.assertEqual(caught.exception.response["Error"]["Code"], "AccessDenied")
        with self.assertRaises(ClientError) as caught:
            stacks.create_stack(StackName="free", TemplateBody=topics("A"), ResourceTypes=["AWS::IAM::User"])
        self.assertEqual(caught.exception.response["Error"]["Code"], "AccessDenied")
        self.assertEqual(self.stacks.describe_change_set(ChangeSetName=arn)["ExecutionStatus"], "AVAILABLE")

    def session_client(self, credentials):
        import boto3
        return boto3.client("cloudformation", endpoint_url=self.server.endpoint, region_name="us-east-1", aws_access_key_id=credentials["AccessKeyId"],
                            aws_secret_access_key=credentials["SecretAccessKey"], aws_session_token=credentials["SessionToken"])

    def test_deletion_while_it_is_made(self):
        chain = {f"T{n}": {"Type": "AWS::SNS::Topic", **({"DependsOn": f"T{n - 1}"} if n else {})} for n in range(200)}
        arn = self.stacks.create_stack(StackName="long", TemplateBody=json.dumps({"Resources": chain}))["StackId"]
        self.stacks.delete_stack(StackName="long")
        self.settled(arn, "DELETE_COMPLETE")
        self.assertFalse([t for t in self.server.client("sns").list_topics()["Topics"] if ":long-" in t["TopicArn"]])

    def test_a_cancelled_update(self):
        chain = {f"T{n}": {"Type": "AWS::SNS::Topic", **({"DependsOn": f"T{n - 1}"} if n else {})} for n in range(200)}
        self.stacks.create_stack(StackName="cancelled", TemplateBody=topics("T0"))
        self.settled("cancelled", "CREATE_COMPLETE")
        self.stacks.update_stack(StackName="cancelled", TemplateBody=json.dumps({"Resources": chain}))
        self.stacks.cancel_update_stack(StackName="cancelled")
        self.settled("cancelled", "UPDATE_ROLLBACK_COMPLETE")
        self.assertEqual(len([t for t in self.server.client("sns").list_topics()["Topics"] if ":cancelled-" in t["TopicArn"]]), 1)


if __name__ == "__main__":
    unittest.main()
