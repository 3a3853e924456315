"""IAM through boto3 and the AWS CLI, as a person uses it: users, groups, policies, boundaries, keys; and what those then may do."""
import base64
import hashlib
import hmac
import json
import struct
import subprocess
import time
import unittest

from botocore.exceptions import ClientError

from server import BINARY, Server, all_records, signed_post

ACCOUNT = "000000000000"


def policy(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(*actions, resource="*", **more):
    return {"Effect": "Allow", "Action": list(actions), "Resource": resource, **more}


def deny(*actions, resource="*", **more):
    return {"Effect": "Deny", "Action": list(actions), "Resource": resource, **more}


TRUST = json.dumps({"Version": "2012-10-17", "Statement": [
    {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "sts:AssumeRole"}]})


def totp(seed, step):
    mac = hmac.new(base64.b32decode(seed), struct.pack(">Q", step), hashlib.sha1).digest()
    at = mac[-1] & 15
    return f"{(struct.unpack('>I', mac[at:at + 4])[0] & 0x7fffffff) % 1000000:06}"


def setUpModule():
    Iam.server = Server().__enter__()
    Iam.iam = Iam.server.client("iam")


def tearDownModule():
    Iam.server.__exit__()


class Iam(unittest.TestCase):
    count = 0

    def name(self, kind="user"):
        Iam.count += 1
        return f"{kind}-{Iam.count}"

    def refused(self, code, call, **arguments):
        with self.assertRaises(ClientError) as caught:
            call(**arguments)
        self.assertEqual(caught.exception.response["Error"]["Code"], code, caught.exception)
        return caught.exception.response["Error"]["Message"]

    def user(self, *statements, **more):
        name = self.name()
        self.iam.create_user(UserName=name, **more)
        if statements:
            self.iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=policy(*statements))
        return name

    def key(self, user):
        return self.iam.create_access_key(UserName=user)["AccessKey"]

    def acting_as(self, user, service, **more):
        key = self.key(user)
        return self.server.client(service, access_key=key["AccessKeyId"], secret_key=key["SecretAccessKey"], **more)


class Access(Iam):
    """What policies let people do."""

    def test_no_policy_no_access(self):
        user = self.user()
        key = self.key(user)
        as_user = lambda service: self.server.client(service, access_key=key["AccessKeyId"], secret_key=key["SecretAccessKey"])
        arn = f"arn:aws:iam::{ACCOUNT}:user/{user}"
        message = self.refused("AccessDenied", as_user("iam").list_users)
        self.assertEqual(message, f"User: {arn} is not authorized to perform: iam:ListUsers on resource: "
                                  f"arn:aws:iam::{ACCOUNT}:user/ because no identity-based policy allows the iam:ListUsers action")
        message = self.refused("AccessDenied", as_user("iam").get_user, UserName="admin")
        self.assertIn("on resource: user admin because no identity-based", message)
        self.refused("AccessDeniedException", as_user("cloudtrail").lookup_events)
        self.refused("AccessDenied", as_user("s3").list_buckets)
        self.refused("AccessDenied", as_user("s3").create_bucket, Bucket="mine-then")
        self.assertEqual(as_user("sts").get_caller_identity()["Arn"], arn)     # needs no permission
        denied = [r for r in all_records(self.server) if r["userIdentity"].get("userName") == user and r.get("errorCode")]
        self.assertEqual({r["errorCode"] for r in denied}, {"AccessDenied"})
        self.assertEqual(len(denied), 5)
        for record in denied:
            self.assertTrue(record["errorMessage"].startswith(f"User: {arn} is not authorized to perform: "), record)
            if record["eventSource"] != "s3.amazonaws.com":
                self.assertIsNone(record["requestParameters"])

    def test_a_policy_opens_what_it_names(self):
        user = self.user(allow("iam:GetUser", resource=f"arn:aws:iam::{ACCOUNT}:user/team/*"), allow("cloudtrail:LookupEvents"))
        mate = self.name()
        self.iam.create_user(UserName=mate, Path="/team/")
        iam = self.acting_as(user, "iam")
        self.assertEqual(iam.get_user(UserName=mate)["User"]["UserName"], mate)
        self.refused("AccessDenied", iam.get_user, UserName="admin")
        self.acting_as(user, "cloudtrail").lookup_events(MaxResults=1)

    def test_groups(self):
        group = self.name("group")
        self.iam.create_group(GroupName=group)
        self.iam.attach_group_policy(GroupName=group, PolicyArn="arn:aws:iam::aws:policy/IAMReadOnlyAccess")
        user = self.user()
        iam = self.acting_as(user, "iam")
        self.refused("AccessDenied", iam.list_users)
        self.iam.add_user_to_group(GroupName=group, UserName=user)
        iam.list_users()
        self.refused("AccessDenied", iam.create_user, UserName="nobody")
        self.iam.remove_user_from_group(GroupName=group, UserName=user)
        self.refused("AccessDenied", iam.list_users)

    def test_an_explicit_deny_wins(self):
        user = self.user(allow("*"), deny("iam:DeleteUser"))
        message = self.refused("AccessDenied", self.acting_as(user, "iam").delete_user, UserName="admin")
        self.assertIn("on resource: user admin with an explicit deny in an identity-based policy", message)

    def test_a_boundary_limits(self):
        arn = self.iam.create_policy(PolicyName=self.name("policy"), PolicyDocument=policy(allow("s3:*")))["Policy"]["Arn"]
        user = self.user(allow("*"), PermissionsBoundary=arn)
        key = self.key(user)
        as_user = lambda service: self.server.client(service, access_key=key["AccessKeyId"], secret_key=key["SecretAccessKey"])
        as_user("s3").list_buckets()
        message = self.refused("AccessDenied", as_user("iam").list_users)
        self.assertIn("because no permissions boundary allows the iam:ListUsers action", message)
        self.assertEqual(self.iam.get_user(UserName=user)["User"]["PermissionsBoundary"]["PermissionsBoundaryArn"], arn)
        self.refused("DeleteConflict", self.iam.delete_policy, PolicyArn=arn)
        self.iam.delete_user_permissions_boundary(UserName=user)
        as_user("iam").list_users()
        self.iam.delete_policy(PolicyArn=arn)

    def test_policies_reach_into_buckets(self):
        bucket = self.name("bucket")
        s3 = self.server.client("s3")
        s3.create_bucket(Bucket=bucket)
        s3.put_object(Bucket=bucket, Key="home/secret", Body=b"x")
        user = self.user(allow("s3:GetObject", resource=f"arn:aws:s3:::{bucket}/${{aws:username}}/*"))
        s3.put_object(Bucket=bucket, Key=f"{user}/mine", Body=b"hello")
        as_user = self.acting_as(user, "s3")
        self.assertEqual(as_user.get_object(Bucket=bucket, Key=f"{user}/mine")["Body"].read(), b"hello")
        message = self.refused("AccessDenied", as_user.get_object, Bucket=bucket, Key="home/secret")
        self.assertIn(f'on resource: "arn:aws:s3:::{bucket}/home/secret" because no identity-based policy allows', message)
        self.refused("AccessDenied", as_user.put_object, Bucket=bucket, Key=f"{user}/mine", Body=b"y")
        s3.put_bucket_policy(Bucket=bucket, Policy=policy(
            {**allow("s3:PutObject", resource=f"arn:aws:s3:::{bucket}/*"), "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:user/{user}"}},
            {**deny("s3:DeleteObject", resource=f"arn:aws:s3:::{bucket}/*"), "Principal": "*"}))
        as_user.put_object(Bucket=bucket, Key=f"{user}/mine", Body=b"y")     # given by the bucket
        message = self.refused("AccessDenied", s3.delete_object, Bucket=bucket, Key="home/secret")
        self.assertIn("with an explicit deny in a resource-based policy", message)

    def test_policies_reach_into_keys(self):
        arn = self.server.client("kms").create_key()["KeyMetadata"]["Arn"]
        user = self.user(allow("kms:Encrypt", resource=arn), allow("kms:ListKeys"))
        kms = self.acting_as(user, "kms")
        kms.list_keys()
        kms.encrypt(KeyId=arn, Plaintext=b"x")
        message = self.refused("AccessDeniedException", kms.describe_key, KeyId=arn)
        self.assertIn(f"kms:DescribeKey on resource: {arn} because no identity-based policy allows", message)
        message = self.refused("AccessDeniedException", kms.create_key)
        self.assertIn("kms:CreateKey on resource: * because no identity-based policy allows", message)

    def test_conditions(self):
        user = self.user(allow("iam:ListUsers", Condition={"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}}),
                         allow("iam:ListRoles", Condition={"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}),
                         allow("iam:TagUser", Condition={"StringEquals": {"aws:RequestTag/team": "audit"}}))
        iam = self.acting_as(user, "iam")
        iam.list_users()
        self.refused("AccessDenied", iam.list_roles)
        iam.tag_user(UserName=user, Tags=[{"Key": "team", "Value": "audit"}])
        self.refused("AccessDenied", iam.tag_user, UserName=user, Tags=[{"Key": "team", "Value": "other"}])


class Keys(Iam):
    def test_rotation(self):
        user = self.user(allow("iam:ListUsers"))
        first, second = self.key(user), self.key(user)
        self.assertIn("AccessKeysPerUser: 2", self.refused("LimitExceeded", self.iam.create_access_key, UserName=user))
        clients = [self.server.client("iam", access_key=k["AccessKeyId"], secret_key=k["SecretAccessKey"]) for k in (first, second)]
        for client in clients:
            client.list_users()
        self.iam.update_access_key(UserName=user, AccessKeyId=first["AccessKeyId"], Status="Inactive")
        self.refused("InvalidClientTokenId", clients[0].list_users)
        clients[1].list_users()
        self.iam.update_access_key(UserName=user, AccessKeyId=first["AccessKeyId"], Status="Active")
        clients[0].list_users()
        self.iam.delete_access_key(UserName=user, AccessKeyId=first["AccessKeyId"])
        self.refused("InvalidClientTokenId", clients[0].list_users)
        listed = self.iam.list_access_keys(UserName=user)["AccessKeyMetadata"]
        self.assertEqual([k["AccessKeyId"] for k in listed], [second["AccessKeyId"]])
        self.server.settle()
        used = self.iam.get_access_key_last_used(AccessKeyId=second["AccessKeyId"])
        self.assertEqual(used["UserName"], user)
        self.assertEqual(used["AccessKeyLastUsed"]["ServiceName"], "iam")

    def test_secrets_stay_out_of_records(self):
        user = self.user()
        key = self.key(user)
        record = [r for r in all_records(self.server) if r["eventName"] == "CreateAccessKey"][-1]
        self.assertEqual(record["responseElements"]["accessKey"]["accessKeyId"], key["AccessKeyId"])
        self.assertNotIn(key["SecretAccessKey"], json.dumps(record))

    def test_a_user_changes_own_keys(self):
        user = self.user(allow("iam:*AccessKey*", resource="arn:aws:iam::*:user/${aws:username}"))
        iam = self.acting_as(user, "iam")
        made = iam.create_access_key()["AccessKey"]
        self.assertEqual(made["UserName"], user)
        iam.delete_access_key(AccessKeyId=made["AccessKeyId"])
        self.refused("AccessDenied", iam.create_access_key, UserName="admin")


class Life(Iam):
    """Things made, listed, changed and deleted, in AWS's words."""

    def test_users(self):
        name = self.name()
        made = self.iam.create_user(UserName=name, Path="/a/b/", Tags=[{"Key": "k", "Value": "v"}])["User"]
        self.assertEqual(made["Arn"], f"arn:aws:iam::{ACCOUNT}:user/a/b/{name}")
        self.assertRegex(made["UserId"], "^AIDA[A-Z2-7]{17}$")
        self.assertEqual(self.refused("EntityAlreadyExists", self.iam.create_user, UserName=name.upper()),
                         f"User with name {name.upper()} already exists.")
        self.assertEqual(self.refused("NoSuchEntity", self.iam.get_user, UserName="nobody"), "The user with name nobody cannot be found.")
        self.assertIn(name, [u["UserName"] for u in self.iam.list_users(PathPrefix="/a/")["Users"]])
        self.assertEqual(self.iam.list_user_tags(UserName=name)["Tags"], [{"Key": "k", "Value": "v"}])
        self.iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=policy(allow("s3:*")))
        key = self.key(name)
        for call in (lambda: self.iam.delete_access_key(UserName=name, AccessKeyId=key["AccessKeyId"]),
                     lambda: self.iam.delete_user_policy(UserName=name, PolicyName="p")):
            self.assertIn("Cannot delete entity, must ", self.refused("DeleteConflict", self.iam.delete_user, UserName=name))
            call()
        renamed = name + "-renamed"
        self.iam.update_user(UserName=name, NewUserName=renamed)
        self.assertEqual(self.iam.get_user(UserName=renamed)["User"]["UserId"], made["UserId"])
        self.iam.delete_user(UserName=renamed)
        self.refused("NoSuchEntity", self.iam.get_user, UserName=renamed)

    def test_a_renamed_user_keeps_what_is_theirs(self):
        group, name = self.name("group"), self.user(allow("iam:ListUsers"))
        self.iam.create_group(GroupName=group)
        self.iam.add_user_to_group(GroupName=group, UserName=name)
        iam = self.acting_as(name, "iam")
        self.iam.update_user(UserName=name, NewUserName=name + "-x")
        iam.list_users()
        self.assertEqual([u["UserName"] for u in self.iam.get_group(GroupName=group)["Users"]], [name + "-x"])
        self.iam.update_group(GroupName=group, NewGroupName=group + "-x")
        self.assertEqual([g["GroupName"] for g in self.iam.list_groups_for_user(UserName=name + "-x")["Groups"]], [group + "-x"])

    def test_pages(self):
        for _ in range(3):
            self.user()
        pages = list(self.iam.get_paginator("list_users").paginate(PaginationConfig={"PageSize": 1}))
        names = [u["UserName"] for page in pages for u in page["Users"]]
        self.assertEqual(names, [u["UserName"] for u in self.iam.list_users()["Users"]])
        self.assertGreaterEqual(len(pages), 4)

    def test_managed_policies(self):
        name = self.name("policy")
        arn = self.iam.create_policy(PolicyName=name, PolicyDocument=policy(allow("s3:*")), Description="d")["Policy"]["Arn"]
        user = self.user()
        iam = self.acting_as(user, "iam")
        self.iam.attach_user_policy(UserName=user, PolicyArn=arn)
        self.refused("AccessDenied", iam.list_users)
        version = self.iam.create_policy_version(PolicyArn=arn, PolicyDocument=policy(allow("iam:*")), SetAsDefault=True)["PolicyVersion"]
        self.assertEqual(version["VersionId"], "v2")
        iam.list_users()
        self.iam.set_default_policy_version(PolicyArn=arn, VersionId="v1")
        self.refused("AccessDenied", iam.list_users)
        shown = self.iam.get_policy_version(PolicyArn=arn, VersionId="v2")["PolicyVersion"]
        self.assertEqual(shown["Document"]["Statement"][0]["Action"], ["iam:*"])
        for _ in range(3):
            self.iam.create_policy_version(PolicyArn=arn, PolicyDocument=policy(allow("kms:*")))
        self.refused("LimitExceeded", self.iam.create_policy_version, PolicyArn=arn, PolicyDocument=policy(allow("kms:*")))
        self.assertEqual(self.refused("DeleteConflict", self.iam.delete_policy_version, PolicyArn=arn, VersionId="v1"),
                         "Cannot delete the default version of a policy.")
        self.assertEqual(self.iam.get_policy(PolicyArn=arn)["Policy"]["AttachmentCount"], 1)
        self.assertEqual([u["UserName"] for u in self.iam.list_entities_for_policy(PolicyArn=arn)["PolicyUsers"]], [user])
        self.assertEqual(self.iam.list_attached_user_policies(UserName=user)["AttachedPolicies"], [{"PolicyName": name, "PolicyArn": arn}])
        self.assertEqual(self.refused("DeleteConflict", self.iam.delete_policy, PolicyArn=arn),
                         "Cannot delete a policy attached to entities.")
        self.iam.detach_user_policy(UserName=user, PolicyArn=arn)
        self.refused("DeleteConflict", self.iam.delete_policy, PolicyArn=arn)     # versions
        for number in range(2, 6):
            self.iam.delete_policy_version(PolicyArn=arn, VersionId=f"v{number}")
        self.iam.delete_policy(PolicyArn=arn)
        self.refused("NoSuchEntity", self.iam.get_policy, PolicyArn=arn)
        names = {p["PolicyName"] for p in self.iam.list_policies(Scope="AWS")["Policies"]}
        self.assertLessEqual({"AdministratorAccess", "ReadOnlyAccess", "SecurityAudit", "AWSCloudTrail_FullAccess",
                              "AWSCloudTrail_ReadOnlyAccess", "CloudWatchLogsFullAccess", "AmazonS3ReadOnlyAccess"}, names)

    def test_malformed_policies(self):
        user = self.user()
        put = lambda text: self.refused("MalformedPolicyDocument", self.iam.put_user_policy, UserName=user, PolicyName="p",
                                        PolicyDocument=text)
        self.assertEqual(put("{"), "This policy contains invalid Json")
        self.assertIn("Statement[1]", put(policy(allow("s3:*"), {"Effect": "Perhaps", "Action": "s3:*", "Resource": "*"})))
        self.assertIn("should not specify a principal", put(policy({**allow("s3:*"), "Principal": "*"})))
        self.assertIn("must contain resources", put(policy({"Effect": "Allow", "Action": "s3:*"})))
        large = policy(*[allow("s3:" + "a" * 200) for _ in range(20)])
        self.assertIn("Maximum policy size of 2048 bytes exceeded for user",
                      self.refused("LimitExceeded", self.iam.put_user_policy, UserName=user, PolicyName="p", PolicyDocument=large))

    def test_roles(self):
        name = self.name("role")
        role = self.iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST, Description="d", MaxSessionDuration=7200)["Role"]
        self.assertEqual(role["AssumeRolePolicyDocument"], json.loads(TRUST))
        self.iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=policy(allow("logs:PutLogEvents")))
        self.assertEqual(self.iam.get_role_policy(RoleName=name, PolicyName="p")["PolicyDocument"]["Statement"][0]["Action"],
                         ["logs:PutLogEvents"])
        self.refused("MalformedPolicyDocument", self.iam.update_assume_role_policy, RoleName=name, PolicyDocument=policy(allow("s3:*")))
        stranger = TRUST.replace('"Service": "cloudtrail.amazonaws.com"', f'"AWS": "arn:aws:iam::{ACCOUNT}:user/nobody"')
        self.assertIn("Invalid principal in policy", self.refused("MalformedPolicyDocument", self.iam.create_role, RoleName="r",
                                                                  AssumeRolePolicyDocument=stranger))
        profile = self.name("profile")
        self.iam.create_instance_profile(InstanceProfileName=profile)
        self.iam.add_role_to_instance_profile(InstanceProfileName=profile, RoleName=name)
        self.assertEqual(self.iam.get_instance_profile(InstanceProfileName=profile)["InstanceProfile"]["Roles"][0]["RoleName"], name)
        self.refused("DeleteConflict", self.iam.delete_role, RoleName=name)
        self.iam.remove_role_from_instance_profile(InstanceProfileName=profile, RoleName=name)
        self.iam.delete_role_policy(RoleName=name, PolicyName="p")
        self.iam.delete_role(RoleName=name)
        self.iam.delete_instance_profile(InstanceProfileName=profile)

    def test_service_linked_role(self):
        role = self.iam.create_service_linked_role(AWSServiceName="cloudtrail.amazonaws.com")["Role"]
        self.assertEqual(role["Arn"], f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/cloudtrail.amazonaws.com/AWSServiceRoleForCloudTrail")
        self.refused("UnmodifiableEntity", self.iam.delete_role, RoleName="AWSServiceRoleForCloudTrail")
        task = self.iam.delete_service_linked_role(RoleName="AWSServiceRoleForCloudTrail")["DeletionTaskId"]
        self.assertEqual(self.iam.get_service_linked_role_deletion_status(DeletionTaskId=task)["Status"], "SUCCEEDED")

    def test_passwords(self):
        user = self.user(allow("iam:ChangePassword"))
        self.assertIn("minimum length of 8", self.refused("PasswordPolicyViolation", self.iam.create_login_profile, UserName=user,
                                                          Password="Ab1"))
        self.iam.create_login_profile(UserName=user, Password="Correct1horse", PasswordResetRequired=True)
        self.assertTrue(self.iam.get_login_profile(UserName=user)["LoginProfile"]["PasswordResetRequired"])
        iam = self.acting_as(user, "iam")
        self.refused("AccessDenied", iam.change_password, OldPassword="Wrong1horse", NewPassword="Battery1staple")
        iam.change_password(OldPassword="Correct1horse", NewPassword="Battery1staple")
        self.iam.delete_login_profile(UserName=user)
        self.assertEqual(self.refused("NoSuchEntity", self.iam.get_login_profile, UserName=user),
                         f"Login Profile for User {user} cannot be found.")
        text = json.dumps(all_records(self.server))
        for secret in ("Correct1horse", "Battery1staple", "Wrong1horse"):
            self.assertNotIn(secret, text)

    def test_mfa(self):
        user = self.user()
        device = self.iam.create_virtual_mfa_device(VirtualMFADeviceName=self.name("mfa"))["VirtualMFADevice"]
        seed, serial = device["Base32StringSeed"].decode(), device["SerialNumber"]
        self.assertTrue(device["QRCodePNG"].startswith(b"\x89PNG"))
        step = int(time.time()) // 30
        self.refused("InvalidAuthenticationCode", self.iam.enable_mfa_device, UserName=user, SerialNumber=serial,
                     AuthenticationCode1="000000", AuthenticationCode2="000001")
        self.iam.enable_mfa_device(UserName=user, SerialNumber=serial, AuthenticationCode1=totp(seed, step - 1),
                                   AuthenticationCode2=totp(seed, step))
        self.assertEqual([d["SerialNumber"] for d in self.iam.list_mfa_devices(UserName=user)["MFADevices"]], [serial])
        self.refused("DeleteConflict", self.iam.delete_virtual_mfa_device, SerialNumber=serial)
        self.iam.deactivate_mfa_device(UserName=user, SerialNumber=serial)
        self.iam.delete_virtual_mfa_device(SerialNumber=serial)
        self.assertNotIn(seed, json.dumps(all_records(self.server)))

    def test_the_account(self):
        self.iam.create_account_alias(AccountAlias="audit-room")
        self.assertEqual(self.iam.list_account_aliases()["AccountAliases"], ["audit-room"])
        self.iam.delete_account_alias(AccountAlias="audit-room")
        self.refused("NoSuchEntity", self.iam.get_account_password_policy)
        self.iam.update_account_password_policy(MinimumPasswordLength=14, RequireSymbols=True)
        self.assertEqual(self.iam.get_account_password_policy()["PasswordPolicy"]["MinimumPasswordLength"], 14)
        self.iam.delete_account_password_policy()
        self.assertGreaterEqual(self.iam.get_account_summary()["SummaryMap"]["Users"], 1)
        details = self.iam.get_account_authorization_details()
        admin = [u for u in details["UserDetailList"] if u["UserName"] == "admin"][0]
        self.assertEqual(admin["AttachedManagedPolicies"][0]["PolicyName"], "AdministratorAccess")
        self.assertIn("AdministratorAccess", [p["PolicyName"] for p in details["Policies"]])
        self.iam.generate_credential_report()
        report = self.iam.get_credential_report()["Content"].decode().splitlines()
        self.assertEqual(report[1].split(",")[0], "<root_account>")
        self.assertEqual(len(report[0].split(",")), len(report[1].split(",")))

    def test_oidc_providers(self):
        arn = self.iam.create_open_id_connect_provider(Url="https://issuer.example/ci", ClientIDList=["a"],
                                                       ThumbprintList=["0123456789abcdef0123456789abcdef01234567"])["OpenIDConnectProviderArn"]
        self.assertEqual(arn, f"arn:aws:iam::{ACCOUNT}:oidc-provider/issuer.example/ci")
        self.iam.add_client_id_to_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID="b")
        self.assertEqual(self.iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)["ClientIDList"], ["a", "b"])
        self.iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=arn)


class Simulation(Iam):
    """The simulator says what then happens."""

    CALLS = {
        "iam:ListUsers": lambda c: c("iam").list_users(),
        "iam:ListRoles": lambda c: c("iam").list_roles(),
        "iam:GetAccountSummary": lambda c: c("iam").get_account_summary(),
        "cloudtrail:LookupEvents": lambda c: c("cloudtrail").lookup_events(MaxResults=1),
        "cloudtrail:DescribeTrails": lambda c: c("cloudtrail").describe_trails(),
        "s3:ListAllMyBuckets": lambda c: c("s3").list_buckets(),
    }

    def test_it_agrees_with_what_happens(self):
        for statements in ([], [allow("iam:List*")], [allow("*"), deny("iam:ListRoles", "cloudtrail:*")],
                           [{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}],
                           [allow("*", Condition={"StringEquals": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:user/somebody"}})]):
            user = self.user(*statements)
            key = self.key(user)
            client = lambda service: self.server.client(service, access_key=key["AccessKeyId"], secret_key=key["SecretAccessKey"])
            results = self.iam.simulate_principal_policy(PolicySourceArn=f"arn:aws:iam::{ACCOUNT}:user/{user}",
                                                         ActionNames=list(self.CALLS))["EvaluationResults"]
            self.assertEqual([r["EvalActionName"] for r in results], list(self.CALLS))
            for result in results:
                try:
                    self.CALLS[result["EvalActionName"]](client)
                    happened = "allowed"
                except ClientError as error:
                    self.assertIn(error.response["Error"]["Code"], ("AccessDenied", "AccessDeniedException"))
                    happened = "explicitDeny" if "explicit deny" in error.response["Error"]["Message"] else "implicitDeny"
                self.assertEqual(result["EvalDecision"], happened, (statements, result))

    def test_it_names_the_statement(self):
        text = policy(allow("s3:GetObject"), deny("s3:DeleteObject"))
        result = self.iam.simulate_custom_policy(PolicyInputList=[text], ActionNames=["s3:DeleteObject"])["EvaluationResults"][0]
        self.assertEqual(result["EvalDecision"], "explicitDeny")
        matched = result["MatchedStatements"][0]
        self.assertEqual((matched["SourcePolicyId"], matched["SourcePolicyType"]), ("PolicyInputList.1", "IAM Policy"))
        part = text[matched["StartPosition"]["Column"] - 1:matched["EndPosition"]["Column"] - 1]
        self.assertEqual(json.loads(part)["Effect"], "Deny")


class Accounts(Iam):
    def cairn(self, *arguments, check=True, **more):
        done = subprocess.run([BINARY, *arguments, "--data", str(self.server.data)], capture_output=True, text=True,
                              env=self.server.environment(**more))
        if check:
            self.assertEqual(done.returncode, 0, done.stderr)
        return done

    def root_of(self, account):
        text = self.cairn("root", "credentials", "--account", account).stdout
        values = dict(line.split(" = ") for line in text.splitlines() if " = " in line)
        return dict(access_key=values["aws_access_key_id"], secret_key=values["aws_secret_access_key"])

    def test_an_account_for_audit_logs(self):
        account = self.cairn("account", "create", "audit").stdout.strip()
        self.assertRegex(account, "^[1-9][0-9]{11}$")
        self.assertIn(f"{account}  audit", self.cairn("account", "list").stdout)
        root = self.root_of(account)
        self.assertEqual(self.server.client("sts", **root).get_caller_identity()["Arn"], f"arn:aws:iam::{account}:root")
        iam = self.server.client("iam", **root)
        self.assertEqual(iam.list_users()["Users"], [])
        iam.create_user(UserName="auditor")
        self.refused("NoSuchEntity", self.iam.get_user, UserName="auditor")
        self.server.settle()
        names = [e["EventName"] for e in self.server.client("cloudtrail", **root).lookup_events()["Events"]]
        self.assertIn("CreateRootCredentials", names)
        self.assertIn("CreateUser", names)
        self.assertNotIn("CreateAccount", names)     # that was the other account's call

    def test_root_loses_its_keys_and_finds_back(self):
        account = self.cairn("account", "create", "other").stdout.strip()
        first, second = self.root_of(account), self.root_of(account)
        self.assertIn("2 access keys already", self.cairn("root", "credentials", "--account", account, check=False).stderr)
        iam = self.server.client("iam", **first)
        self.assertEqual(len(iam.list_access_keys()["AccessKeyMetadata"]), 2)
        iam.delete_access_key(AccessKeyId=second["access_key"])
        self.refused("InvalidClientTokenId", self.server.client("sts", **second).get_caller_identity)
        self.cairn("root", "credentials", "--account", account, "--replace")
        self.refused("InvalidClientTokenId", self.server.client("sts", **first).get_caller_identity)

    def test_root_enrols_mfa(self):
        root = self.root_of(self.cairn("account", "create", "guarded").stdout.strip())
        iam = self.server.client("iam", **root)
        device = iam.create_virtual_mfa_device(VirtualMFADeviceName="root-account-mfa-device")["VirtualMFADevice"]
        seed, step = device["Base32StringSeed"].decode(), int(time.time()) // 30
        iam.enable_mfa_device(UserName="root", SerialNumber=device["SerialNumber"], AuthenticationCode1=totp(seed, step - 1),
                              AuthenticationCode2=totp(seed, step))
        self.assertEqual(iam.get_account_summary()["SummaryMap"]["AccountMFAEnabled"], 1)

    def test_only_who_may(self):
        user = self.user(allow("*"), deny("cairn:CreateAccount"))
        key = self.key(user)
        as_user = dict(AWS_ACCESS_KEY_ID=key["AccessKeyId"], AWS_SECRET_ACCESS_KEY=key["SecretAccessKey"])
        run = lambda *arguments, **more: subprocess.run([BINARY, *arguments], capture_output=True, text=True,
                                                        env=self.server.environment(**more))
        self.assertIn("explicit deny", run("account", "create", "x", **as_user).stderr)
        self.assertEqual(run("account", "list", **as_user).returncode, 0)
        root = self.root_of(self.cairn("account", "create", "narrow").stdout.strip())
        as_root = dict(AWS_ACCESS_KEY_ID=root["access_key"], AWS_SECRET_ACCESS_KEY=root["secret_key"])
        self.assertIn("managed from account 000000000000 only", run("account", "list", **as_root).stderr)
        status, answer, _ = signed_post(self.server, "cairn", "Cairn.CreateRootCredentials", {}, path="/_cairn/api/")
        self.assertIn("AccessDenied", answer["__type"])     # an administrator is not the owner


class Cli(Iam):
    """The same with the AWS CLI."""

    def aws(self, *arguments, **more):
        return json.loads(self.server.aws(*arguments, "--output", "json", **more).stdout or "null")

    def test_a_walk(self):
        self.aws("iam", "create-user", "--user-name", "cli-alice")
        self.aws("iam", "attach-user-policy", "--user-name", "cli-alice", "--policy-arn", "arn:aws:iam::aws:policy/SecurityAudit")
        key = self.aws("iam", "create-access-key", "--user-name", "cli-alice")["AccessKey"]
        alice = dict(AWS_ACCESS_KEY_ID=key["AccessKeyId"], AWS_SECRET_ACCESS_KEY=key["SecretAccessKey"])
        self.assertEqual(self.aws("iam", "get-user", **alice)["User"]["UserName"], "cli-alice")
        self.aws("cloudtrail", "describe-trails", **alice)
        done = self.server.aws("cloudtrail", "create-trail", "--name", "t", "--s3-bucket-name", "b", check=False, **alice)
        self.assertIn("AccessDeniedException", done.stderr)
        self.assertIn(f"on resource: arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/t because", done.stderr)
        document = self.aws("iam", "get-policy-version", "--policy-arn", "arn:aws:iam::aws:policy/AdministratorAccess",
                            "--version-id", "v1")["PolicyVersion"]["Document"]
        self.assertEqual(document["Statement"][0]["Action"], "*")


if __name__ == "__main__":
    unittest.main()
