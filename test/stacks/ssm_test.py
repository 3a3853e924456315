"""Stacks and SSM: parameters that stacks make, and those that templates name, as parameters' types and as dynamic references."""
import json
import pathlib
import sys
import unittest

from botocore.exceptions import ClientError

from server import Server, all_records

sys.path.append(str(pathlib.Path(__file__).resolve().parent))
from impatient import aws  # noqa: E402

TEMPLATE = """
Parameters:
  Days: {Type: "AWS::SSM::Parameter::Value<String>", Default: /audit/days}
  Names: {Type: "AWS::SSM::Parameter::Value<List<String>>", Default: /audit/names}
Resources:
  Made:
    Type: AWS::SSM::Parameter
    Properties: {Type: String, Value: !Sub "${Days} days", Description: how long, Tags: {team: audit}}
  Named:
    Type: AWS::SSM::Parameter
    Properties: {Name: /audit/first, Type: String, Value: !Select [0, !Ref Names]}
  Topic:
    Type: AWS::SNS::Topic
    Properties: {DisplayName: "{{resolve:ssm:/audit/title:1}} of {{resolve:ssm:/audit/title}}", TopicName: "{{resolve:ssm:/audit/topic}}"}
Outputs:
  Made: {Value: !Ref Made}
  Value: {Value: !GetAtt Made.Value}
"""


class Ssm(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.server.__enter__()
        cls.ssm, cls.cloudformation, cls.sns = (cls.server.client(name) for name in ("ssm", "cloudformation", "sns"))

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__(None, None, None)

    def put(self, name, value, kind="String"):
        self.ssm.put_parameter(Name=name, Value=value, Type=kind, Overwrite=True)

    def outputs(self, stack):
        [shown] = self.cloudformation.describe_stacks(StackName=stack)["Stacks"]
        return {output["OutputKey"]: output["OutputValue"] for output in shown.get("Outputs", [])}, shown

    def deploy(self, stack, template, check=True):
        path = pathlib.Path(self.server.data) / f"{stack}.yaml"
        path.write_text(template)
        return aws(self.server, "cloudformation", "deploy", "--stack-name", stack, "--template-file", str(path), check=check)

    def refusal(self, template):
        with self.assertRaises(ClientError) as refused:
            self.cloudformation.create_stack(StackName="refused", TemplateBody=template)
        return refused.exception.response["Error"]["Message"]

    def tags(self, parameter):
        """Without those that tell of the stack."""
        tags = self.ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId=parameter)["TagList"]
        return [tag for tag in tags if not tag["Key"].startswith("aws:")]

    def test_a_life(self):
        self.put("/audit/days", "365")
        self.put("/audit/names", "a,b", "StringList")
        self.put("/audit/title", "Trail")
        self.put("/audit/topic", "alarms")
        self.deploy("life", TEMPLATE)
        outputs, shown = self.outputs("life")
        self.assertRegex(outputs["Made"], "^CFN-Made-[A-Za-z0-9]{12}$")
        self.assertEqual(outputs["Value"], "365 days")
        days = next(one for one in shown["Parameters"] if one["ParameterKey"] == "Days")
        self.assertEqual((days["ParameterValue"], days["ResolvedValue"]), ("/audit/days", "365"))
        made = self.ssm.get_parameter(Name=outputs["Made"])["Parameter"]
        self.assertEqual((made["Value"], made["Type"]), ("365 days", "String"))
        self.assertEqual(self.tags(outputs["Made"]),
                         [{"Key": "team", "Value": "audit"}])
        self.assertEqual(self.ssm.get_parameter(Name="/audit/first")["Parameter"]["Value"], "a")
        [topic] = self.sns.list_topics()["Topics"]
        self.assertTrue(topic["TopicArn"].endswith(":alarms"))
        title = self.sns.get_topic_attributes(TopicArn=topic["TopicArn"])["Attributes"]["DisplayName"]
        self.assertEqual(title, "Trail of Trail")
        # Who asks is who made the stack, by CloudFormation's hand.
        asked = [record for record in all_records(self.server) if record["eventName"] in ("GetParameters", "GetParameter")
                 and record["userIdentity"].get("invokedBy") == "cloudformation.amazonaws.com"]
        self.assertEqual({name for record in asked for name in record["requestParameters"].get("names", [record["requestParameters"].get("name")])},
                         {"/audit/days", "/audit/names", "/audit/title:1", "/audit/title", "/audit/topic"})

        # Values that have changed count with the next update: parameters' at once, references' when their resource changes.
        self.put("/audit/days", "30")
        self.put("/audit/title", "Log")
        self.deploy("life", TEMPLATE)
        outputs, _ = self.outputs("life")
        self.assertEqual(outputs["Value"], "30 days")
        self.assertEqual(self.sns.get_topic_attributes(TopicArn=topic["TopicArn"])["Attributes"]["DisplayName"], "Trail of Trail")
        self.deploy("life", TEMPLATE.replace(" of ", " and ").replace("Description: how long, Tags: {team: audit}", "Tags: {owner: audit}"))
        self.assertEqual(self.sns.get_topic_attributes(TopicArn=topic["TopicArn"])["Attributes"]["DisplayName"], "Trail and Log")
        self.assertEqual(self.tags(outputs["Made"]),
                         [{"Key": "owner", "Value": "audit"}])
        again = self.deploy("life", TEMPLATE.replace(" of ", " and ").replace("Description: how long, Tags: {team: audit}", "Tags: {owner: audit}"))
        self.assertIn("No changes to deploy", again.stdout + again.stderr)

        # What it refers to may be gone by then.
        self.ssm.delete_parameters(Names=["/audit/title", "/audit/topic"])
        aws(self.server, "cloudformation", "delete-stack", "--stack-name", "life")
        aws(self.server, "cloudformation", "wait", "stack-delete-complete", "--stack-name", "life")
        self.assertEqual(self.sns.list_topics()["Topics"], [])
        self.assertEqual([one["Name"] for one in self.ssm.get_parameters_by_path(Path="/", Recursive=True)["Parameters"]
                          if one["Name"].startswith(("CFN-", "/audit/first"))], [])

    def test_what_is_refused(self):
        self.assertIn("Unable to fetch parameters [/none] from parameter store for this account.",
                      self.refusal(json.dumps({"Parameters": {"P": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/none"}},
                                               "Resources": {"T": {"Type": "AWS::SNS::Topic"}}})))
        self.ssm.put_parameter(Name="/secret", Value="v", Type="SecureString")
        self.assertIn("Parameters [/secret] referenced by template have types not supported by CloudFormation.",
                      self.refusal(json.dumps({"Parameters": {"P": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/secret"}},
                                               "Resources": {"T": {"Type": "AWS::SNS::Topic"}}})))
        topic = '{"Resources": {"T": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": "{{resolve:REFERENCE}}"}}}}'
        self.assertIn("SSM Secure reference is not supported in: [AWS::SNS::Topic/Properties/DisplayName]",
                      self.refusal(topic.replace("REFERENCE", "ssm-secure:/secret:1")))
        self.assertIn("Incorrect format is used in the following SSM reference: [{{resolve:ssm:/a:b}}]",
                      self.refusal(topic.replace("REFERENCE", "ssm:/a:b")))
        self.assertIn("Dynamic references to secretsmanager are not implemented", self.refusal(topic.replace("REFERENCE", "secretsmanager:s")))

    def test_a_secure_reference_where_it_may_stand(self):
        self.ssm.put_parameter(Name="/password", Value="Correct-Horse-7-Battery", Type="SecureString")
        user = {"UserName": "alice", "LoginProfile": {"Password": "{{resolve:ssm-secure:/password:1}}"},
                "ManagedPolicyArns": ["arn:aws:iam::aws:policy/IAMUserChangePassword"]}

        def template():
            return {"StackName": "user", "Capabilities": ["CAPABILITY_NAMED_IAM"],
                    "TemplateBody": json.dumps({"Resources": {"U": {"Type": "AWS::IAM::User", "Properties": user}}})}
        self.cloudformation.create_stack(**template())
        aws(self.server, "cloudformation", "wait", "stack-create-complete", "--stack-name", "user")
        keys = self.server.client("iam").create_access_key(UserName="alice")["AccessKey"]
        alice = self.server.client("iam", access_key=keys["AccessKeyId"], secret_key=keys["SecretAccessKey"])
        alice.change_password(OldPassword="Correct-Horse-7-Battery", NewPassword="Correct-Horse-8-Battery")
        # It counts again when the template names another, not with every update of the user.
        user["Tags"] = [{"Key": "team", "Value": "audit"}]
        self.cloudformation.update_stack(**template())
        aws(self.server, "cloudformation", "wait", "stack-update-complete", "--stack-name", "user")
        alice.change_password(OldPassword="Correct-Horse-8-Battery", NewPassword="Correct-Horse-9-Battery")
        self.ssm.put_parameter(Name="/password", Value="Correct-Horse-10-Battery", Overwrite=True)
        user["LoginProfile"] = {"Password": "{{resolve:ssm-secure:/password:2}}"}
        self.cloudformation.update_stack(**template())
        aws(self.server, "cloudformation", "wait", "stack-update-complete", "--stack-name", "user")
        alice.change_password(OldPassword="Correct-Horse-10-Battery", NewPassword="Correct-Horse-11-Battery")


if __name__ == "__main__":
    unittest.main()
