"""Stacks in stacks: made, changed, rolled back and removed with the one around them, also across a kill -9; and wait conditions."""
import json
import math
import os
import pathlib
import re
import subprocess
import unittest
import urllib.error
import urllib.request

from botocore.exceptions import ClientError

from server import Server, all_records, eventually
from stacks import keep, settled

ACCOUNT = "000000000000"
ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
CHILD = {
    "Parameters": {"Days": {"Type": "Number"}, "Name": {"Type": "String", "Default": "inner"}},
    "Resources": {"Group": {"Type": "AWS::Logs::LogGroup", "Properties": {"RetentionInDays": {"Ref": "Days"}}},
                  "Topic": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Ref": "Name"}}}},
    "Outputs": {"Group": {"Value": {"Ref": "Group"}}, "Topic": {"Value": {"Ref": "Topic"}}},
}
FAILING = {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "no such name!"}}


def with_failing(template, after):
    changed = json.loads(json.dumps(template))
    changed["Resources"]["Bad"] = {**FAILING, "DependsOn": after}
    return changed


class Nested(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server().__enter__()
        cls.stacks = cls.server.client("cloudformation")
        cls.server.client("s3").create_bucket(Bucket="templates")

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__()

    def keep(self, name, template):
        return keep(self.server, name, json.dumps(template))

    def parent(self, url, days=30, **more):
        inner = {"Type": "AWS::CloudFormation::Stack",
                 "Properties": {"TemplateURL": url, "Parameters": {"Days": days}, "Tags": [{"Key": "own", "Value": "1"}]}}
        return json.dumps({"Resources": {"Inner": inner,
                                         "Queue": {"Type": "AWS::SQS::Queue",
                                                   "Properties": {"Tags": [{"Key": "group", "Value": {"Fn::GetAtt": ["Inner", "Outputs.Group"]}}]}}, **more},
                           "Outputs": {"Topic": {"Value": {"Fn::GetAtt": "Inner.Outputs.Topic"}}, "Inner": {"Value": {"Ref": "Inner"}}}})

    def settled(self, name, status, stacks=None):
        return settled(stacks or self.server.client("cloudformation"), name, status)

    def refused(self, words, call, **given):
        with self.assertRaises(ClientError) as caught:
            call(**given)
        self.assertIn(words, caught.exception.response["Error"]["Message"])

    def reasons(self, name, resource, status):
        return [e.get("ResourceStatusReason") for e in self.stacks.describe_stack_events(StackName=name)["StackEvents"]
                if e["ResourceStatus"] == status and e["LogicalResourceId"] == resource]

    def days(self):
        return sorted(g["retentionInDays"] for g in self.server.client("logs").describe_log_groups()["logGroups"])

    def outputs(self, stack):
        return {o["OutputKey"]: o["OutputValue"] for o in stack["Outputs"]}

    def test_life(self):
        url = self.keep("life.json", CHILD)
        self.stacks.create_stack(StackName="life", TemplateBody=self.parent(url), Tags=[{"Key": "team", "Value": "blue"}])
        outer = self.settled("life", "CREATE_COMPLETE")
        self.assertNotIn("ParentId", outer)
        inner_id = self.outputs(outer)["Inner"]
        inner = self.stacks.describe_stacks(StackName=inner_id)["Stacks"][0]
        self.assertEqual((inner["ParentId"], inner["RootId"], inner["StackStatus"]), (outer["StackId"], outer["StackId"], "CREATE_COMPLETE"))
        self.assertRegex(inner["StackName"], r"^life-Inner-[A-Z0-9]{12}$")
        self.assertEqual(self.outputs(inner)["Topic"], self.outputs(outer)["Topic"])
        self.assertEqual({t["Key"]: t["Value"] for t in inner["Tags"] if not t["Key"].startswith("aws:")}, {"own": "1", "team": "blue"})
        self.assertEqual(self.reasons("life", "Inner", "CREATE_IN_PROGRESS"), ["Resource creation Initiated", None])
        queue = self.stacks.describe_stack_resource(StackName="life", LogicalResourceId="Queue")["StackResourceDetail"]["PhysicalResourceId"]
        self.assertTrue(queue.startswith(self.server.endpoint + f"/{ACCOUNT}/life-Queue-"), queue)  # as SQS itself answers
        self.assertEqual(self.server.client("sqs").list_queue_tags(QueueUrl=queue)["Tags"]["group"], self.outputs(inner)["Group"])
        made = [r for r in all_records(self.server) if r["eventName"] == "CreateStack"]
        self.assertEqual({r["userIdentity"].get("invokedBy") for r in made}, {None, "cloudformation.amazonaws.com"})
        # The template behind the same address is another now.
        changed = json.loads(json.dumps(CHILD))
        changed["Resources"]["Topic"]["Properties"]["DisplayName"] = "changed"
        self.keep("life.json", changed)
        topics = self.server.client("sns")
        shown = lambda: topics.get_topic_attributes(TopicArn=self.outputs(outer)["Topic"])["Attributes"]["DisplayName"]
        # A failure behind the nested stack brings back what it was made by, though that is nowhere any more.
        self.stacks.update_stack(StackName="life", TemplateBody=self.parent(url, 60, Bad={**FAILING, "DependsOn": "Queue"}))
        self.settled("life", "UPDATE_ROLLBACK_COMPLETE")
        self.assertEqual((self.days(), shown()), ([30], "inner"))
        self.stacks.update_stack(StackName="life", TemplateBody=self.parent(url))  # nothing is written otherwise
        self.settled("life", "UPDATE_COMPLETE")
        self.assertEqual((self.days(), shown()), ([30], "changed"))
        self.keep("life.json", with_failing(CHILD, "Topic"))
        self.stacks.update_stack(StackName="life", TemplateBody=self.parent(url, 90))
        self.settled("life", "UPDATE_ROLLBACK_COMPLETE")
        self.assertEqual(self.reasons("life", "Inner", "UPDATE_FAILED"),
                         [f"Embedded stack {inner_id} was not successfully updated. Currently in UPDATE_ROLLBACK_COMPLETE with reason: "
                          "The following resource(s) failed to create: [Bad]. "])
        self.assertEqual((self.days(), shown()), ([30], "changed"))
        self.refused("cannot be deleted while TerminationProtection is enabled",
                     lambda **given: (self.stacks.update_termination_protection(StackName="life", EnableTerminationProtection=True),
                                      self.stacks.delete_stack(**given)), StackName=inner_id)
        self.assertTrue(self.stacks.describe_stacks(StackName=inner_id)["Stacks"][0]["EnableTerminationProtection"])
        self.refused("of its root stack", self.stacks.update_termination_protection, StackName=inner_id, EnableTerminationProtection=False)
        self.stacks.update_termination_protection(StackName="life", EnableTerminationProtection=False)
        self.stacks.delete_stack(StackName="life")
        self.settled(outer["StackId"], "DELETE_COMPLETE")
        self.assertEqual(self.stacks.describe_stacks(StackName=inner_id)["Stacks"][0]["StackStatus"], "DELETE_COMPLETE")
        self.assertEqual(self.server.client("sns").list_topics()["Topics"], [])

    def test_failure(self):
        url = self.keep("failing.json", with_failing(CHILD, "Topic"))
        made = self.stacks.create_stack(StackName="failing", TemplateBody=self.parent(url))["StackId"]
        self.settled(made, "ROLLBACK_COMPLETE")
        reason = self.reasons("failing", "Inner", "CREATE_FAILED")[0]
        self.assertRegex(reason, r"^Embedded stack arn:\S+ was not successfully created: The following resource\(s\) failed to create: \[Bad\]. $")
        inner = reason.split()[2]
        self.assertEqual(self.stacks.describe_stacks(StackName=inner)["Stacks"][0]["StackStatus"], "DELETE_COMPLETE")
        bucket = self.keep("role.json", {"Resources": {"R": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {
            "Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sts:AssumeRole"}]}}}}})
        template = json.dumps({"Resources": {"Inner": {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": bucket}}}})
        told = self.stacks.validate_template(TemplateBody=template)
        self.assertEqual((told["Capabilities"], told["CapabilitiesReason"]),
                         (["CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"], "The following resource(s) require capabilities: [AWS::CloudFormation::Stack]"))
        self.settled(self.stacks.create_stack(StackName="incapable", TemplateBody=template)["StackId"], "ROLLBACK_COMPLETE")
        self.assertIn("Requires capabilities : [CAPABILITY_IAM]", self.reasons("incapable", "Inner", "CREATE_FAILED")[0])
        self.settled(self.stacks.create_stack(StackName="capable", TemplateBody=template, Capabilities=["CAPABILITY_IAM"])["StackId"], "CREATE_COMPLETE")
        self.stacks.create_change_set(StackName="capable", ChangeSetName="c", TemplateBody=template, Capabilities=["CAPABILITY_IAM"])
        change = self.stacks.describe_change_set(StackName="capable", ChangeSetName="c")["Changes"][0]["ResourceChange"]
        self.assertEqual((change["Action"], change["Details"][0]["ChangeSource"]), ("Modify", "Automatic"))
        self.stacks.delete_stack(StackName="capable")
        # One that nests itself comes to an end.
        self.keep("endless.json", {"Resources": {"Inner": {"Type": "AWS::CloudFormation::Stack", "Properties": {
            "TemplateURL": "https://s3.us-east-1.amazonaws.com/templates/endless.json"}}}})
        endless = self.stacks.create_stack(StackName="endless", TemplateURL="https://s3.us-east-1.amazonaws.com/templates/endless.json")["StackId"]
        self.settled(endless, "ROLLBACK_COMPLETE")
        standing = self.stacks.list_stacks(StackStatusFilter=["CREATE_COMPLETE", "CREATE_FAILED", "DELETE_FAILED", "ROLLBACK_COMPLETE"])["StackSummaries"]
        self.assertFalse([s for s in standing if s["StackName"].startswith("endless-")])

    def test_many_at_once(self):
        self.keep("many.json", CHILD)
        url = f"{self.server.endpoint}/templates/many.json"  # as `aws cloudformation package` writes it
        inner = {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": url, "Parameters": {"Days": 7}}}
        middle = self.keep("middle.json", {"Resources": {f"I{n}": inner for n in range(4)}})
        outer = json.dumps({"Resources": {f"M{n}": {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": middle}} for n in range(3)}})
        names = [f"many{n}" for n in range(3)]  # more parents than are worked on at once for an account would stand in their children's way
        for name in names:
            self.stacks.create_stack(StackName=name, TemplateBody=outer)
        for name in names:
            self.settled(name, "CREATE_COMPLETE")
        found = [s for page in self.stacks.get_paginator("describe_stacks").paginate() for s in page["Stacks"] if s["StackName"].startswith("many")]
        self.assertEqual(len(found), 3 * (1 + 3 + 12))
        roots = {s["StackId"] for s in found if "RootId" not in s}
        self.assertEqual({s["RootId"] for s in found if "RootId" in s}, roots)
        for name in names:
            self.stacks.delete_stack(StackName=name)
        for root in roots:
            self.settled(root, "DELETE_COMPLETE")


class Waiting(unittest.TestCase):
    def test_conditions(self):
        template = json.dumps({"Resources": {"Handle": {"Type": "AWS::CloudFormation::WaitConditionHandle"},
                                             "Wait": {"Type": "AWS::CloudFormation::WaitCondition",
                                                      "Properties": {"Handle": {"Ref": "Handle"}, "Timeout": "600", "Count": 3}},
                                             "Topic": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Fn::GetAtt": ["Wait", "Data"]}}}},
                               "Outputs": {"Data": {"Value": {"Fn::GetAtt": ["Wait", "Data"]}}}})
        with Server() as server:
            stacks = server.client("cloudformation")

            def handle(name):
                return eventually(lambda: next((r["PhysicalResourceId"] for r in stacks.list_stack_resources(StackName=name)["StackResourceSummaries"]
                                                if r["LogicalResourceId"] == "Handle" and r["ResourceStatus"] == "CREATE_COMPLETE"), None), 20)

            def send(url, **signal):
                path = url[url.index("/_cairn"):]
                request = urllib.request.Request(server.endpoint + path, method="PUT", data=json.dumps(signal).encode(), headers={"Content-Type": ""})
                try:
                    with urllib.request.urlopen(request, timeout=10) as response:
                        return response.status
                except urllib.error.HTTPError as error:
                    return error.code

            made = stacks.create_stack(StackName="waits", TemplateBody=template)["StackId"]
            url = handle("waits")
            self.assertTrue(url.startswith(server.endpoint + "/_cairn/signal/"), url)
            self.assertGreaterEqual(len(url.rpartition("/")[2]) * math.log2(36), 128, "bits of the secret")
            secret = stacks.create_stack(StackName="sealed", TemplateBody=template)["StackId"]
            self.assertEqual(send(handle(secret), Status="SUCCESS", UniqueId="only-the-stack-reads-this-id", Data="only-the-stack-reads-this", Reason="only-the-stack-reads-why"), 200)
            for file in server.data.rglob("*"):
                if file.is_file():
                    self.assertNotIn(b"only-the-stack-reads", file.read_bytes(), file)
            self.assertEqual(send(url, Status="SUCCESS", UniqueId="a", Data="one", Reason="done"), 200)
            self.assertEqual(send(url, Status="SUCCESS", UniqueId="a", Data="again", Reason="done"), 200)  # the first counts
            command = re.search(r"^curl .*$", (ROOT / "docs/stacks.md").read_text(), re.M)[0]
            subprocess.run(["bash", "-c", command.replace("curl", "curl -sf")], env={**os.environ, "HANDLE": url}, check=True)
            self.assertEqual(send(url[:-1] + ("A" if url[-1] != "A" else "B"), Status="SUCCESS", UniqueId="b"), 403)
            self.assertEqual(send(url, Status="PERHAPS", UniqueId="b"), 400)
            self.assertEqual(send(url, Status="SUCCESS", UniqueId="b", Data="x" * 5000), 400)
            server.kill()
            server.start()
            stacks = server.client("cloudformation")
            self.assertEqual(stacks.describe_stacks(StackName="waits")["Stacks"][0]["StackStatus"], "CREATE_IN_PROGRESS")
            self.assertEqual(send(url, Status="SUCCESS", UniqueId="b", Data="two"), 200)
            found = settled(stacks, "waits", "CREATE_COMPLETE")
            self.assertEqual(json.loads(found["Outputs"][0]["OutputValue"]), {"a": "one", "b": "two", "host-1": "10.0.0.1"})
            stacks.delete_stack(StackName="waits")
            settled(stacks, made, "DELETE_COMPLETE")
            self.assertEqual(send(url, Status="SUCCESS", UniqueId="c"), 403)

            made = stacks.create_stack(StackName="fails", TemplateBody=template)["StackId"]
            self.assertEqual(send(handle("fails"), Status="FAILURE", UniqueId="a", Reason="no disk"), 200)
            settled(stacks, made, "ROLLBACK_COMPLETE")
            reasons = [e.get("ResourceStatusReason") for e in stacks.describe_stack_events(StackName="fails")["StackEvents"]]
            self.assertIn("WaitCondition received failed message: 'no disk' for uniqueId: a", reasons)

            late = stacks.create_stack(StackName="late", TemplateBody=template.replace('"600"', '"1"'))["StackId"]
            gone = stacks.create_stack(StackName="gone", TemplateBody=template)["StackId"]
            handle("gone")
            stacks.delete_stack(StackName="gone")
            settled(stacks, gone, "DELETE_COMPLETE")
            settled(stacks, late, "ROLLBACK_COMPLETE")
            reasons = [e.get("ResourceStatusReason") for e in stacks.describe_stack_events(StackName="late")["StackEvents"]]
            self.assertIn("WaitCondition timed out. Received 0 conditions when expecting 3", reasons)

    def test_kills_of_nested_stacks(self):
        inner = json.dumps({"Resources": {f"G{n}": {"Type": "AWS::Logs::LogGroup"} for n in range(5)}})
        outer = {"Resources": {f"N{n}": {"Type": "AWS::CloudFormation::Stack",
                                         "Properties": {"TemplateURL": "https://s3.us-east-1.amazonaws.com/templates/inner"}} for n in range(4)}}
        with Server() as server:
            server.client("s3").create_bucket(Bucket="templates")
            server.client("s3").put_object(Bucket="templates", Key="inner", Body=inner)

            def killed(what):
                what(server.client("cloudformation"))
                server.kill()
                server.start()
                return server.client("cloudformation")

            for number in range(3):
                name = f"k{number}"
                stacks = killed(lambda c: c.create_stack(StackName=name, TemplateBody=json.dumps(outer)))
                settled(stacks, name, "CREATE_COMPLETE")
                self.assertEqual(len(server.client("logs").describe_log_groups()["logGroups"]), 20)
                arn = stacks.describe_stacks(StackName=name)["Stacks"][0]["StackId"]
                stacks = killed(lambda c: c.delete_stack(StackName=name))
                settled(stacks, arn, "DELETE_COMPLETE")
                self.assertEqual(server.client("logs").describe_log_groups()["logGroups"], [])


if __name__ == "__main__":
    unittest.main()
