"""Trails whose files are encrypted under a KMS key: who may, what is recorded, and a key that goes away and comes back."""
import json
import pathlib
import sys
import unittest

from botocore.exceptions import ClientError

from server import Server, all_records, eventually

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import evidence  # noqa: E402

FAST = ("--set", "delivery.interval=1s", "--set", "digest.interval=2s")


def key_policy(account, trail="first", region="us-east-1"):
    """As AWS's guide has it ("Configure AWS KMS key policies for CloudTrail")."""
    arn = f"arn:aws:cloudtrail:{region}:{account}:trail/{trail}"
    return json.dumps({"Version": "2012-10-17", "Statement": [
        {"Sid": "owner", "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{account}:root"}, "Action": "kms:*", "Resource": "*"},
        {"Sid": "encrypt", "Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "kms:GenerateDataKey*",
         "Resource": "*", "Condition": {"StringEquals": {"aws:SourceArn": arn}, "StringLike": {
             "kms:EncryptionContext:aws:cloudtrail:arn": f"arn:aws:cloudtrail:*:{account}:trail/*"}}},
        {"Sid": "describe", "Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "kms:DescribeKey", "Resource": "*"}]})


class Trails(unittest.TestCase):
    def setUp(self):
        self.server = Server(*FAST)
        self.server.start()
        self.addCleanup(lambda: self.server.__exit__())
        self.kms, self.s3, self.trails = (self.server.client(name) for name in ("kms", "s3", "cloudtrail"))
        self.account = self.server.client("sts").get_caller_identity()["Account"]
        self.s3.create_bucket(Bucket="logs")
        self.s3.put_bucket_policy(Bucket="logs", Policy=evidence.policy("logs"))

    def new_key(self, **more):
        return self.kms.create_key(**more)["KeyMetadata"]["Arn"]

    def refusal(self, call, **asked):
        with self.assertRaises(ClientError) as caught:
            call(**asked)
        return caught.exception.response["Error"]["Code"]

    def log_files(self):
        return [item["Key"] for item in self.s3.list_objects_v2(Bucket="logs").get("Contents", []) if "/CloudTrail/" in item["Key"]]

    def test_what_cannot_be_used(self):
        create = self.trails.create_trail
        asked = dict(Name="first", S3BucketName="logs")
        self.assertEqual(self.refusal(create, **asked, KmsKeyId="not a key"), "InvalidKmsKeyIdException")
        self.assertEqual(self.refusal(create, **asked, KmsKeyId="alias/nobody"), "KmsKeyNotFoundException")
        self.assertEqual(self.refusal(create, **asked, KmsKeyId="134f2428-cec1-4b25-a1ae-9048164dba47"), "KmsKeyNotFoundException")
        closed = self.new_key()
        self.assertEqual(self.refusal(create, **asked, KmsKeyId=closed), "InsufficientEncryptionPolicyException")
        others = self.new_key(Policy=key_policy(self.account, trail="another"))
        self.assertEqual(self.refusal(create, **asked, KmsKeyId=others), "InsufficientEncryptionPolicyException")
        good = self.new_key(Policy=key_policy(self.account))
        self.kms.disable_key(KeyId=good)
        self.assertEqual(self.refusal(create, **asked, KmsKeyId=good), "KmsKeyDisabledException")
        self.kms.enable_key(KeyId=good)
        self.kms.create_alias(AliasName="alias/trails", TargetKeyId=good.split("/")[1])
        for name in ("alias/trails", good.split("/")[1], good):
            made = create(**asked, KmsKeyId=name)
            self.assertEqual(made["KmsKeyId"], good)
            self.assertEqual(self.trails.get_trail(Name="first")["Trail"]["KmsKeyId"], good)
            self.trails.delete_trail(Name="first")

    def test_files_under_the_key(self):
        key = self.new_key(Policy=key_policy(self.account))
        arn = self.trails.create_trail(Name="first", S3BucketName="logs", KmsKeyId=key, EnableLogFileValidation=True)["TrailARN"]
        self.trails.start_logging(Name="first")
        self.s3.create_bucket(Bucket="made-meanwhile")
        self.assertTrue(eventually(self.log_files, timeout=30))
        name = self.log_files()[0]
        self.assertEqual(self.s3.head_object(Bucket="logs", Key=name)["SSEKMSKeyId"], key)
        digests = lambda: [item["Key"] for item in self.s3.list_objects_v2(Bucket="logs")["Contents"] if "Digest" in item["Key"]]
        self.assertTrue(eventually(digests, timeout=30))
        self.assertEqual(self.s3.head_object(Bucket="logs", Key=digests()[0])["SSEKMSKeyId"], key)

        made = [record for record in all_records(self.server) if record["eventName"] == "GenerateDataKey"]
        self.assertEqual(made[0]["requestParameters"]["encryptionContext"], {"aws:cloudtrail:arn": arn})  # CreateTrail's look
        for record in made:
            self.assertEqual(record["userIdentity"], {"type": "AWSService", "invokedBy": "cloudtrail.amazonaws.com"})
            self.assertEqual((record["sourceIPAddress"], record["userAgent"]), ("cloudtrail.amazonaws.com",) * 2)
        contexts = [record["requestParameters"]["encryptionContext"] for record in made[1:]]
        self.assertIn({"aws:cloudtrail:arn": arn, "aws:s3:arn": f"arn:aws:s3:::logs/{name}"}, contexts)

        # Readers need the key, too.
        iam = self.server.client("iam")
        iam.create_user(UserName="reader")
        statements = [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]
        put = lambda: iam.put_user_policy(UserName="reader", PolicyName="p", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": statements}))
        put()
        secret = iam.create_access_key(UserName="reader")["AccessKey"]
        reader = self.server.client("s3", access_key=secret["AccessKeyId"], secret_key=secret["SecretAccessKey"])
        self.assertEqual(self.refusal(reader.get_object, Bucket="logs", Key=name), "AccessDenied")
        statements.append({"Effect": "Allow", "Action": "kms:Decrypt", "Resource": key,
                           "Condition": {"StringEquals": {"kms:EncryptionContext:aws:cloudtrail:arn": arn}}})
        put()
        self.assertTrue(reader.get_object(Bucket="logs", Key=name)["Body"].read())

        done = self.server.aws("cloudtrail", "validate-logs", "--trail-arn", arn, "--start-time", "2020-01-01T00:00:00Z", check=False)
        self.assertNotIn("INVALID", done.stdout, done.stdout + done.stderr)

    def test_a_key_that_goes_away_and_comes_back(self):
        key = self.new_key(Policy=key_policy(self.account))
        self.trails.create_trail(Name="first", S3BucketName="logs", KmsKeyId=key)
        self.trails.start_logging(Name="first")
        self.assertTrue(eventually(self.log_files, timeout=30))
        self.kms.disable_key(KeyId=key)
        for number in range(5):
            self.s3.create_bucket(Bucket=f"while-disabled-{number}")
        error = lambda: self.trails.get_trail_status(Name="first").get("LatestDeliveryError")
        self.assertEqual(eventually(lambda: error() == "KMS.DisabledException" and error(), timeout=30), "KMS.DisabledException")
        self.kms.enable_key(KeyId=key)
        names = lambda: {json.loads(text)["requestParameters"].get("bucketName") for text in
                         evidence.records_in_files(evidence.objects(self.server, "logs")).values()
                         if json.loads(text)["eventName"] == "CreateBucket"}
        expected = {f"while-disabled-{number}" for number in range(5)}
        self.assertTrue(eventually(lambda: expected <= names(), timeout=60), names())
        self.assertTrue(eventually(lambda: not error(), timeout=30))

    def test_another_key_and_none(self):
        first, second = (self.new_key(Policy=key_policy(self.account)) for _ in range(2))
        self.trails.create_trail(Name="first", S3BucketName="logs", KmsKeyId=first)
        self.trails.start_logging(Name="first")
        self.assertTrue(eventually(self.log_files, timeout=30))
        self.kms.disable_key(KeyId=first)
        self.s3.create_bucket(Bucket="waits")
        self.assertTrue(eventually(lambda: self.trails.get_trail_status(Name="first").get("LatestDeliveryError"), timeout=30))
        self.assertEqual(self.trails.update_trail(Name="first", KmsKeyId=second)["KmsKeyId"], second)
        under = lambda key: [name for name in self.log_files() if self.s3.head_object(Bucket="logs", Key=name).get("SSEKMSKeyId") == key]
        self.assertTrue(eventually(lambda: under(second), timeout=60))
        self.assertNotIn("KmsKeyId", self.trails.update_trail(Name="first", KmsKeyId=""))
        self.s3.create_bucket(Bucket="plain-again")
        self.assertTrue(eventually(lambda: under(None), timeout=60))


if __name__ == "__main__":
    unittest.main()
