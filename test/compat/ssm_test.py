"""SSM's parameters as their users know them, by boto3 and the AWS CLI; and what is left in records, state and policies."""
import json
import unittest

from botocore.exceptions import ClientError

from server import Server, all_records, code_of

ACCOUNT = "000000000000"


class Ssm(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.server.__enter__()
        cls.ssm = cls.server.client("ssm")

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__(None, None, None)

    def value(self, name, client=None, **more):
        return (client or self.ssm).get_parameter(Name=name, **more)["Parameter"]["Value"]

    def records(self, name, event):
        return [record for record in all_records(self.server) if record["eventName"] == event and name in json.dumps(record)]

    def test_the_command_line(self):
        put = json.loads(self.server.aws("ssm", "put-parameter", "--name", "/cli/list", "--type", "StringList", "--value", "a,b", "--tags",
                                         "Key=team,Value=audit").stdout)
        self.assertEqual(put, {"Version": 1, "Tier": "Standard"})
        again = self.server.aws("ssm", "put-parameter", "--name", "/cli/list", "--value", "c", check=False)
        self.assertIn("(ParameterAlreadyExists)", again.stderr)
        self.server.aws("ssm", "put-parameter", "--name", "/cli/list", "--value", "c,d", "--overwrite")
        self.assertEqual(self.server.aws("ssm", "get-parameter", "--name", "/cli/list:1", "--query", "Parameter.[Value,Selector]", "--output",
                                         "text").stdout.split(), ["a,b", ":1"])
        self.assertEqual(self.server.aws("ssm", "get-parameters-by-path", "--path", "/cli", "--query", "Parameters[].Value", "--output",
                                         "text").stdout.split(), ["c,d"])
        self.assertEqual(json.loads(self.server.aws("ssm", "list-tags-for-resource", "--resource-type", "Parameter", "--resource-id",
                                                    "/cli/list").stdout)["TagList"], [{"Key": "team", "Value": "audit"}])
        self.server.aws("ssm", "delete-parameter", "--name", "/cli/list")
        absent = self.server.aws("ssm", "get-parameter", "--name", "/cli/list", check=False)
        self.assertEqual(absent.stderr.strip(), "An error occurred (ParameterNotFound) when calling the GetParameter operation:")

    # As AWS records it: the value hidden, and the parameter among the resources, without a type.
    def test_records(self):
        self.ssm.put_parameter(Name="/recorded/p", Value="kept-to-itself", Type="String")
        self.ssm.get_parameters(Names=["/recorded/p"], WithDecryption=True)
        self.ssm.delete_parameter(Name="/recorded/p")
        resources = [{"accountId": ACCOUNT, "ARN": f"arn:aws:ssm:us-east-1:{ACCOUNT}:parameter/recorded/p"}]
        [put] = self.records("/recorded/p", "PutParameter")
        self.assertEqual(put["requestParameters"], {"name": "/recorded/p", "value": "HIDDEN_DUE_TO_SECURITY_REASONS", "type": "String"})
        self.assertEqual((put["responseElements"], put["resources"], put["readOnly"], put["managementEvent"]),
                         ({"version": 1, "tier": "Standard"}, resources, False, True))
        [got] = self.records("/recorded/p", "GetParameters")
        self.assertEqual((got["requestParameters"], got["responseElements"], got["resources"], got["readOnly"]),
                         ({"names": ["/recorded/p"], "withDecryption": True}, None, resources, True))
        [gone] = self.records("/recorded/p", "DeleteParameter")
        self.assertEqual((gone["requestParameters"], gone["resources"], gone["readOnly"]), ({"name": "/recorded/p"}, resources, False))
        self.assertNotIn("kept-to-itself", json.dumps(all_records(self.server)))

    def test_secure_strings(self):
        self.ssm.put_parameter(Name="/secure/own", Value="Tr0ub4dor&3", Type="SecureString")
        arn = f"arn:aws:ssm:us-east-1:{ACCOUNT}:parameter/secure/own"
        self.assertEqual(self.value("/secure/own", WithDecryption=True), "Tr0ub4dor&3")
        self.assertNotIn("Tr0ub4dor", self.value("/secure/own"))
        key = self.server.client("kms").describe_key(KeyId="alias/aws/ssm")["KeyMetadata"]
        self.assertEqual((key["KeyManager"], key["Description"]),
                         ("AWS", "Default key that protects my SSM parameters when no other key is defined"))
        [encrypt] = self.records(arn, "Encrypt")
        self.assertEqual(encrypt["requestParameters"], {"encryptionContext": {"PARAMETER_ARN": arn}, "keyId": "alias/aws/ssm",
                                                        "encryptionAlgorithm": "SYMMETRIC_DEFAULT"})
        [decrypt] = self.records(arn, "Decrypt")
        self.assertEqual(decrypt["requestParameters"], {"encryptionContext": {"PARAMETER_ARN": arn}, "encryptionAlgorithm": "SYMMETRIC_DEFAULT"})
        history = self.ssm.get_parameter_history(Name="/secure/own", WithDecryption=True)["Parameters"]
        self.assertEqual([(one["Value"], one["KeyId"], one["Type"]) for one in history], [("Tr0ub4dor&3", "alias/aws/ssm", "SecureString")])
        self.assertEqual(code_of(self.ssm.put_parameter, Name="/secure/own", Value="v", Type="String", Overwrite=True),
                         "HierarchyTypeMismatchException")
        self.assertEqual(code_of(self.ssm.put_parameter, Name="/secure/none", Value="v", Type="SecureString", KeyId="alias/none"), "InvalidKeyId")
        kms = self.server.client("kms")
        own = kms.create_key()["KeyMetadata"]["KeyId"]
        self.ssm.put_parameter(Name="/secure/customers", Value="v", Type="SecureString", KeyId=own)
        kms.disable_key(KeyId=own)
        self.assertEqual(code_of(self.ssm.get_parameter, Name="/secure/customers", WithDecryption=True), "InvalidKeyId")
        self.assertEqual(code_of(self.ssm.get_parameter, Name="/secure/customers"), None)

    def test_permissions(self):
        iam = self.server.client("iam")
        iam.create_user(UserName="reader")
        keys = iam.create_access_key(UserName="reader")["AccessKey"]
        iam.put_user_policy(UserName="reader", PolicyName="p", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": ["ssm:GetParameter*", "ssm:PutParameter"],
             "Resource": f"arn:aws:ssm:us-east-1:{ACCOUNT}:parameter/mine*"},
            {"Effect": "Deny", "Action": "ssm:PutParameter", "Resource": "*", "Condition": {"StringEquals": {"ssm:Overwrite": "true"}}},
            {"Effect": "Allow", "Action": "ssm:GetParameter", "Resource": "*", "Condition": {"StringEquals": {"aws:ResourceTag/for": "reader"}}}]}))
        reader = self.server.client("ssm", access_key=keys["AccessKeyId"], secret_key=keys["SecretAccessKey"])
        self.assertEqual(reader.put_parameter(Name="/mine/a", Value="v", Type="String")["Version"], 1)
        self.assertEqual(self.value("/mine/a", reader), "v")
        self.assertEqual(len(reader.get_parameters_by_path(Path="/mine")["Parameters"]), 1)
        self.assertEqual(code_of(reader.put_parameter, Name="/mine/a", Value="w", Overwrite=True), "AccessDeniedException")
        self.assertEqual(code_of(reader.put_parameter, Name="/mine/b", Value="v", Type="String", Tags=[{"Key": "k", "Value": "v"}]),
                         "AccessDeniedException")
        self.ssm.put_parameter(Name="theirs", Value="v", Type="String")
        with self.assertRaises(ClientError) as denied:
            reader.get_parameters(Names=["/mine/a", "theirs"])
        self.assertEqual(denied.exception.response["Error"]["Message"],
                         f"User: arn:aws:iam::{ACCOUNT}:user/reader is not authorized to perform: ssm:GetParameters on resource: "
                         f"arn:aws:ssm:us-east-1:{ACCOUNT}:parameter/theirs because no identity-based policy allows the ssm:GetParameters action")
        self.assertEqual(code_of(reader.get_parameter, Name="theirs"), "AccessDeniedException")
        self.ssm.add_tags_to_resource(ResourceType="Parameter", ResourceId="theirs", Tags=[{"Key": "for", "Value": "reader"}])
        self.assertEqual(self.value("theirs", reader), "v")
        self.assertEqual(code_of(reader.describe_parameters), "AccessDeniedException")
        # Whoever may read a SecureString needs its key as well.
        own = self.server.client("kms").create_key()["KeyMetadata"]["KeyId"]
        self.ssm.put_parameter(Name="/mine/secret", Value="v", Type="SecureString", KeyId=own)
        self.assertEqual(code_of(reader.get_parameter, Name="/mine/secret", WithDecryption=True), "AccessDeniedException")
        self.ssm.put_parameter(Name="/mine/shared", Value="v", Type="SecureString")
        self.assertEqual(self.value("/mine/shared", reader, WithDecryption=True), "v")

    def test_regions_and_restarts(self):
        with Server() as server:
            here, there = server.client("ssm"), server.client("ssm", region="eu-west-1")
            here.put_parameter(Name="p", Value="here", Type="String")
            self.assertEqual(code_of(there.get_parameter, Name="p"), "ParameterNotFound")
            here.put_parameter(Name="s", Value="kept", Type="SecureString")
            server.kill()
            server.start()
            here = server.client("ssm")
            self.assertEqual((self.value("p", here), self.value("s", here, WithDecryption=True)), ("here", "kept"))

    def test_what_is_not_there_says_so(self):
        self.ssm.put_parameter(Name="plain", Value="v", Type="String")
        self.assertEqual(code_of(self.ssm.label_parameter_version, Name="plain", Labels=["l"]), "NotImplemented")
        self.assertEqual(code_of(self.ssm.put_parameter, Name="policy", Value="v", Type="String", Tier="Advanced", Policies="[]"), "NotImplemented")
        self.assertEqual(code_of(self.ssm.describe_parameters, Filters=[{"Key": "Name", "Values": ["plain"]}]), "NotImplemented")
        self.assertEqual([one["Name"] for one in self.ssm.describe_parameters(ParameterFilters=[{"Key": "Name", "Values": ["plain"]}])["Parameters"]],
                         ["plain"])


if __name__ == "__main__":
    unittest.main()
