"""Object Lock: evidence that nobody deletes early, with the ways round it that must fail, and CloudTrail writing under the same rules."""
import datetime
import json
import subprocess
import unittest

from botocore.exceptions import ClientError

from server import BINARY, Server, all_records, eventually

PROTECTED = "Access Denied because object protected by object lock."


def in_days(days):
    return datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=days)


class ObjectLock(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server("--set", "delivery.interval=1s").__enter__()
        cls.s3 = cls.server.client("s3")
        done = subprocess.run([BINARY, "root", "credentials", "--account", "000000000000", "--data", str(cls.server.data)],
                              capture_output=True, text=True, env=cls.server.environment(), check=True)
        values = dict(line.split(" = ") for line in done.stdout.splitlines() if " = " in line)
        cls.root = cls.server.client("s3", access_key=values["aws_access_key_id"], secret_key=values["aws_secret_access_key"])
        cls.count = 0

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__()

    def setUp(self):
        type(self).count += 1
        self.bucket = f"locked-{self.count}"
        self.s3.create_bucket(Bucket=self.bucket, ObjectLockEnabledForBucket=True)

    def refused(self, code, call, **arguments):
        with self.assertRaises(ClientError) as caught:
            call(Bucket=self.bucket, **arguments)
        self.assertEqual(caught.exception.response["Error"]["Code"], code, caught.exception.response)
        return caught.exception.response["Error"]["Message"]

    def put(self, key, **more):
        return self.s3.put_object(Bucket=self.bucket, Key=key, Body=b"evidence", ChecksumAlgorithm="SHA256", **more)["VersionId"]

    def test_compliance(self):
        self.assertEqual(self.s3.get_bucket_versioning(Bucket=self.bucket)["Status"], "Enabled")
        until = in_days(1)
        id = self.put("k", ObjectLockMode="COMPLIANCE", ObjectLockRetainUntilDate=until)
        for client in (self.s3, self.root):
            self.assertEqual(self.refused("AccessDenied", client.delete_object, Key="k", VersionId=id), PROTECTED)
            self.assertEqual(self.refused("AccessDenied", client.delete_object, Key="k", VersionId=id, BypassGovernanceRetention=True), PROTECTED)
            errors = client.delete_objects(Bucket=self.bucket, Delete={"Objects": [{"Key": "k", "VersionId": id}]},
                                           BypassGovernanceRetention=True)["Errors"]
            self.assertEqual([(e["Code"], e["Message"]) for e in errors], [("AccessDenied", PROTECTED)])
            self.assertEqual(self.refused("AccessDenied", client.put_object_retention, Key="k", BypassGovernanceRetention=True,
                                          Retention={"Mode": "COMPLIANCE", "RetainUntilDate": until - datetime.timedelta(hours=1)}), PROTECTED)
            self.assertEqual(self.refused("AccessDenied", client.put_object_retention, Key="k", BypassGovernanceRetention=True,
                                          Retention={"Mode": "GOVERNANCE", "RetainUntilDate": in_days(9)}), PROTECTED)
            self.refused("InvalidBucketState", client.put_bucket_versioning, VersioningConfiguration={"Status": "Suspended"})
            self.refused("BucketNotEmpty", client.delete_bucket)
        self.s3.put_object(Bucket=self.bucket, Key="k", Body=b"forged", ChecksumAlgorithm="SHA256")
        self.s3.copy_object(Bucket=self.bucket, Key="k", CopySource={"Bucket": self.bucket, "Key": "k"}, MetadataDirective="REPLACE")
        self.s3.delete_object(Bucket=self.bucket, Key="k")
        self.assertEqual(self.s3.get_object(Bucket=self.bucket, Key="k", VersionId=id)["Body"].read(), b"evidence")
        refusals = [r for r in all_records(self.server) if r["eventName"] == "DeleteObject" and r.get("errorMessage") == PROTECTED
                    and r["requestParameters"]["bucketName"] == self.bucket]
        self.assertEqual(len(refusals), 4)
        self.assertEqual({r["requestParameters"].get("x-amz-bypass-governance-retention", "").lower() for r in refusals}, {"", "true"})

    def test_a_lock_outlives_the_server(self):
        id = self.put("k", ObjectLockMode="COMPLIANCE", ObjectLockRetainUntilDate=in_days(1))
        self.server.kill()
        self.server.start()
        type(self).s3 = self.server.client("s3")
        self.assertEqual(self.refused("AccessDenied", self.s3.delete_object, Key="k", VersionId=id), PROTECTED)
        type(self).root = self.server.client("s3", access_key=self.root._request_signer._credentials.access_key,
                                             secret_key=self.root._request_signer._credentials.secret_key)

    def test_governance(self):
        id = self.put("k", ObjectLockMode="GOVERNANCE", ObjectLockRetainUntilDate=in_days(1))
        self.assertEqual(self.s3.head_object(Bucket=self.bucket, Key="k")["ObjectLockMode"], "GOVERNANCE")
        self.assertEqual(self.refused("AccessDenied", self.s3.delete_object, Key="k", VersionId=id), PROTECTED)
        iam = self.server.client("iam")
        iam.create_user(UserName="limited")
        allow = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
        deny = {"Effect": "Deny", "Action": "s3:BypassGovernanceRetention", "Resource": "*"}
        iam.put_user_policy(UserName="limited", PolicyName="p", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [allow, deny]}))
        key = iam.create_access_key(UserName="limited")["AccessKey"]
        limited = self.server.client("s3", access_key=key["AccessKeyId"], secret_key=key["SecretAccessKey"])
        self.assertEqual(self.refused("AccessDenied", limited.delete_object, Key="k", VersionId=id, BypassGovernanceRetention=True), PROTECTED)
        self.s3.delete_object(Bucket=self.bucket, Key="k", VersionId=id, BypassGovernanceRetention=True)

    def test_legal_hold(self):
        id = self.put("k")
        self.s3.put_object_legal_hold(Bucket=self.bucket, Key="k", LegalHold={"Status": "ON"})
        self.assertEqual(self.s3.get_object_legal_hold(Bucket=self.bucket, Key="k")["LegalHold"]["Status"], "ON")
        self.assertEqual(self.refused("AccessDenied", self.root.delete_object, Key="k", VersionId=id, BypassGovernanceRetention=True), PROTECTED)
        self.s3.put_object_legal_hold(Bucket=self.bucket, Key="k", LegalHold={"Status": "OFF"})
        self.s3.delete_object(Bucket=self.bucket, Key="k", VersionId=id)

    def test_what_a_trail_delivers_is_locked(self):
        """CloudTrail writes under the bucket's default like anyone, and nobody takes away what it wrote."""
        self.s3.put_object_lock_configuration(Bucket=self.bucket, ObjectLockConfiguration={
            "ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 1}}})
        arn, service = f"arn:aws:s3:::{self.bucket}", {"Service": "cloudtrail.amazonaws.com"}
        self.s3.put_bucket_policy(Bucket=self.bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": service, "Action": "s3:GetBucketAcl", "Resource": arn},
            {"Effect": "Allow", "Principal": service, "Action": "s3:PutObject", "Resource": f"{arn}/AWSLogs/*"}]}))
        trail = self.server.client("cloudtrail")
        trail.create_trail(Name="guarded", S3BucketName=self.bucket)
        trail.start_logging(Name="guarded")
        self.server.client("iam").create_user(UserName="seen")
        listed = eventually(lambda: self.s3.list_object_versions(Bucket=self.bucket, Prefix="AWSLogs/").get("Versions"), timeout=30)
        log = next(v for v in listed if v["Size"] > 0)
        head = self.s3.head_object(Bucket=self.bucket, Key=log["Key"])
        self.assertEqual(head["ObjectLockMode"], "COMPLIANCE")
        self.assertGreater(head["ObjectLockRetainUntilDate"], in_days(0.9))
        self.assertEqual(self.refused("AccessDenied", self.root.delete_object, Key=log["Key"], VersionId=log["VersionId"]), PROTECTED)
        trail.delete_trail(Name="guarded")

    def test_with_the_aws_cli(self):
        run = lambda *arguments, **more: self.server.aws("s3api", *arguments, "--bucket", self.bucket, **more)
        run("put-object-lock-configuration", "--object-lock-configuration",
            '{"ObjectLockEnabled":"Enabled","Rule":{"DefaultRetention":{"Mode":"GOVERNANCE","Days":1}}}')
        self.assertEqual(json.loads(run("get-object-lock-configuration").stdout)["ObjectLockConfiguration"]["Rule"]["DefaultRetention"]["Days"], 1)
        id = json.loads(run("put-object", "--key", "k", "--body", __file__, "--checksum-algorithm", "SHA256").stdout)["VersionId"]
        self.assertEqual(json.loads(run("get-object-retention", "--key", "k").stdout)["Retention"]["Mode"], "GOVERNANCE")
        self.assertIn("AccessDenied", run("delete-object", "--key", "k", "--version-id", id, check=False).stderr)
        run("delete-object", "--key", "k", "--version-id", id, "--bypass-governance-retention")


if __name__ == "__main__":
    unittest.main()
