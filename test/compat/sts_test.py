"""STS through boto3 and the AWS CLI, as a person uses it: roles across accounts, MFA, sessions and what limits them, web identities."""
import datetime
import http.client
import json
import os
import random
import subprocess
import time
import unittest

import botocore.auth
import botocore.awsrequest
import botocore.credentials
from botocore.exceptions import ClientError

from compat.iam_test import allow, deny, policy, totp
from server import BINARY, Server, all_records

ACCOUNT = "000000000000"
FORGERIES = int(os.environ.get("CAIRN_FORGERIES", "3000"))


def trust(principal, *actions, **more):
    return policy({"Effect": "Allow", "Principal": principal, "Action": list(actions) or ["sts:AssumeRole"], **more})


def root_of(server, account):
    """An access key of an account's root user."""
    made = subprocess.run([BINARY, "root", "credentials", "--account", account, "--data", str(server.data)], capture_output=True, text=True,
                          env=server.environment(), check=True)
    values = dict(line.split(" = ") for line in made.stdout.splitlines() if " = " in line)
    return {"AccessKeyId": values["aws_access_key_id"], "SecretAccessKey": values["aws_secret_access_key"]}


def setUpModule():
    Sts.server = Server().__enter__()
    Sts.iam, Sts.sts = Sts.server.client("iam"), Sts.server.client("sts")


def tearDownModule():
    Sts.server.__exit__()


class Sts(unittest.TestCase):
    count = 0

    def name(self, kind):
        Sts.count += 1
        return f"{kind}-{Sts.count}"

    def refused(self, code, call, **arguments):
        with self.assertRaises(ClientError) as caught:
            call(**arguments)
        self.assertEqual(caught.exception.response["Error"]["Code"], code, caught.exception)
        return caught.exception.response["Error"]["Message"]

    def user(self, *statements):
        """A user with a policy and a key: name, key."""
        name = self.name("user")
        self.iam.create_user(UserName=name)
        if statements:
            self.iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=policy(*statements))
        return name, self.iam.create_access_key(UserName=name)["AccessKey"]

    def role(self, trust_policy, *statements, **more):
        name = self.name("role")
        arn = self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust_policy, **more)["Role"]["Arn"]
        if statements:
            self.iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=policy(*statements))
        return arn

    def client(self, service, key, **config):
        """`key`: as CreateAccessKey or STS gives it."""
        import boto3
        from botocore.config import Config
        return boto3.client(service, endpoint_url=self.server.endpoint, region_name="us-east-1", aws_access_key_id=key["AccessKeyId"],
                            aws_secret_access_key=key["SecretAccessKey"], aws_session_token=key.get("SessionToken"),
                            config=Config(retries={"max_attempts": 0}, s3={"addressing_style": "path"}, **config))

    def device(self, user):
        """An MFA device of a user: serial, and a function that gives a code that was not used yet."""
        made = self.iam.create_virtual_mfa_device(VirtualMFADeviceName=self.name("mfa"))["VirtualMFADevice"]
        seed = made["Base32StringSeed"].decode()
        step = int(time.time()) // 30
        # Steps that are past leave room for codes that tests use: one step ahead is taken as well.
        self.iam.enable_mfa_device(UserName=user, SerialNumber=made["SerialNumber"], AuthenticationCode1=totp(seed, step - 3),
                                   AuthenticationCode2=totp(seed, step - 2))
        used = [step - 2]

        def code():
            used[0] = max(used[0] + 1, int(time.time()) // 30 - 1)
            return totp(seed, used[0])
        return made["SerialNumber"], code

    def records(self, name, key=None):
        return [r for r in all_records(self.server, **({"access_key": key} if key else {})) if r["eventName"] == name]


class AssumeRole(Sts):
    def test_a_session_has_the_roles_permissions_and_not_the_users(self):
        name, key = self.user(allow("sts:AssumeRole"), allow("s3:ListAllMyBuckets"))
        role = self.role(trust({"AWS": ACCOUNT}), allow("cloudtrail:DescribeTrails"))
        answer = self.client("sts", key).assume_role(RoleArn=role, RoleSessionName="work")
        given = answer["Credentials"]
        self.assertRegex(given["AccessKeyId"], r"^ASIA[A-Z2-7]{16}$")
        self.assertEqual(len(given["SecretAccessKey"]), 40)
        left = (given["Expiration"] - datetime.datetime.now(datetime.timezone.utc)).total_seconds()
        self.assertTrue(3500 < left <= 3600, left)
        role_name = role.split("/")[-1]
        self.assertEqual(answer["AssumedRoleUser"]["Arn"], f"arn:aws:sts::{ACCOUNT}:assumed-role/{role_name}/work")
        self.assertRegex(answer["AssumedRoleUser"]["AssumedRoleId"], r"^AROA[A-Z2-7]{17}:work$")
        self.assertNotIn("PackedPolicySize", answer)
        who = self.client("sts", given).get_caller_identity()
        self.assertEqual((who["Arn"], who["UserId"]), (answer["AssumedRoleUser"]["Arn"], answer["AssumedRoleUser"]["AssumedRoleId"]))
        self.client("cloudtrail", given).describe_trails()
        message = self.refused("AccessDenied", self.client("s3", given).list_buckets)
        self.assertIn(f"arn:aws:sts::{ACCOUNT}:assumed-role/{role_name}/work is not authorized to perform: s3:ListAllMyBuckets", message)

    def test_the_record_of_the_call_and_of_those_made_with_it(self):
        name, key = self.user(allow("sts:AssumeRole"))
        role = self.role(trust({"AWS": ACCOUNT}), Path="/team/")
        role_name = role.split("/")[-1]
        given = self.client("sts", key).assume_role(RoleArn=role, RoleSessionName="records", DurationSeconds=900)["Credentials"]
        self.client("sts", given).get_caller_identity()
        made = [r for r in self.records("AssumeRole") if r["requestParameters"] and r["requestParameters"].get("roleArn") == role][0]
        self.assertEqual(made["requestParameters"], {"roleArn": role, "roleSessionName": "records", "durationSeconds": 900})
        self.assertEqual(list(made["responseElements"]), ["credentials", "assumedRoleUser"])
        self.assertEqual(list(made["responseElements"]["credentials"]), ["accessKeyId", "sessionToken", "expiration"])
        self.assertEqual(made["responseElements"]["credentials"]["sessionToken"], given["SessionToken"])
        self.assertRegex(made["responseElements"]["credentials"]["expiration"], r"^[A-Z][a-z]{2} \d{1,2}, \d{4}, \d{1,2}:\d\d:\d\d [AP]M$")
        self.assertNotIn(given["SecretAccessKey"], json.dumps(made))
        self.assertEqual(made["resources"], [{"accountId": ACCOUNT, "type": "AWS::IAM::Role", "ARN": role}])
        self.assertTrue(made["readOnly"])
        self.assertNotIn("sharedEventID", made)
        used = [r for r in self.records("GetCallerIdentity") if r["userIdentity"].get("accessKeyId") == given["AccessKeyId"]][0]
        identity = used["userIdentity"]
        self.assertEqual(list(identity), ["type", "principalId", "arn", "accountId", "accessKeyId", "sessionContext"])
        self.assertEqual(identity["type"], "AssumedRole")
        self.assertEqual(identity["arn"], f"arn:aws:sts::{ACCOUNT}:assumed-role/{role_name}/records")
        context = identity["sessionContext"]
        self.assertEqual(list(context), ["sessionIssuer", "attributes"])
        self.assertEqual(context["sessionIssuer"], {"type": "Role", "principalId": identity["principalId"].split(":")[0], "arn": role,
                                                    "accountId": ACCOUNT, "userName": role_name})
        self.assertEqual(list(context["attributes"]), ["creationDate", "mfaAuthenticated"])
        self.assertEqual(context["attributes"]["mfaAuthenticated"], "false")

    def test_both_the_caller_and_the_role_must_agree(self):
        name, key = self.user()
        sts = self.client("sts", key)
        open_role = self.role(trust({"AWS": ACCOUNT}))
        message = self.refused("AccessDenied", sts.assume_role, RoleArn=open_role, RoleSessionName="no")
        self.assertEqual(message, f"User: arn:aws:iam::{ACCOUNT}:user/{name} is not authorized to perform: sts:AssumeRole on resource: {open_role}")
        # Within an account a role that names the user needs no more.
        named = self.role(trust({"AWS": f"arn:aws:iam::{ACCOUNT}:user/{name}"}))
        sts.assume_role(RoleArn=named, RoleSessionName="yes")
        self.iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=policy(allow("sts:AssumeRole")))
        sts.assume_role(RoleArn=open_role, RoleSessionName="yes")
        closed = self.role(trust({"Service": "cloudtrail.amazonaws.com"}))
        for role in (closed, f"arn:aws:iam::{ACCOUNT}:role/nobody-knows-it", f"arn:aws:iam::{ACCOUNT}:user/{name}",
                     "arn:aws:iam::999999999999:role/elsewhere"):
            message = self.refused("AccessDenied", sts.assume_role, RoleArn=role, RoleSessionName="no")
            self.assertTrue(message.endswith(f"is not authorized to perform: sts:AssumeRole on resource: {role}"), message)
        denied = [r for r in self.records("AssumeRole") if r.get("errorCode") and r["userIdentity"].get("userName") == name]
        self.assertEqual({r["errorCode"] for r in denied}, {"AccessDenied"})
        self.assertTrue(all(r["requestParameters"] is None and "resources" not in r for r in denied))

    def test_conditions_of_the_trust_policy(self):
        name, key = self.user(allow("sts:*"))
        sts = self.client("sts", key)
        external = self.role(trust({"AWS": ACCOUNT}, Condition={"StringEquals": {"sts:ExternalId": "Unique ID/1".replace(" ", "-")}}))
        self.refused("AccessDenied", sts.assume_role, RoleArn=external, RoleSessionName="no")
        self.refused("AccessDenied", sts.assume_role, RoleArn=external, RoleSessionName="no", ExternalId="other")
        sts.assume_role(RoleArn=external, RoleSessionName="yes", ExternalId="Unique-ID/1")
        named = self.role(trust({"AWS": ACCOUNT}, Condition={"StringLike": {"sts:RoleSessionName": "${aws:username}"}}))
        self.refused("AccessDenied", sts.assume_role, RoleArn=named, RoleSessionName="somebody")
        sts.assume_role(RoleArn=named, RoleSessionName=name)
        protected = self.role(trust({"AWS": ACCOUNT}, Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}}))
        self.refused("AccessDenied", sts.assume_role, RoleArn=protected, RoleSessionName="no")

    def test_how_long(self):
        name, key = self.user(allow("sts:AssumeRole"))
        sts = self.client("sts", key)
        role = self.role(trust({"AWS": ACCOUNT}), allow("sts:AssumeRole"), MaxSessionDuration=7200)
        sts.assume_role(RoleArn=role, RoleSessionName="ok", DurationSeconds=7200)
        message = self.refused("ValidationError", sts.assume_role, RoleArn=role, RoleSessionName="no", DurationSeconds=7201)
        self.assertEqual(message, "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
        self.refused("ValidationError", self.client("sts", key, parameter_validation=False).assume_role, RoleArn=role, RoleSessionName="no",
                     DurationSeconds=899)
        chained = self.client("sts", sts.assume_role(RoleArn=role, RoleSessionName="first")["Credentials"])
        chained.assume_role(RoleArn=role, RoleSessionName="second", DurationSeconds=3600)
        message = self.refused("ValidationError", chained.assume_role, RoleArn=role, RoleSessionName="no", DurationSeconds=3601)
        self.assertEqual(message, "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.")

    def test_parameters_in_awss_words(self):
        sts = self.client("sts", self.user(allow("sts:*"))[1], parameter_validation=False)
        role = self.role(trust({"AWS": ACCOUNT}, "sts:AssumeRole", "sts:TagSession"))
        for arn in ("nothing-valid-in-here", "arn:a:::something/test-role", "arn:a:a::aaaaaaaaaa:"):
            self.assertEqual(self.refused("ValidationError", sts.assume_role, RoleArn=arn, RoleSessionName="Session1"), f"{arn} is invalid")
        message = self.refused("ValidationError", sts.assume_role, RoleArn=role, RoleSessionName="Session1:2")
        self.assertEqual(message, "1 validation error detected: Value 'Session1:2' at 'roleSessionName' failed to satisfy constraint: "
                                  "Member must satisfy regular expression pattern: [\\w+=,.@-]*")
        tags = [{"Key": "a", "Value": "1"}, {"Key": "A", "Value": "2"}]
        self.assertEqual(self.refused("InvalidParameterValue", sts.assume_role, RoleArn=role, RoleSessionName="tags", Tags=tags),
                         "Duplicate tag keys found. Please note that Tag keys are case insensitive.")
        self.assertEqual(self.refused("InvalidParameterValue", sts.assume_role, RoleArn=role, RoleSessionName="tags", Tags=tags[:1],
                                      TransitiveTagKeys=["b"]),
                         "The specified transitive tag key must be included in the requested tags.")
        self.assertIn("Statement[0]", self.refused("MalformedPolicyDocument", sts.assume_role, RoleArn=role, RoleSessionName="policy",
                                                   Policy=policy({"Effect": "Perhaps", "Action": "s3:*", "Resource": "*"})))
        self.assertEqual(self.refused("MalformedPolicyDocument", sts.assume_role, RoleArn=role, RoleSessionName="policy", Policy="no"),
                         "This policy contains invalid Json")

    def test_root_cannot(self):
        root = root_of(self.server, ACCOUNT)
        role = self.role(trust({"AWS": ACCOUNT}))
        self.assertEqual(self.refused("AccessDenied", self.client("sts", root).assume_role, RoleArn=role, RoleSessionName="no"),
                         "Roles may not be assumed by root accounts.")
        # Its own sessions last an hour, whatever it asks for.
        given = self.client("sts", root).get_session_token(DurationSeconds=43200)["Credentials"]
        left = (given["Expiration"] - datetime.datetime.now(datetime.timezone.utc)).total_seconds()
        self.assertTrue(3500 < left <= 3600, left)
        self.assertEqual(self.client("sts", given).get_caller_identity()["Arn"], f"arn:aws:iam::{ACCOUNT}:root")
        self.client("s3", given).list_buckets()

    def test_session_policies_only_take_away(self):
        name, key = self.user(allow("sts:AssumeRole"))
        sts = self.client("sts", key)
        role = self.role(trust({"AWS": ACCOUNT}), allow("s3:ListAllMyBuckets", "cloudtrail:DescribeTrails"))

        def may(**limits):
            answer = sts.assume_role(RoleArn=role, RoleSessionName="limited", **limits)
            given = answer["Credentials"]

            def works(call):
                try:
                    call()
                    return True
                except ClientError as error:
                    self.assertIn(error.response["Error"]["Code"], ("AccessDenied", "AccessDeniedException"))
                    self.assertIn("because no session policy allows", str(error))
                    return False
            return (works(self.client("s3", given).list_buckets), works(self.client("cloudtrail", given).describe_trails),
                    answer.get("PackedPolicySize"))
        self.assertEqual(may(), (True, True, None))
        one = policy(allow("s3:*", "iam:*"))
        self.assertEqual(may(Policy=one)[:2], (True, False))
        self.assertEqual(may(PolicyArns=[{"arn": "arn:aws:iam::aws:policy/AWSCloudTrail_ReadOnlyAccess"}])[1], True)
        managed = self.iam.create_policy(PolicyName=self.name("policy"), PolicyDocument=policy(allow("cloudtrail:*")))["Policy"]["Arn"]
        self.assertEqual(may(PolicyArns=[{"arn": managed}])[:2], (False, True))
        self.assertEqual(may(Policy=one, PolicyArns=[{"arn": managed}])[:2], (True, True))
        # AWS's own example of a packed size: a policy of this size counts as 4 per cent.
        self.assertEqual(may(Policy=policy(allow("*")).replace('["*"]', '"*"'))[2], 4)
        big = policy(*[allow("s3:GetObject", resource=f"arn:aws:s3:::bucket-{i:04}/*") for i in range(18)])
        tags = [{"Key": f"key-{i}-{'k' * 60}", "Value": "v" * 100} for i in range(10)]
        tagged = self.role(trust({"AWS": ACCOUNT}, "sts:AssumeRole", "sts:TagSession"))
        self.iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=policy(allow("sts:*")))
        message = self.refused("PackedPolicyTooLarge", sts.assume_role, RoleArn=tagged, RoleSessionName="big", Policy=big, Tags=tags)
        self.assertRegex(message, r"^Packed policy consumes \d+% of allotted space, please use smaller policy\.$")

    def test_tags_are_for_policies_and_transitive_ones_go_on(self):
        name, key = self.user(allow("sts:AssumeRole"))
        sts = self.client("sts", key)
        by_team = allow("s3:ListAllMyBuckets", Condition={"StringEquals": {"aws:PrincipalTag/team": "blue"}})
        first = self.role(trust({"AWS": ACCOUNT}, "sts:AssumeRole", "sts:TagSession"), by_team, allow("sts:AssumeRole", "sts:TagSession"))
        second = self.role(trust({"AWS": ACCOUNT}, "sts:AssumeRole", "sts:TagSession"), by_team)
        tags = [{"Key": "team", "Value": "blue"}, {"Key": "other", "Value": "x"}]
        message = self.refused("AccessDenied", sts.assume_role, RoleArn=first, RoleSessionName="tags", Tags=tags)
        self.assertTrue(message.endswith(f"is not authorized to perform: sts:TagSession on resource: {first}"), message)
        self.iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=policy(
            allow("sts:AssumeRole"), allow("sts:TagSession", Condition={"StringEquals": {"aws:RequestTag/team": "blue"}})))
        self.refused("AccessDenied", sts.assume_role, RoleArn=first, RoleSessionName="tags", Tags=[{"Key": "team", "Value": "red"}])
        plain = sts.assume_role(RoleArn=first, RoleSessionName="plain")["Credentials"]
        self.refused("AccessDenied", self.client("s3", plain).list_buckets)
        given = sts.assume_role(RoleArn=first, RoleSessionName="tagged", Tags=tags, TransitiveTagKeys=["team"])["Credentials"]
        self.client("s3", given).list_buckets()
        chained = self.client("sts", given).assume_role(RoleArn=second, RoleSessionName="chained")["Credentials"]
        self.client("s3", chained).list_buckets()
        message = self.refused("InvalidParameterValue", self.client("sts", given).assume_role, RoleArn=second, RoleSessionName="no",
                               Tags=[{"Key": "Team", "Value": "red"}])
        self.assertEqual(message, "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from "
                                  "the calling session.")
        record = [r for r in self.records("AssumeRole") if (r["requestParameters"] or {}).get("roleSessionName") == "chained"][0]
        self.assertEqual(record["requestParameters"]["incomingTransitiveTags"], {"team": "blue"})
        self.assertEqual(list(record["requestParameters"])[0], "incomingTransitiveTags")

    def test_a_source_identity_stays(self):
        name, key = self.user(allow("sts:AssumeRole"))
        sts = self.client("sts", key)
        first = self.role(trust({"AWS": ACCOUNT}, "sts:AssumeRole", "sts:SetSourceIdentity"), allow("sts:*"))
        self.refused("AccessDenied", sts.assume_role, RoleArn=first, RoleSessionName="session", SourceIdentity="Alice")
        self.iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=policy(allow("sts:AssumeRole", "sts:SetSourceIdentity")))
        answer = sts.assume_role(RoleArn=first, RoleSessionName="session", SourceIdentity="Alice")
        self.assertEqual(answer["SourceIdentity"], "Alice")
        chained = self.client("sts", answer["Credentials"])
        answer = chained.assume_role(RoleArn=first, RoleSessionName="again")
        self.assertEqual(answer["SourceIdentity"], "Alice")
        self.refused("AccessDenied", chained.assume_role, RoleArn=first, RoleSessionName="other", SourceIdentity="Bob")
        self.client("sts", answer["Credentials"]).get_caller_identity()
        used = [r for r in self.records("GetCallerIdentity") if r["userIdentity"].get("accessKeyId") == answer["Credentials"]["AccessKeyId"]][0]
        self.assertEqual(list(used["userIdentity"]["sessionContext"]), ["sessionIssuer", "attributes", "sourceIdentity"])
        self.assertEqual(used["userIdentity"]["sessionContext"]["sourceIdentity"], "Alice")

    def test_sessions_end_with_their_role_or_by_a_policy_on_their_age(self):
        key = self.user(allow("sts:AssumeRole"))[1]
        role = self.role(trust({"AWS": ACCOUNT}), allow("s3:ListAllMyBuckets"))
        role_name = role.split("/")[-1]
        given = self.client("sts", key).assume_role(RoleArn=role, RoleSessionName="old")["Credentials"]
        s3 = self.client("s3", given)
        s3.list_buckets()
        soon = (datetime.datetime.utcnow() + datetime.timedelta(seconds=2)).strftime("%Y-%m-%dT%H:%M:%SZ")
        self.iam.put_role_policy(RoleName=role_name, PolicyName="AWSRevokeOlderSessions", PolicyDocument=policy(
            deny("*", Condition={"DateLessThan": {"aws:TokenIssueTime": soon}})))
        self.refused("AccessDenied", s3.list_buckets)
        self.iam.delete_role_policy(RoleName=role_name, PolicyName="AWSRevokeOlderSessions")
        s3.list_buckets()
        self.iam.delete_role_policy(RoleName=role_name, PolicyName="own")
        self.iam.delete_role(RoleName=role_name)
        self.assertEqual(self.refused("InvalidClientTokenId", self.client("sts", given).get_caller_identity),
                         "The security token included in the request is invalid.")
        self.iam.create_role(RoleName=role_name, AssumeRolePolicyDocument=trust({"AWS": ACCOUNT}))
        self.refused("InvalidToken", s3.list_buckets)  # whoever came later under the name is another

    def test_sessions_outlive_a_restart(self):
        with Server() as server:
            iam = server.client("iam")
            iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust({"AWS": ACCOUNT}))
            given = server.client("sts").assume_role(RoleArn=f"arn:aws:iam::{ACCOUNT}:role/r", RoleSessionName="session")["Credentials"]
            server.kill()
            server.start()
            import boto3
            sts = boto3.client("sts", endpoint_url=server.endpoint, region_name="us-east-1", aws_access_key_id=given["AccessKeyId"],
                               aws_secret_access_key=given["SecretAccessKey"], aws_session_token=given["SessionToken"])
            self.assertEqual(sts.get_caller_identity()["Arn"], f"arn:aws:sts::{ACCOUNT}:assumed-role/r/session")

    def test_when_a_role_was_last_used(self):
        key = self.user(allow("sts:AssumeRole"))[1]
        role = self.role(trust({"AWS": ACCOUNT}))
        role_name = role.split("/")[-1]
        self.assertEqual(self.iam.get_role(RoleName=role_name)["Role"]["RoleLastUsed"], {})
        given = self.client("sts", key).assume_role(RoleArn=role, RoleSessionName="session")["Credentials"]
        self.client("sts", given).get_caller_identity()
        self.server.settle()
        used = self.iam.get_role(RoleName=role_name)["Role"]["RoleLastUsed"]
        self.assertEqual(used["Region"], "us-east-1")
        self.assertLess(abs((datetime.datetime.now(datetime.timezone.utc) - used["LastUsedDate"]).total_seconds()), 60)


class OwnSessions(Sts):
    def test_a_session_token_stands_for_its_user(self):
        name, key = self.user(allow("s3:ListAllMyBuckets"), allow("iam:GetUser", "sts:GetFederationToken"))
        given = self.client("sts", key).get_session_token(DurationSeconds=900)["Credentials"]
        self.assertEqual(self.client("sts", given).get_caller_identity()["Arn"], f"arn:aws:iam::{ACCOUNT}:user/{name}")
        self.client("s3", given).list_buckets()
        # "You cannot call any IAM API operations unless MFA authentication information is included in the request."
        self.refused("InvalidClientTokenId", self.client("iam", given).get_user)
        self.assertEqual(self.refused("AccessDenied", self.client("sts", given).get_session_token),
                         "Cannot call GetSessionToken with session credentials")
        self.assertEqual(self.refused("AccessDenied", self.client("sts", given).get_federation_token, Name="bob"),
                         "Cannot call GetFederationToken with session credentials")
        record = [r for r in self.records("ListBuckets") if r["userIdentity"].get("accessKeyId") == given["AccessKeyId"]][0]
        identity = record["userIdentity"]
        self.assertEqual(list(identity), ["type", "principalId", "arn", "accountId", "accessKeyId", "userName", "sessionContext"])
        self.assertEqual((identity["type"], identity["userName"]), ("IAMUser", name))
        self.assertEqual(list(identity["sessionContext"]), ["attributes"])
        made = [r for r in self.records("GetSessionToken") if r["userIdentity"].get("userName") == name and not r.get("errorCode")][0]
        self.assertFalse(made["readOnly"])
        self.assertEqual(list(made["responseElements"]["credentials"]), ["accessKeyId", "sessionToken", "expiration"])
        self.iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"])
        self.iam.delete_user_policy(UserName=name, PolicyName="own")
        self.iam.delete_user(UserName=name)
        self.refused("InvalidClientTokenId", self.client("sts", given).get_caller_identity)

    def test_mfa(self):
        name, key = self.user(allow("iam:GetUser", Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}}),
                              allow("sts:AssumeRole"))
        sts = self.client("sts", key)
        serial, code = self.device(name)
        self.refused("AccessDenied", self.client("iam", key).get_user)
        self.assertEqual(self.refused("AccessDenied", sts.get_session_token, SerialNumber=serial),
                         "MultiFactorAuthentication failed, must provide both MFA serial number and one time pass code. ")
        self.assertIn("unable to validate MFA code", self.refused("AccessDenied", sts.get_session_token, TokenCode="123456",
                                                                  SerialNumber=f"arn:aws:iam::{ACCOUNT}:mfa/nobodys"))
        other = self.user(allow("sts:*"))[1]
        self.assertIn("unable to validate MFA code",
                      self.refused("AccessDenied", self.client("sts", other).get_session_token, TokenCode=code(), SerialNumber=serial))
        good = code()
        given = sts.get_session_token(SerialNumber=serial, TokenCode=good)["Credentials"]
        self.assertIn("invalid MFA one time pass code",
                      self.refused("AccessDenied", sts.get_session_token, SerialNumber=serial, TokenCode=good), "used up")
        self.assertEqual(self.client("iam", given).get_user()["User"]["UserName"], name)
        used = [r for r in self.records("GetUser") if r["userIdentity"].get("accessKeyId") == given["AccessKeyId"]][0]
        self.assertEqual(used["userIdentity"]["sessionContext"]["attributes"]["mfaAuthenticated"], "true")
        protected = self.role(trust({"AWS": ACCOUNT}, Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"},
                                                                 "NumericLessThan": {"aws:MultiFactorAuthAge": "300"}}))
        self.refused("AccessDenied", sts.assume_role, RoleArn=protected, RoleSessionName="no")
        self.client("sts", given).assume_role(RoleArn=protected, RoleSessionName="by-session")
        answer = sts.assume_role(RoleArn=protected, RoleSessionName="by-code", SerialNumber=serial, TokenCode=code())
        self.client("sts", answer["Credentials"]).get_caller_identity()
        used = [r for r in self.records("GetCallerIdentity") if r["userIdentity"].get("accessKeyId") == answer["Credentials"]["AccessKeyId"]][0]
        self.assertEqual(used["userIdentity"]["sessionContext"]["attributes"]["mfaAuthenticated"], "true")
        record = [r for r in self.records("AssumeRole") if (r["requestParameters"] or {}).get("roleSessionName") == "by-code"][0]
        self.assertEqual(record["requestParameters"]["serialNumber"], serial)
        self.assertNotIn("tokenCode", record["requestParameters"])

    def test_codes_are_not_to_be_guessed(self):
        name, key = self.user()
        sts = self.client("sts", key)
        serial, code = self.device(name)
        good = code()
        for guess in range(10):
            wrong = f"{(int(good) + 1 + guess) % 1000000:06}"
            self.refused("AccessDenied", sts.get_session_token, SerialNumber=serial, TokenCode=wrong)
        self.refused("AccessDenied", sts.get_session_token, SerialNumber=serial, TokenCode=good)

    def test_a_federated_user_has_what_both_its_policy_and_its_issuers_allow(self):
        name, key = self.user(allow("s3:ListAllMyBuckets", "iam:*"), allow("sts:GetFederationToken"))
        sts = self.client("sts", key)
        nothing = sts.get_federation_token(Name="bob")
        self.assertEqual(nothing["FederatedUser"], {"FederatedUserId": f"{ACCOUNT}:bob", "Arn": f"arn:aws:sts::{ACCOUNT}:federated-user/bob"})
        self.refused("AccessDenied", self.client("s3", nothing["Credentials"]).list_buckets)
        given = sts.get_federation_token(Name="bob", Policy=policy(allow("s3:*", "iam:*", "cloudtrail:*")), DurationSeconds=900)["Credentials"]
        self.client("s3", given).list_buckets()
        self.refused("AccessDeniedException", self.client("cloudtrail", given).describe_trails)
        self.refused("InvalidClientTokenId", self.client("iam", given).list_users)
        self.assertEqual(self.client("sts", given).get_caller_identity()["Arn"], f"arn:aws:sts::{ACCOUNT}:federated-user/bob")
        self.refused("AccessDenied", self.client("sts", given).get_session_token)
        message = self.refused("AccessDenied", sts.get_federation_token, Name="bob", Tags=[{"Key": "a", "Value": "b"}])
        self.assertIn("sts:TagSession", message)
        record = [r for r in self.records("ListBuckets") if r["userIdentity"].get("accessKeyId") == given["AccessKeyId"]][0]
        identity = record["userIdentity"]
        self.assertEqual(list(identity), ["type", "principalId", "arn", "accountId", "accessKeyId", "sessionContext"])
        self.assertEqual((identity["type"], identity["principalId"]), ("FederatedUser", f"{ACCOUNT}:bob"))
        self.assertEqual(identity["sessionContext"]["sessionIssuer"]["userName"], name)
        made = [r for r in self.records("GetFederationToken") if (r["responseElements"] or {}).get("packedPolicySize")][0]
        self.assertEqual(set(made["responseElements"]), {"credentials", "federatedUser", "packedPolicySize"})

    def test_what_sts_tells_of_keys(self):
        key = self.user(allow("sts:GetAccessKeyInfo", "sts:DecodeAuthorizationMessage"))[1]
        sts = self.client("sts", key)
        self.assertEqual(sts.get_access_key_info(AccessKeyId=key["AccessKeyId"])["Account"], ACCOUNT)
        role = self.role(trust({"AWS": ACCOUNT}))
        given = self.sts.assume_role(RoleArn=role, RoleSessionName="session")["Credentials"]
        self.assertEqual(sts.get_access_key_info(AccessKeyId=given["AccessKeyId"])["Account"], ACCOUNT)
        self.refused("ValidationError", sts.get_access_key_info, AccessKeyId="AKIANOBODYKNOWSIT234")
        self.refused("InvalidAuthorizationMessageException", sts.decode_authorization_message, EncodedMessage="no message")
        self.refused("AccessDenied", self.client("sts", self.user()[1]).get_access_key_info, AccessKeyId=key["AccessKeyId"])


class Forgeries(Sts):
    """No token gets in but those that were given out, for their own key, in their time."""

    def send(self, connection, service, key):
        """One signed call, of STS or S3; the status and the body."""
        credentials = botocore.credentials.Credentials(key["AccessKeyId"], key["SecretAccessKey"], key.get("SessionToken"))
        host = self.server.endpoint.split("//")[1]
        if service == "sts":
            request = botocore.awsrequest.AWSRequest("POST", f"http://{host}/", data="Action=GetCallerIdentity&Version=2011-06-15",
                                                     headers={"Content-Type": "application/x-www-form-urlencoded"})
            botocore.auth.SigV4Auth(credentials, "sts", "us-east-1").add_auth(request)
        else:
            request = botocore.awsrequest.AWSRequest("GET", f"http://{host}/")
            botocore.auth.S3SigV4Auth(credentials, "s3", "us-east-1").add_auth(request)
        connection.request(request.method, "/", body=request.data or None, headers=dict(request.headers))
        response = connection.getresponse()
        return response.status, response.read().decode()

    def test_none_gets_in(self):
        chance = random.Random(4)
        user_key = self.user(allow("*"))[1]
        role = self.role(trust({"AWS": ACCOUNT}), allow("*"))
        sts = self.client("sts", user_key)
        given = [sts.assume_role(RoleArn=role, RoleSessionName=f"s{i}")["Credentials"] for i in range(3)]
        given.append(sts.get_session_token()["Credentials"])
        connection = http.client.HTTPConnection(self.server.endpoint.split("//")[1], timeout=30)
        for key in given:
            for service in ("sts", "s3"):
                self.assertEqual(self.send(connection, service, key)[0], 200)
        letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="

        def forge():
            key = dict(chance.choice(given))
            token = key["SessionToken"]
            way = chance.randrange(7)
            if way == 0:
                at = chance.randrange(len(token))
                key["SessionToken"] = token[:at] + chance.choice(letters) + token[at + 1:]
            elif way == 1:
                key["SessionToken"] = token[:chance.randrange(1, len(token))]
            elif way == 2:
                key["SessionToken"] = token + chance.choice(letters)
            elif way == 3:
                other = chance.choice(given)["SessionToken"]
                cut = chance.randrange(1, len(token) - 1)
                key["SessionToken"] = token[:cut] + other[cut:]
            elif way == 4:
                key["SessionToken"] = chance.choice(given)["SessionToken"]
            elif way == 5:
                key["SessionToken"] = "".join(chance.choice(letters) for _ in range(chance.randrange(1, 900)))
            else:
                key["AccessKeyId"] = chance.choice([user_key["AccessKeyId"], given[0]["AccessKeyId"][:-1] + "A"])
            genuine = [(k["AccessKeyId"], k["SecretAccessKey"], k["SessionToken"]) for k in given]
            return None if (key["AccessKeyId"], key["SecretAccessKey"], key["SessionToken"]) in genuine else key
        before = len(all_records(self.server))
        tried = 0
        while tried < FORGERIES:
            key = forge()
            if key is None:
                continue
            service = "sts" if tried % 2 == 0 else "s3"
            status, body = self.send(connection, service, key)
            tried += 1
            self.assertIn(status, (400, 403), (key, body))
            self.assertRegex(body, "<Code>(InvalidClientTokenId|InvalidToken|InvalidAccessKeyId|SignatureDoesNotMatch)</Code>")
            self.assertNotIn(key["SecretAccessKey"], body)
        # A failed authentication is no event, and what was given out still works.
        self.assertEqual(len(all_records(self.server)), before)
        for key in given:
            self.assertEqual(self.send(connection, "sts", key)[0], 200)
        key = dict(given[0])
        del key["SessionToken"]
        self.assertIn("InvalidClientTokenId", self.send(connection, "sts", key)[1])
        self.assertIn("InvalidAccessKeyId", self.send(connection, "s3", key)[1])

    def test_presigned_urls_carry_the_token(self):
        import urllib.error
        import urllib.request
        role = self.role(trust({"AWS": ACCOUNT}), allow("s3:*"))
        given = self.sts.assume_role(RoleArn=role, RoleSessionName="presign")["Credentials"]
        s3 = self.client("s3", given, signature_version="s3v4")
        bucket = self.name("presigned")
        s3.create_bucket(Bucket=bucket)
        s3.put_object(Bucket=bucket, Key="k", Body=b"v")
        url = s3.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "k"})
        self.assertIn("X-Amz-Security-Token=", url)
        self.assertEqual(urllib.request.urlopen(url).read(), b"v")
        without = "&".join(part for part in url.split("&") if not part.startswith("X-Amz-Security-Token="))
        with self.assertRaises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(without)
        self.assertEqual(caught.exception.code, 403)


if __name__ == "__main__":
    unittest.main()
