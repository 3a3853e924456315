"""Change sets that look into nested stacks: what they show, how they are executed and deleted from their root alone."""
import json
import unittest
import urllib.request

from botocore.exceptions import ClientError

from server import Server, eventually, importing
from stacks import keep, settled

CHILD = {
    "Parameters": {"Days": {"Type": "Number", "Default": 30}, "Name": {"Type": "String", "Default": "inner"}},
    "Resources": {"Group": {"Type": "AWS::Logs::LogGroup", "Properties": {"RetentionInDays": {"Ref": "Days"}}},
                  "Topic": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": {"Ref": "Name"}}}},
    "Outputs": {"Group": {"Value": {"Ref": "Group"}}, "Topic": {"Value": {"Ref": "Topic"}}},
}
ONLY_ROOT = "Only executable from the root change set."
NO_CHANGES = "The submitted information didn't contain changes. Submit different information to create a change set."


class NestedSets(unittest.TestCase):
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

    def inner(self, url, **parameters):
        return {"Type": "AWS::CloudFormation::Stack", "Properties": {"TemplateURL": url, "Parameters": parameters}}

    def ask(self, stack, kind, resources, name="set", stacks=None, **more):
        body = resources if "Resources" in resources else {"Resources": resources}
        made = (stacks or self.stacks).create_change_set(StackName=stack, ChangeSetName=name, ChangeSetType=kind, IncludeNestedStacks=True, TemplateBody=json.dumps(body), **more)["Id"]
        return made, self.stacks.describe_change_set(ChangeSetName=made)

    def changes(self, shown):
        return {c["ResourceChange"]["LogicalResourceId"]: c["ResourceChange"] for c in shown["Changes"]}

    def settled(self, name, status):
        return settled(self.stacks, name, status)

    def refused(self, code, words, call, **given):
        with self.assertRaises(ClientError) as caught:
            call(**given)
        self.assertEqual(caught.exception.response["Error"]["Code"], code)
        self.assertIn(words, caught.exception.response["Error"]["Message"])

    def in_review(self, root):
        pages = self.stacks.get_paginator("list_stacks").paginate(StackStatusFilter=["REVIEW_IN_PROGRESS"])
        return [s["StackName"] for page in pages for s in page["StackSummaries"] if s["StackName"] == root or s["StackName"].startswith(root + "-")]

    def test_life(self):
        url = self.keep("life.json", CHILD)
        middle = self.keep("life-middle.json", {"Parameters": {"Days": {"Type": "Number"}}, "Resources": {"Leaf": self.inner(url, Days={"Ref": "Days"})},
                                                "Outputs": {"Topic": {"Value": {"Fn::GetAtt": "Leaf.Outputs.Topic"}}}})
        # Of a stack that is new: the nested ones are in review until all is executed.
        template = {"Middle": self.inner(middle, Days="7"), "Other": self.inner(url, Name={"Fn::GetAtt": "Middle.Outputs.Topic"}, Days="14")}
        root, shown = self.ask("life", "CREATE", template)
        self.assertEqual((shown["Status"], shown["ExecutionStatus"], shown["IncludeNestedStacks"]), ("CREATE_COMPLETE", "AVAILABLE", True), shown.get("StatusReason"))
        self.assertNotIn("ParentChangeSetId", shown)
        middle_set = self.stacks.describe_change_set(ChangeSetName=self.changes(shown)["Middle"]["ChangeSetId"])
        self.assertEqual((middle_set["ParentChangeSetId"], middle_set["RootChangeSetId"]), (root, root))
        self.assertEqual((middle_set["Status"], middle_set["ExecutionStatus"], middle_set["StatusReason"]), ("CREATE_COMPLETE", "UNAVAILABLE", ONLY_ROOT))
        leaf_set = self.stacks.describe_change_set(ChangeSetName=self.changes(middle_set)["Leaf"]["ChangeSetId"])
        self.assertEqual((leaf_set["ParentChangeSetId"], leaf_set["RootChangeSetId"]), (middle_set["ChangeSetId"], root))
        self.assertEqual({k: v["Action"] for k, v in self.changes(leaf_set).items()}, {"Group": "Add", "Topic": "Add"})
        review = self.stacks.describe_stacks(StackName=leaf_set["StackId"])["Stacks"][0]
        self.assertEqual((review["StackStatus"], review["ParentId"], review["RootId"]), ("REVIEW_IN_PROGRESS", middle_set["StackId"], shown["StackId"]))
        # From the root alone.
        self.refused("InvalidChangeSetStatus", "cannot be executed", self.stacks.execute_change_set, ChangeSetName=leaf_set["ChangeSetId"])
        self.refused("InvalidChangeSetStatus", root, self.stacks.delete_change_set, ChangeSetName=middle_set["ChangeSetId"])
        self.refused("AlreadyExistsException", "already exists", self.stacks.create_stack, StackName=review["StackName"], TemplateBody=json.dumps(CHILD))
        # What was looked at is what comes, also when the template behind its address is another by now.
        self.keep("life.json", {"Resources": {"Wrong": {"Type": "AWS::SQS::Queue"}}})
        self.stacks.execute_change_set(ChangeSetName=root)
        self.settled("life", "CREATE_COMPLETE")
        leaf = self.settled(leaf_set["StackId"], "CREATE_COMPLETE")
        self.assertEqual([r["LogicalResourceId"] for r in self.stacks.list_stack_resources(StackName=leaf["StackId"])["StackResourceSummaries"]], ["Group", "Topic"])
        self.assertEqual(self.stacks.describe_change_set(ChangeSetName=leaf_set["ChangeSetId"])["ExecutionStatus"], "EXECUTE_COMPLETE")
        self.assertEqual(sorted(g["retentionInDays"] for g in self.server.client("logs").describe_log_groups()["logGroups"] if g["logGroupName"].startswith("life")), [7, 14])
        # A change deep inside is shown where it is, and what stays as it is is not.
        self.keep("life.json", CHILD)
        template["Middle"]["Properties"]["Parameters"]["Days"] = "3"
        root, shown = self.ask("life", "UPDATE", template, name="deep")
        self.assertEqual(list(self.changes(shown)), ["Middle"], "the other nested stack stays as it is")
        middle_set = self.stacks.describe_change_set(ChangeSetName=self.changes(shown)["Middle"]["ChangeSetId"])
        leaf_change = self.changes(self.stacks.describe_change_set(ChangeSetName=self.changes(middle_set)["Leaf"]["ChangeSetId"]))
        self.assertEqual({k: (v["Action"], v["Replacement"]) for k, v in leaf_change.items()}, {"Group": ("Modify", "False")})
        self.stacks.execute_change_set(ChangeSetName=root)
        self.settled("life", "UPDATE_COMPLETE")
        self.assertEqual(sorted(g["retentionInDays"] for g in self.server.client("logs").describe_log_groups()["logGroups"] if g["logGroupName"].startswith("life")), [3, 14])
        # Nothing to do is that for all of them; and no set of nested stacks is left behind where nobody could delete it.
        root, shown = self.ask("life", "UPDATE", template, name="same")
        self.assertEqual((shown["Status"], shown["StatusReason"], shown["Changes"]), ("FAILED", NO_CHANGES, []))
        self.stacks.delete_change_set(ChangeSetName=root)
        for name in (leaf["StackId"], middle_set["StackId"]):
            self.assertEqual([s for s in self.stacks.list_change_sets(StackName=name)["Summaries"] if s["ExecutionStatus"] == "UNAVAILABLE"], [])
        self.stacks.delete_stack(StackName="life")
        self.settled(shown["StackId"], "DELETE_COMPLETE")

    def test_what_was_not_to_change_stays_as_it_is(self):
        urls = {name: self.keep(f"stays-{name}.json", CHILD) for name in "ABC"}
        template = {name: self.inner(url, Days="7") for name, url in urls.items()}
        self.stacks.create_stack(StackName="stays", TemplateBody=json.dumps({"Resources": template}))
        self.settled("stays", "CREATE_COMPLETE")
        template["A"]["Properties"]["Parameters"]["Days"] = "3"
        template["C"]["Properties"]["TemplateURL"] = self.keep("stays-elsewhere.json", CHILD)  # another address, and the same behind it
        root, shown = self.ask("stays", "UPDATE", template)
        self.assertEqual(list(self.changes(shown)), ["A", "C"])
        self.assertEqual(self.stacks.describe_change_set(ChangeSetName=self.changes(shown)["C"]["ChangeSetId"])["StatusReason"], NO_CHANGES)
        for name in ("stays-A.json", "stays-B.json", "stays-elsewhere.json"):
            self.keep(name, {"Resources": {"Unseen": {"Type": "AWS::SQS::Queue"}}})
        self.stacks.execute_change_set(ChangeSetName=root)
        self.settled("stays", "UPDATE_COMPLETE")
        for resource in self.stacks.list_stack_resources(StackName="stays")["StackResourceSummaries"]:
            found = self.stacks.list_stack_resources(StackName=resource["PhysicalResourceId"])["StackResourceSummaries"]
            self.assertEqual([r["LogicalResourceId"] for r in found], ["Group", "Topic"], resource["LogicalResourceId"])

    def test_deleted_with_its_root(self):
        url = self.keep("gone.json", CHILD)
        root, shown = self.ask("gone", "CREATE", {"Inner": self.inner(url, Days="1")})
        inner = self.stacks.describe_change_set(ChangeSetName=self.changes(shown)["Inner"]["ChangeSetId"])
        self.stacks.delete_change_set(ChangeSetName=root)
        self.refused("ChangeSetNotFound", "does not exist", self.stacks.describe_change_set, ChangeSetName=inner["ChangeSetId"])
        self.assertEqual(self.stacks.describe_stacks(StackName=inner["StackId"])["Stacks"][0]["StackStatus"], "DELETE_COMPLETE")
        # The same with the stack itself.
        _, shown = self.ask("gone", "CREATE", {"Inner": self.inner(url, Days="1")})
        inner = self.stacks.describe_change_set(ChangeSetName=self.changes(shown)["Inner"]["ChangeSetId"])
        self.stacks.delete_stack(StackName="gone")
        self.settled(shown["StackId"], "DELETE_COMPLETE")
        self.settled(inner["StackId"], "DELETE_COMPLETE")

    def test_not_deleted_while_it_is_executed(self):
        template = {"Handle": {"Type": "AWS::CloudFormation::WaitConditionHandle"},
                    "Wait": {"Type": "AWS::CloudFormation::WaitCondition", "Properties": {"Handle": {"Ref": "Handle"}, "Timeout": "600"}},
                    "Inner": {**self.inner(self.keep("busy.json", CHILD)), "DependsOn": "Wait"}}
        root, shown = self.ask("busy", "CREATE", template)
        inner = self.changes(shown)["Inner"]["ChangeSetId"]
        self.stacks.execute_change_set(ChangeSetName=root)
        self.refused("InvalidChangeSetStatus", "An operation on this ChangeSet is currently in progress.", self.stacks.delete_change_set, ChangeSetName=root)

        def address():
            found = self.stacks.list_stack_resources(StackName="busy")["StackResourceSummaries"]
            return next((r["PhysicalResourceId"] for r in found if r["LogicalResourceId"] == "Handle" and r["ResourceStatus"] == "CREATE_COMPLETE"), None)
        url = eventually(address, 20)
        body = json.dumps({"Status": "SUCCESS", "UniqueId": "a", "Data": "", "Reason": ""}).encode()
        request = urllib.request.Request(self.server.endpoint + url[url.index("/_cairn"):], method="PUT", data=body, headers={"Content-Type": ""})
        with urllib.request.urlopen(request, timeout=10) as response:
            self.assertEqual(response.status, 200)
        self.settled("busy", "CREATE_COMPLETE")
        self.assertEqual(self.stacks.describe_change_set(ChangeSetName=inner)["ExecutionStatus"], "EXECUTE_COMPLETE")
        self.stacks.delete_change_set(ChangeSetName=root)

    def test_what_fails_inside_fails_the_root(self):
        url = self.keep("bad.json", {"Resources": {"Q": {"Type": "AWS::SQS::Queue", "Properties": {"NoSuch": 1}}}})
        root, shown = self.ask("bad", "CREATE", {"Inner": self.inner(url)})
        inner = self.changes(shown)["Inner"]["ChangeSetId"]
        self.assertEqual((shown["Status"], shown["ExecutionStatus"], shown["StatusReason"]),
                         ("FAILED", "UNAVAILABLE", f"Nested change set {inner} was not successfully created: Currently in FAILED."))
        nested = self.stacks.describe_change_set(ChangeSetName=inner)
        self.assertEqual((nested["Status"], nested["ExecutionStatus"]), ("FAILED", "UNAVAILABLE"))
        self.assertIn("NoSuch", nested["StatusReason"])
        self.stacks.delete_change_set(ChangeSetName=root)
        # Capabilities are asked for where they are needed.
        role = {"Type": "AWS::IAM::User"}
        url = self.keep("iam.json", {"Resources": {"U": role}})
        _, shown = self.ask("bad", "CREATE", {"Inner": self.inner(url)}, name="iam")
        self.assertIn("Requires capabilities", self.stacks.describe_change_set(ChangeSetName=self.changes(shown)["Inner"]["ChangeSetId"])["StatusReason"])
        _, shown = self.ask("bad", "CREATE", {"Inner": self.inner(url)}, name="iam-2", Capabilities=["CAPABILITY_IAM"])
        self.assertEqual(shown["Status"], "CREATE_COMPLETE")

    def test_a_template_that_nests_itself_comes_to_an_end(self):
        url = self.keep("self.json", {"Resources": {"Again": self.inner("https://s3.us-east-1.amazonaws.com/templates/self.json")}})
        root, shown = self.ask("self", "CREATE", {"Inner": self.inner(url)})
        self.assertEqual(shown["Status"], "FAILED")
        self.stacks.delete_change_set(ChangeSetName=root)
        self.assertEqual(self.in_review("self"), ["self"], "the stack itself, which has no set now")

    def test_more_than_an_entry_takes_leaves_nothing_behind(self):
        url = self.keep("large.json", {"Metadata": {"Large": "x" * (400 << 10)}, **CHILD})
        self.refused("LimitExceededException", "leave out IncludeNestedStacks",
                     lambda: self.ask("large", "CREATE", {name: self.inner(url) for name in "ABC"}))
        self.assertEqual(self.in_review("large"), [])

    def test_what_is_known_only_later_fails_nothing(self):
        self.server.client("ssm").put_parameter(Name="/later-days", Type="String", Value="7")
        inner = self.inner(self.keep("later.json", CHILD), Days="{{resolve:ssm:/later-days}}", Name={"Fn::GetAtt": "Topic.TopicName"})
        inner["Properties"]["NotificationARNs"] = [{"Ref": "Topic"}]
        root, shown = self.ask("later", "CREATE", {"Topic": {"Type": "AWS::SNS::Topic"}, "Inner": inner})
        self.assertEqual(shown["Status"], "CREATE_COMPLETE", shown.get("StatusReason"))
        nested = self.stacks.describe_change_set(ChangeSetName=self.changes(shown)["Inner"]["ChangeSetId"])
        self.assertEqual([p["ParameterValue"] for p in nested["Parameters"] if p["ParameterKey"] == "Days"], ["30"], "its default")
        self.stacks.execute_change_set(ChangeSetName=root)
        self.settled("later", "CREATE_COMPLETE")
        found = self.settled(nested["StackId"], "CREATE_COMPLETE")
        self.assertEqual([p["ParameterValue"] for p in found["Parameters"] if p["ParameterKey"] == "Days"], ["7"])
        self.assertEqual(len(found["NotificationARNs"]), 1)

    def test_properties_have_the_form_that_the_call_wants(self):
        url = self.keep("form.json", CHILD)
        topics = [f"arn:aws:sns:us-east-1:000000000000:t{n}" for n in range(6)]
        for number, (properties, words) in enumerate((
                ({"TemplateURL": 5}, "TemplateURL"), ({"NotificationARNs": [5]}, "Invalid notification ARN: 5"),
                ({"NotificationARNs": topics}, "less than or equal to 5"), ({"Tags": [{"Key": "y"}]}, "must not be null"),
                ({"Tags": {"a": {"b": "c"}}}, "extraneous key [a]"))):
            inner = self.inner(url)
            inner["Properties"].update(properties)
            _, shown = self.ask("form", "CREATE", {"Inner": inner}, name=f"bad-{number}")
            nested = self.stacks.describe_change_set(ChangeSetName=self.changes(shown)["Inner"]["ChangeSetId"])
            self.assertEqual((shown["Status"], nested["Status"]), ("FAILED", "FAILED"), properties)
            self.assertIn(words, nested["StatusReason"])
        # What can be brought into its form is; once it is there, nothing is seen to change.
        inner = self.inner(url, Days=7)
        inner["Properties"]["Tags"] = [{"Key": 1, "Value": 2026}]
        root, shown = self.ask("form", "CREATE", {"Inner": inner})
        self.assertEqual(shown["Status"], "CREATE_COMPLETE", shown.get("StatusReason"))
        self.stacks.execute_change_set(ChangeSetName=root)
        self.settled("form", "CREATE_COMPLETE")
        _, shown = self.ask("form", "UPDATE", {"Inner": inner}, name="same")
        self.assertEqual((shown["Status"], shown["StatusReason"]), ("FAILED", NO_CHANGES))

    def test_what_exists_is_imported_inside(self):
        self.server.client("s3").create_bucket(Bucket="exists-inside")
        url = self.keep("exists.json", {"Resources": {"Bucket": {"Type": "AWS::S3::Bucket", "DeletionPolicy": "Retain", "Properties": {"BucketName": "exists-inside"}}}})
        root, shown = self.ask("exists", "CREATE", {"Inner": self.inner(url)}, stacks=importing(self.server))
        inner = self.stacks.describe_change_set(ChangeSetName=self.changes(shown)["Inner"]["ChangeSetId"])
        self.assertEqual(self.changes(inner)["Bucket"]["Action"], "Import")
        self.stacks.execute_change_set(ChangeSetName=root)
        self.settled("exists", "CREATE_COMPLETE")
        self.assertIn("IMPORT_COMPLETE", [e["ResourceStatus"] for e in self.stacks.describe_stack_events(StackName=inner["StackId"])["StackEvents"]])


if __name__ == "__main__":
    unittest.main()
