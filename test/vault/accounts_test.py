"""A log bucket in an account of its own, with trails of other accounts in it, and what the accounts can do to each other's evidence."""
import gzip
import json
import subprocess
import unittest

from botocore.exceptions import ClientError

from server import BINARY, Server, eventually


class LogArchive(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server("--set", "delivery.interval=1s").__enter__()
        cls.accounts = {}
        for name in ("archive", "app", "stranger"):
            number = cls.cairn("account", "create", name).strip()
            profile = dict(line.split(" = ") for line in cls.cairn("root", "credentials", "--account", number).splitlines() if " = " in line)
            keys = {"access_key": profile["aws_access_key_id"], "secret_key": profile["aws_secret_access_key"]}
            cls.accounts[name] = (number, {service: cls.server.client(service, **keys) for service in ("s3", "cloudtrail")})

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__()

    @classmethod
    def cairn(cls, *arguments):
        return subprocess.run([BINARY, *arguments, "--data-dir", str(cls.server.data)], check=True, capture_output=True, text=True,
                              env=cls.server.environment()).stdout

    def test_trails_of_an_account_go_below_its_own_prefix_of_the_archive(self):
        (_, archive), (app, apps), (_, strangers) = (self.accounts[name] for name in ("archive", "app", "stranger"))
        bucket, trail_arn = "org-archive", f"arn:aws:cloudtrail:us-east-1:{app}:trail/main"
        archive["s3"].create_bucket(Bucket=bucket)
        cloudtrail = {"Service": "cloudtrail.amazonaws.com"}
        from_trail = {"StringEquals": {"aws:SourceArn": trail_arn}}
        archive["s3"].put_bucket_policy(Bucket=bucket, Policy=json.dumps({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": cloudtrail, "Action": "s3:GetBucketAcl", "Resource": f"arn:aws:s3:::{bucket}", "Condition": from_trail},
            {"Effect": "Allow", "Principal": cloudtrail, "Action": "s3:PutObject", "Resource": f"arn:aws:s3:::{bucket}/o-org/AWSLogs/{app}/*",
             "Condition": {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control", "aws:SourceArn": trail_arn}}}]}))
        for client, name, prefix in ((apps, "main", "other"), (apps, "second", "o-org"), (strangers, "main", "o-org")):
            with self.assertRaises(client["cloudtrail"].exceptions.InsufficientS3BucketPolicyException):
                client["cloudtrail"].create_trail(Name=name, S3BucketName=bucket, S3KeyPrefix=prefix)
        self.assertEqual(apps["cloudtrail"].create_trail(Name="main", S3BucketName=bucket, S3KeyPrefix="o-org")["TrailARN"], trail_arn)
        apps["cloudtrail"].start_logging(Name="main")
        apps["s3"].create_bucket(Bucket="app-made-this")

        def delivered():
            for item in archive["s3"].list_objects_v2(Bucket=bucket, Prefix=f"o-org/AWSLogs/{app}/CloudTrail/").get("Contents", []):
                body = archive["s3"].get_object(Bucket=bucket, Key=item["Key"])["Body"].read()
                if "app-made-this" in gzip.decompress(body).decode():
                    return item["Key"]
        key = eventually(delivered, 30)
        self.assertTrue(key, self.server.output())
        for client in (apps, strangers):
            for call, more in (("get_object", {"Key": key}), ("delete_object", {"Key": key}), ("put_object", {"Key": key, "Body": b"x"}),
                               ("list_objects_v2", {}), ("get_bucket_policy", {}), ("delete_bucket_policy", {}), ("put_bucket_acl", {"ACL": "public-read"}),
                               ("put_bucket_ownership_controls", {"OwnershipControls": {"Rules": [{"ObjectOwnership": "ObjectWriter"}]}}),
                               ("delete_public_access_block", {})):
                with self.assertRaises(ClientError) as caught:
                    getattr(client["s3"], call)(Bucket=bucket, **more)
                self.assertEqual(caught.exception.response["Error"]["Code"], "AccessDenied", call)
        self.assertEqual(archive["s3"].get_object_acl(Bucket=bucket, Key=key)["Owner"]["ID"], archive["s3"].list_buckets()["Owner"]["ID"])


if __name__ == "__main__":
    unittest.main()
