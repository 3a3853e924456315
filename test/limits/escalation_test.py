"""Ways to more rights than were given, each of which must stay shut: boundaries taken off, limits passed by a grant, tags carried along."""
import json
import unittest

import botocore.exceptions

from server import Server

ACCOUNT = "000000000000"


def allow(*actions, **more):
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": list(actions), "Resource": "*", **more}]})


def trust(*actions):
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": list(actions)}]})


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


if __name__ == "__main__":
    unittest.main()
