"""Ways to more rights than were given, each of which must stay shut: boundaries taken off, limits passed by a grant, tags carried along."""
import base64
import hashlib
import hmac
import json
import struct
import time
import unittest

import botocore.exceptions

from server import Server

ACCOUNT = "000000000000"


def allow(*actions, **more):
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": "*", **more}]})


def trust(*actions):
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": list(actions)}]})


def code(seed, step):
    """RFC 6238 with SHA-1 and six digits."""
    digest = hmac.new(seed, struct.pack(">Q", step), hashlib.sha1).digest()
    at = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[at:at + 4])[0] & 0x7FFFFFFF) % 1_000_000:06}"


class Escalation(unittest.TestCase):
    def setUp(self):
        self.server = Server()
        self.server.__enter__()
        self.addCleanup(self.server.__exit__, None, None, None)
        self.iam = self.server.client("iam")

    def client(self, service, credentials):
        import boto3
        return boto3.client(service, endpoint_url=self.server.endpoint, region_name="us-east-1", aws_access_key_id=credentials["AccessKeyId"],
                            aws_secret_access_key=credentials["SecretAccessKey"], aws_session_token=credentials.get("SessionToken"))

    def user(self, name, policy):
        self.iam.create_user(UserName=name)
        self.iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=policy)
        return self.iam.create_access_key(UserName=name)["AccessKey"]

    def session(self, credentials, role, **more):
        return self.client("sts", credentials).assume_role(RoleArn=f"arn:aws:iam::{ACCOUNT}:role/{role}", RoleSessionName="session", **more)["Credentials"]

    def assert_denied(self, call, **parameters):
        with self.assertRaises(botocore.exceptions.ClientError) as caught:
            call(**parameters)
        self.assertIn(caught.exception.response["Error"]["Code"], ("AccessDenied", "AccessDeniedException"))

    def test_who_may_only_set_one_boundary_cannot_replace_it(self):
        bound = self.iam.create_policy(PolicyName="XBound", PolicyDocument=allow("s3:*"))["Policy"]["Arn"]
        delegate = self.client("iam", self.user("delegate", allow("iam:CreateUser", "iam:PutUserPermissionsBoundary",
                                                                  Condition={"StringEquals": {"iam:PermissionsBoundary": bound}})))
        delegate.create_user(UserName="bounded", PermissionsBoundary=bound)
        delegate.put_user_permissions_boundary(UserName="bounded", PermissionsBoundary=bound)
        self.assert_denied(delegate.put_user_permissions_boundary, UserName="bounded", PermissionsBoundary="arn:aws:iam::aws:policy/AdministratorAccess")

    def test_a_grant_to_a_role_is_limited_like_a_key_policy(self):
        kms = self.server.client("kms")
        key = kms.create_key()["KeyMetadata"]["KeyId"]
        blob = kms.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
        caller = self.user("caller", allow("sts:AssumeRole", "sts:GetFederationToken"))
        self.iam.create_role(RoleName="R", AssumeRolePolicyDocument=trust("sts:AssumeRole"))
        kms.create_grant(KeyId=key, GranteePrincipal=f"arn:aws:iam::{ACCOUNT}:role/R", Operations=["Decrypt"])
        self.assertEqual(self.client("kms", self.session(caller, "R")).decrypt(CiphertextBlob=blob)["Plaintext"], b"x")
        self.assert_denied(self.client("kms", self.session(caller, "R", Policy=allow("s3:ListAllMyBuckets"))).decrypt, CiphertextBlob=blob)
        bound = self.iam.create_policy(PolicyName="B", PolicyDocument=allow("s3:*"))["Policy"]["Arn"]
        self.iam.put_role_permissions_boundary(RoleName="R", PermissionsBoundary=bound)
        self.assert_denied(self.client("kms", self.session(caller, "R")).decrypt, CiphertextBlob=blob)
        kms.create_grant(KeyId=key, GranteePrincipal=f"arn:aws:iam::{ACCOUNT}:user/caller", Operations=["Decrypt"])
        self.assertEqual(self.client("kms", caller).decrypt(CiphertextBlob=blob)["Plaintext"], b"x")
        federated = self.client("sts", caller).get_federation_token(Name="federated")["Credentials"]
        self.assert_denied(self.client("kms", federated).decrypt, CiphertextBlob=blob)

    def test_tags_that_are_carried_along_need_the_right_to_tag(self):
        caller = self.user("caller", allow("sts:AssumeRole", "sts:TagSession"))
        self.iam.create_role(RoleName="Hop", AssumeRolePolicyDocument=trust("sts:AssumeRole", "sts:TagSession"))
        self.iam.put_role_policy(RoleName="Hop", PolicyName="p", PolicyDocument=allow("sts:AssumeRole", "sts:TagSession"))
        self.iam.create_role(RoleName="Target", AssumeRolePolicyDocument=trust("sts:AssumeRole"))
        plain = self.session(caller, "Hop")
        self.session(plain, "Target")
        tagged = self.session(caller, "Hop", Tags=[{"Key": "project", "Value": "crown"}], TransitiveTagKeys=["project"])
        with self.assertRaisesRegex(botocore.exceptions.ClientError, "sts:TagSession"):
            self.session(tagged, "Target")

    def test_a_bucket_key_is_not_lent_to_another_session_of_the_name(self):
        s3, key = self.server.client("s3"), self.server.client("kms").create_key()["KeyMetadata"]["Arn"]
        s3.create_bucket(Bucket="box")
        s3.put_bucket_encryption(Bucket="box", ServerSideEncryptionConfiguration={"Rules": [
            {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}, "BucketKeyEnabled": True}]})
        s3.put_object(Bucket="box", Key="k", Body=b"x")
        caller = self.user("caller", allow("sts:AssumeRole"))
        self.iam.create_role(RoleName="Reader", AssumeRolePolicyDocument=trust("sts:AssumeRole"))
        self.iam.put_role_policy(RoleName="Reader", PolicyName="p", PolicyDocument=allow("s3:*", "kms:*"))
        self.assertEqual(self.client("s3", self.session(caller, "Reader")).get_object(Bucket="box", Key="k")["Body"].read(), b"x")
        self.assert_denied(self.client("s3", self.session(caller, "Reader", Policy=allow("s3:*"))).get_object, Bucket="box", Key="k")

    def test_a_tag_named_in_two_ways_meets_no_condition(self):
        writer = self.client("logs", self.user("writer", allow("logs:CreateLogGroup", Condition={"StringEquals": {"aws:RequestTag/team": "red"}})))
        writer.create_log_group(logGroupName="red", tags={"Team": "red"})
        self.assert_denied(writer.create_log_group, logGroupName="blue", tags={"team": "blue"})
        self.assert_denied(writer.create_log_group, logGroupName="both", tags={"team": "blue", "Team": "red"})

    def test_whom_a_role_does_not_trust_learns_of_no_policy(self):
        stranger = self.client("sts", self.user("stranger", allow("sts:AssumeRole")))
        there = self.iam.create_policy(PolicyName="There", PolicyDocument=allow("s3:*"))["Policy"]["Arn"]
        self.iam.create_role(RoleName="Closed", AssumeRolePolicyDocument=trust("sts:AssumeRole").replace(":root", ":user/stranger").replace("Allow", "Deny"))
        for policy in (there, there.replace("There", "Absent")):
            self.assert_denied(stranger.assume_role, RoleArn=f"arn:aws:iam::{ACCOUNT}:role/Closed", RoleSessionName="session", PolicyArns=[{"arn": policy}])

    def test_a_code_that_was_used_is_not_made_good_again(self):
        user = self.user("holder", allow("sts:GetSessionToken", "iam:ResyncMFADevice"))
        device = self.iam.create_virtual_mfa_device(VirtualMFADeviceName="holder")["VirtualMFADevice"]
        serial, seed = device["SerialNumber"], base64.b32decode(device["Base32StringSeed"])
        step = int(time.time()) // 30
        self.iam.enable_mfa_device(UserName="holder", SerialNumber=serial, AuthenticationCode1=code(seed, step - 2), AuthenticationCode2=code(seed, step - 1))
        sts, own = self.client("sts", user), self.client("iam", user)
        sts.get_session_token(SerialNumber=serial, TokenCode=code(seed, step))
        self.assert_denied(sts.get_session_token, SerialNumber=serial, TokenCode=code(seed, step))
        with self.assertRaisesRegex(botocore.exceptions.ClientError, "InvalidAuthenticationCode"):
            own.resync_mfa_device(UserName="holder", SerialNumber=serial, AuthenticationCode1=code(seed, step - 2), AuthenticationCode2=code(seed, step - 1))
        self.assert_denied(sts.get_session_token, SerialNumber=serial, TokenCode=code(seed, step))


if __name__ == "__main__":
    unittest.main()
