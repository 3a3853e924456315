"""Versions of objects and MFA Delete: what protects evidence from being overwritten or deleted, and the ways round it that must fail."""
import base64
import hashlib
import hmac
import json
import struct
import subprocess
import time
import unittest

from botocore.exceptions import ClientError

from server import BINARY, Server, all_records


def totp(seed, step):
    """RFC 6238 for a seed in base32."""
    digest = hmac.new(base64.b32decode(seed), struct.pack(">Q", step), hashlib.sha1).digest()
    at = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[at:at + 4])[0] & 0x7fffffff) % 1_000_000:06}"


class Vault(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server().__enter__()
        cls.s3 = cls.server.client("s3")
        cls.count = 0

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__()

    def setUp(self):
        type(self).count += 1
        self.bucket = f"vault-{type(self).count}"
        self.s3.create_bucket(Bucket=self.bucket)
        self.versioning("Enabled")

    def versioning(self, status):
        self.s3.put_bucket_versioning(Bucket=self.bucket, VersioningConfiguration={"Status": status})

    def refused(self, code, call, **arguments):
        with self.assertRaises(ClientError) as caught:
            call(Bucket=self.bucket, **arguments)
        self.assertEqual(caught.exception.response["Error"]["Code"], code, caught.exception.response)
        return caught.exception.response

    def put(self, key, body, **more):
        return self.s3.put_object(Bucket=self.bucket, Key=key, Body=body, **more).get("VersionId")

    def body(self, key, **more):
        return self.s3.get_object(Bucket=self.bucket, Key=key, **more)["Body"].read()

    def records(self, name):
        return [r for r in all_records(self.server) if r["eventName"] == name and (r["requestParameters"] or {}).get("bucketName") == self.bucket]


class Versions(Vault):
    def test_nothing_is_lost_by_overwriting_or_deleting(self):
        one, two = self.put("evidence", b"one"), self.put("evidence", b"two")
        marker = self.s3.delete_object(Bucket=self.bucket, Key="evidence")
        self.assertTrue(marker["DeleteMarker"])
        gone = self.refused("NoSuchKey", self.s3.get_object, Key="evidence")
        self.assertEqual(gone["ResponseMetadata"]["HTTPHeaders"]["x-amz-delete-marker"], "true")
        self.refused("405", self.s3.head_object, Key="evidence", VersionId=marker["VersionId"])
        self.assertEqual(self.body("evidence", VersionId=one), b"one")
        listed = self.s3.list_object_versions(Bucket=self.bucket)
        self.assertEqual([(v["VersionId"], v["IsLatest"]) for v in listed["Versions"]], [(two, False), (one, False)])
        self.assertEqual([(v["VersionId"], v["IsLatest"]) for v in listed["DeleteMarkers"]], [(marker["VersionId"], True)])
        self.assertNotIn("Contents", self.s3.list_objects_v2(Bucket=self.bucket))
        self.refused("BucketNotEmpty", self.s3.delete_bucket)
        self.s3.delete_object(Bucket=self.bucket, Key="evidence", VersionId=marker["VersionId"])
        self.assertEqual(self.body("evidence"), b"two")

    def test_who_may_delete_but_not_versions(self):
        iam = self.server.client("iam")
        iam.create_user(UserName="cleaner")
        allow = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": ["s3:DeleteObject", "s3:GetObject"], "Resource": "*"}}
        iam.put_user_policy(UserName="cleaner", PolicyName="p", PolicyDocument=json.dumps(allow))
        key = iam.create_access_key(UserName="cleaner")["AccessKey"]
        cleaner = self.server.client("s3", access_key=key["AccessKeyId"], secret_key=key["SecretAccessKey"])
        one = self.put("k", b"one")
        self.refused("AccessDenied", cleaner.delete_object, Key="k", VersionId=one)
        self.refused("AccessDenied", cleaner.get_object, Key="k", VersionId=one)
        self.refused("AccessDenied", cleaner.put_bucket_versioning, VersioningConfiguration={"Status": "Suspended"})
        errors = cleaner.delete_objects(Bucket=self.bucket, Delete={"Objects": [{"Key": "k", "VersionId": one}]})["Errors"]
        self.assertEqual([e["Code"] for e in errors], ["AccessDenied"])
        cleaner.delete_object(Bucket=self.bucket, Key="k")
        self.assertEqual(self.body("k", VersionId=one), b"one")

    def test_a_policy_may_look_at_the_version(self):
        one, two = self.put("k", b"one"), self.put("k", b"two")
        deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:DeleteObjectVersion", "Resource": f"arn:aws:s3:::{self.bucket}/*",
                "Condition": {"StringEquals": {"s3:VersionId": one}}}
        self.s3.put_bucket_policy(Bucket=self.bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": deny}))
        self.refused("AccessDenied", self.s3.delete_object, Key="k", VersionId=one)
        answer = self.s3.delete_objects(Bucket=self.bucket, Delete={"Objects": [{"Key": "k", "VersionId": one}, {"Key": "k", "VersionId": two}]})
        self.assertEqual([e["VersionId"] for e in answer["Errors"]], [one])
        self.assertEqual([d["VersionId"] for d in answer["Deleted"]], [two])

    def test_records_tell_versions_as_aws_does(self):
        one = self.put("k", b"one")
        marker = self.s3.delete_object(Bucket=self.bucket, Key="k")["VersionId"]
        self.body("k", VersionId=one)
        self.s3.copy_object(Bucket=self.bucket, Key="copy", CopySource={"Bucket": self.bucket, "Key": "k", "VersionId": one})
        self.assertEqual(self.records("PutObject")[0]["responseElements"]["x-amz-version-id"], one)
        deletion = self.records("DeleteObject")[0]["responseElements"]
        self.assertEqual(deletion, {"x-amz-delete-marker": "true", "x-amz-version-id": marker})
        self.assertEqual(self.records("GetObject")[0]["requestParameters"]["versionId"], one)
        self.assertEqual(self.records("CopyObject")[0]["responseElements"]["x-amz-copy-source-version-id"], one)
        set_to = self.records("PutBucketVersioning")[0]["requestParameters"]["VersioningConfiguration"]
        self.assertEqual(set_to["Status"], "Enabled")

    def test_a_bucket_from_before_versioning(self):
        self.s3.create_bucket(Bucket="old-times")
        self.s3.put_object(Bucket="old-times", Key="k", Body=b"old")
        self.s3.put_bucket_versioning(Bucket="old-times", VersioningConfiguration={"Status": "Enabled"})
        self.s3.put_object(Bucket="old-times", Key="k", Body=b"new")
        self.assertEqual(self.s3.get_object(Bucket="old-times", Key="k", VersionId="null")["Body"].read(), b"old")
        self.assertEqual(len(self.s3.list_object_versions(Bucket="old-times")["Versions"]), 2)

    def test_with_the_aws_cli(self):
        run = lambda *arguments: json.loads(self.server.aws("s3api", *arguments, "--bucket", self.bucket).stdout or "{}")
        self.assertEqual(run("get-bucket-versioning")["Status"], "Enabled")
        self.server.aws("s3", "cp", __file__, f"s3://{self.bucket}/copy")
        self.server.aws("s3", "rm", f"s3://{self.bucket}/copy")
        listed = run("list-object-versions", "--prefix", "copy")
        marker = listed["DeleteMarkers"][0]
        self.assertTrue(marker["IsLatest"])
        run("delete-object", "--key", "copy", "--version-id", marker["VersionId"])
        self.assertIn("copy", self.server.aws("s3", "ls", f"s3://{self.bucket}").stdout)


class MfaDelete(Vault):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        done = subprocess.run([BINARY, "root", "credentials", "--account", "000000000000", "--data", str(cls.server.data)],
                              capture_output=True, text=True, env=cls.server.environment(), check=True)
        values = dict(line.split(" = ") for line in done.stdout.splitlines() if " = " in line)
        cls.as_root = dict(access_key=values["aws_access_key_id"], secret_key=values["aws_secret_access_key"])

    def setUp(self):
        """A device per test: enrolled with codes of minutes ago, so that three codes are good at once."""
        super().setUp()
        self.root = self.server.client("s3", **self.as_root)
        iam = self.server.client("iam", **self.as_root)
        device = iam.create_virtual_mfa_device(VirtualMFADeviceName=f"device-{self.count}")["VirtualMFADevice"]
        self.seed, self.serial = device["Base32StringSeed"].decode(), device["SerialNumber"]
        self.step = int(time.time()) // 30
        iam.enable_mfa_device(UserName="root", SerialNumber=self.serial, AuthenticationCode1=totp(self.seed, self.step - 3),
                              AuthenticationCode2=totp(self.seed, self.step - 2))

    def mfa(self, off):
        return f"{self.serial} {totp(self.seed, self.step + off)}"

    def guard(self):
        self.root.put_bucket_versioning(Bucket=self.bucket, MFA=self.mfa(-1),
                                        VersioningConfiguration={"Status": "Enabled", "MFADelete": "Enabled"})

    def test_only_root_with_the_device_deletes_versions(self):
        self.guard()
        self.assertEqual(self.s3.get_bucket_versioning(Bucket=self.bucket)["MFADelete"], "Enabled")
        one = self.put("k", b"one")
        missing = self.refused("AccessDenied", self.root.delete_object, Key="k", VersionId=one)
        self.assertEqual(missing["Error"]["Message"], "Mfa Authentication must be used for this request")
        self.refused("AccessDenied", self.s3.delete_object, Key="k", VersionId=one)
        self.refused("AccessDenied", self.s3.delete_object, Key="k", VersionId=one, MFA=self.mfa(0))   # an administrator is not root
        self.refused("AccessDenied", self.root.delete_object, Key="k", VersionId=one, MFA=self.mfa(-1))   # that code was used
        self.refused("AccessDenied", self.root.delete_object, Key="k", VersionId=one, MFA=f"{self.serial} 000000")
        self.refused("InvalidArgument", self.root.delete_object, Key="k", VersionId=one, MFA="nonsense")
        self.refused("AccessDenied", self.root.delete_objects, Delete={"Objects": [{"Key": "free"}, {"Key": "k", "VersionId": one}]})
        self.assertEqual(self.body("k"), b"one")
        self.s3.delete_object(Bucket=self.bucket, Key="k")     # a delete marker needs no device
        self.root.delete_object(Bucket=self.bucket, Key="k", VersionId=one, MFA=self.mfa(0))
        self.refused("NoSuchVersion", self.s3.get_object, Key="k", VersionId=one)
        refusals = [r for r in self.records("DeleteObject") if r.get("errorCode") == "AccessDenied"]
        self.assertEqual(len(refusals), 5)
        self.assertNotIn(totp(self.seed, self.step), json.dumps(self.records("DeleteObject")))

    def test_only_root_with_the_device_changes_versioning(self):
        wanted = {"Status": "Enabled", "MFADelete": "Enabled"}
        self.refused("AccessDenied", self.s3.put_bucket_versioning, VersioningConfiguration=wanted)
        self.refused("AccessDenied", self.root.put_bucket_versioning, VersioningConfiguration=wanted)
        self.refused("AccessDenied", self.s3.put_bucket_versioning, VersioningConfiguration=wanted, MFA=self.mfa(-1))
        self.guard()
        for client in (self.s3, self.root):
            self.refused("AccessDenied", client.put_bucket_versioning, VersioningConfiguration={"Status": "Suspended"})
            self.refused("AccessDenied", client.put_bucket_versioning, VersioningConfiguration={"Status": "Enabled", "MFADelete": "Disabled"})
        self.assertEqual(self.s3.get_bucket_versioning(Bucket=self.bucket)["Status"], "Enabled")
        self.root.put_bucket_versioning(Bucket=self.bucket, MFA=self.mfa(0), VersioningConfiguration={"Status": "Suspended", "MFADelete": "Disabled"})
        self.assertEqual(self.s3.get_bucket_versioning(Bucket=self.bucket)["MFADelete"], "Disabled")
        self.s3.put_bucket_versioning(Bucket=self.bucket, VersioningConfiguration={"Status": "Enabled"})

    def test_a_users_own_device_is_not_roots(self):
        self.guard()
        iam = self.server.client("iam")
        device = iam.create_virtual_mfa_device(VirtualMFADeviceName="of-a-user")["VirtualMFADevice"]
        seed = device["Base32StringSeed"].decode()
        iam.create_user(UserName="with-device")
        iam.enable_mfa_device(UserName="with-device", SerialNumber=device["SerialNumber"], AuthenticationCode1=totp(seed, self.step - 3),
                              AuthenticationCode2=totp(seed, self.step - 2))
        one = self.put("k", b"one")
        self.refused("AccessDenied", self.root.delete_object, Key="k", VersionId=one, MFA=f"{device['SerialNumber']} {totp(seed, self.step)}")


if __name__ == "__main__":
    unittest.main()
