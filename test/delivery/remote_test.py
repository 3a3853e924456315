"""Trails whose bucket is elsewhere: another cairn, npm's s3rver, and an S3 in trouble. Each event arrives in exactly one file, a file is
put again with the same bytes or not at all, and AWS's own validator accepts what is there."""
import gzip
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import types
import unittest
from datetime import datetime, timedelta, timezone

import boto3
from botocore.config import Config

import evidence
from fake_s3 import FakeS3
from server import BINARY, Server, all_records, build_directory, eventually

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "compat"))
from tls_test import make_certificate  # noqa: E402

KEY, SECRET = "AKIAELSEWHERE1234567", "a-secret-that-nobody-shows"
S3RVER = build_directory() / "rivals/node_modules/.bin/s3rver"


class Elsewhere(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="cairn-remote-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def s3(self, endpoint, key=KEY, secret=SECRET, ca=None):
        return boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id=key, aws_secret_access_key=secret, verify=ca,
                            config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 0}))

    def sender(self, endpoint, *options, bucket="audit-logs", key=KEY, secret=SECRET, **settings):
        """A server that has `bucket` at `endpoint`, ended with the test."""
        (self.folder / "credentials").write_text(f"[audit]\naws_access_key_id = {key}\naws_secret_access_key = {secret}\n")
        lines = "".join(f"    {name}: {value}\n" for name, value in {"endpoint": endpoint, "profile": "audit", **settings}.items())
        (self.folder / "cairn.yaml").write_text(f"delivery:\n  interval: 1s\ndigest:\n  interval: 1s\nbuckets:\n  {bucket}:\n{lines}")
        server = Server("--config", str(self.folder / "cairn.yaml"), *options, variables={"AWS_SHARED_CREDENTIALS_FILE": str(self.folder / "credentials")})
        self.addCleanup(server.__exit__)
        return server.__enter__()

    def trail(self, server, bucket="audit-logs"):
        trails = server.client("cloudtrail")
        arn = trails.create_trail(Name="elsewhere", S3BucketName=bucket, EnableLogFileValidation=True)["TrailARN"]
        trails.start_logging(Name="elsewhere")
        return arn

    def make_events(self, server, n, name="bucket"):
        s3 = server.client("s3")
        for i in range(n):
            s3.create_bucket(Bucket=f"{name}-{i}")

    def found(self, s3):
        return evidence.objects(types.SimpleNamespace(client=lambda _: s3), "audit-logs")

    def assert_delivered(self, server, s3, timeout=30):
        """All that happened so far arrives: the newest call of make_events is in a file."""
        newest = [record["eventID"] for record in all_records(server) if record["eventName"] == "CreateBucket"][-1]
        self.assertTrue(eventually(lambda: newest in evidence.records_in_files(self.found(s3)), timeout), f"{self.status(server)}\n{server.output()}")

    def assert_whole(self, server, s3, arn, endpoint, **more):
        """After the trail's end: history = files, byte by byte; each file in one digest; and AWS's validator finds nothing wrong."""
        server.client("cloudtrail").stop_logging(Name="elsewhere")
        texts = evidence.history(server)
        names = [json.loads(text)["eventName"] for text in texts]
        wanted = {json.loads(text)["eventID"]: text for text in texts[names.index("StartLogging"):names.index("StopLogging") + 1]
                  if json.loads(text)["managementEvent"]}

        def complete():
            found = self.found(s3)
            logs = {key for key in found if evidence.LOG_KEY.match(key)}
            digests = [json.loads(gzip.decompress(body)) for key, (body, _) in found.items() if key not in logs]
            return (wanted.keys() <= evidence.records_in_files(found).keys()
                    and logs == {file["s3Object"] for digest in digests for file in digest["logFiles"]})
        eventually(complete, 60)
        found = self.found(s3)
        self.assertEqual(evidence.records_in_files(found), wanted, self.status(server))
        self.assertTrue(evidence.check_digests(server, found))
        self.assert_well(server)
        self.assert_valid(server, arn, endpoint, **more)
        self.assertNotIn(SECRET, server.output())

    def status(self, server):
        return server.client("cloudtrail").get_trail_status(Name="elsewhere")

    def error(self, server):
        """What the last log file or digest that could not be put met, once there is one."""
        status = {}

        def found():
            status.update(self.status(server))
            return status.get("LatestDeliveryError") or status.get("LatestDigestDeliveryError")
        self.assertTrue(eventually(found), f"{status}\n{server.output()}")
        return found()

    def assert_well(self, server):
        def well():
            status = self.status(server)
            return not status.get("LatestDeliveryError") and not status.get("LatestDigestDeliveryError")
        self.assertTrue(eventually(well, 30), self.status(server))

    def assert_valid(self, server, arn, endpoint, ca=None, key=None, secret=None):
        """AWS's validator and ours ask our server for the trail and its keys, and the other one for the files; with `key` at both."""
        shown = subprocess.run([BINARY, "env", "--data", str(server.data)], capture_output=True, text=True, check=True, env=server.environment()).stdout
        begin = (datetime.now(timezone.utc) - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
        more = {"AWS_ENDPOINT_URL_S3": endpoint}
        if ca:
            more["AWS_CA_BUNDLE"] = ca
        if key:
            shown += f"\nexport AWS_ACCESS_KEY_ID={key} AWS_SECRET_ACCESS_KEY={secret}\n"
        script = shown + f"\nexec /usr/bin/aws cloudtrail validate-logs --verbose --trail-arn {arn} --start-time {begin}\n"
        done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=120, env=server.environment(**more))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertRegex(done.stdout, r"([1-9]\d*)/\1 digest files valid")
        self.assertRegex(done.stdout, r"([1-9]\d*)/\1 log files valid")
        ours = subprocess.run([BINARY, "verify", arn], capture_output=True, text=True, timeout=120,
                              env=server.environment(**more, **({"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret} if key else {})))
        self.assertEqual(ours.returncode, 0, ours.stdout + ours.stderr)
        self.assertNotIn("INVALID", done.stdout)

    def test_another_cairn_over_tls(self):
        certificate, private_key = make_certificate(self.folder)
        with Server("--dev", "--tls-cert", certificate, "--tls-key", private_key, ca=certificate) as other:
            s3 = self.s3(other.endpoint, ca=certificate)
            s3.create_bucket(Bucket="audit-logs")
            server = self.sender(other.endpoint, ca_bundle=certificate)
            arn = self.trail(server)
            self.make_events(server, 20)
            self.assert_delivered(server, s3)
            status = self.status(server)
            self.assertTrue(status["IsLogging"])
            self.assertIn("LatestDeliveryTime", status)
            self.assert_well(server)
            for key in self.found(s3):
                got = s3.head_object(Bucket="audit-logs", Key=key)
                self.assertEqual((got["ContentType"], got["ContentEncoding"], got["ServerSideEncryption"]), ("application/json", "gzip", "AES256"), key)
            self.assertNotIn("audit-logs", [bucket["Name"] for bucket in server.client("s3").list_buckets()["Buckets"]])
            puts = [record for record in all_records(other) if record["eventName"] == "PutObject"]
            self.assertTrue(puts)
            for record in puts:
                self.assertEqual(record["requestParameters"]["x-amz-acl"], "bucket-owner-full-control")
            self.assertNotIn("PutObject", [record["eventName"] for record in all_records(server)], "they are the other server's to record")
            server.stop()
            server.start()
            self.make_events(server, 5, "later")
            self.assert_whole(server, s3, arn, other.endpoint, ca=certificate)

    def test_an_unknown_authority_is_not_trusted(self):
        certificate, private_key = make_certificate(self.folder)
        with Server("--dev", "--tls-cert", certificate, "--tls-key", private_key, ca=certificate) as other:
            s3 = self.s3(other.endpoint, ca=certificate)
            s3.create_bucket(Bucket="audit-logs")
            server = self.sender(other.endpoint)
            self.trail(server)
            self.make_events(server, 1)
            self.assertIn("ConnectionFailure", self.error(server))
            self.assertEqual(self.found(s3), {})

    def test_keys_that_do_not_open_the_bucket(self):
        with Server() as other:
            other.client("s3").create_bucket(Bucket="audit-logs")
            server = self.sender(other.endpoint)
            self.trail(server)
            self.make_events(server, 3)
            self.assertIn("InvalidAccessKeyId", self.error(server))
            # The right keys in the profile, and a restart.
            (self.folder / "credentials").write_text(f"[audit]\naws_access_key_id = {other.access_key}\naws_secret_access_key = {other.secret_key}\n")
            server.stop()
            server.start()
            self.assert_delivered(server, other.client("s3"))
            self.assert_well(server)

    def test_s3rver(self):
        if not S3RVER.exists():
            if not shutil.which("npm"):
                self.skipTest("npm is not on this machine, so neither is s3rver")
            subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(build_directory() / "rivals"), "s3rver@3"],
                           capture_output=True, timeout=300, check=False)
        if not S3RVER.exists():
            self.skipTest("npm cannot install s3rver here")
        # Its listings' tokens need a cipher that OpenSSL 3 keeps with the legacy ones.
        other = subprocess.Popen([S3RVER, "-a", "127.0.0.1", "-p", "0", "-d", str(self.folder / "s3rver")], stdout=subprocess.PIPE, text=True,
                                 env={**os.environ, "NODE_OPTIONS": "--openssl-legacy-provider"})
        self.addCleanup(lambda: (other.terminate(), other.wait(20), other.stdout.close()))
        endpoint = "http://" + next(line for line in other.stdout if "listening on" in line).split()[-1]
        s3 = self.s3(endpoint, "S3RVER", "S3RVER")
        s3.create_bucket(Bucket="audit-logs")
        server = self.sender(endpoint, "--dev", key="S3RVER", secret="S3RVER")  # --dev: the validator has one pair of keys for both
        arn = self.trail(server)
        self.make_events(server, 20)
        self.assert_whole(server, s3, arn, endpoint, key="S3RVER", secret="S3RVER")

    def test_an_endpoint_that_is_down_for_a_while(self):
        with FakeS3("audit-logs") as fake:
            server = self.sender(fake.endpoint)
            arn = self.trail(server)
            self.make_events(server, 5, "before")
            self.assert_delivered(server, self.s3(fake.endpoint))
            fake.stop()
            self.make_events(server, 20, "meanwhile")
            self.assertIn("ConnectionFailure", self.error(server))
            server.kill()
            server.start()
            self.make_events(server, 5, "after")
            fake.start()
            self.assert_delivered(server, self.s3(fake.endpoint), 60)
            self.assertEqual(fake.changed_retries(), [])
            self.assert_whole(server, self.s3(fake.endpoint), arn, fake.endpoint)

    def test_every_trouble(self):
        with FakeS3("audit-logs") as fake:
            server = self.sender(fake.endpoint)
            arn = self.trail(server)
            for trouble in (500, 503, 403, "half", "lost", "garbage", 1.5):
                fake.next_trouble(1, trouble)
                self.make_events(server, 3, f"trouble-{trouble}")
                self.assertTrue(eventually(lambda: not fake.passing, 30), f"{trouble} was not met")
                self.assert_delivered(server, self.s3(fake.endpoint))
            self.assertTrue(fake.repeated())
            self.assertEqual(fake.changed_retries(), [])
            self.assert_whole(server, self.s3(fake.endpoint), arn, fake.endpoint)

    def test_a_bucket_for_trails_of_some_accounts_only(self):
        with FakeS3("audit-logs") as fake:
            server = self.sender(fake.endpoint, accounts="444455556666, 777788889999")
            with self.assertRaises(server.client("cloudtrail").exceptions.S3BucketDoesNotExistException):
                self.trail(server)  # to this account it is no bucket at all
            s3 = server.client("s3")
            s3.create_bucket(Bucket="audit-logs")
            with self.assertRaises(server.client("cloudtrail").exceptions.InsufficientS3BucketPolicyException):
                self.trail(server)  # and its own of that name is asked as any
            self.assertEqual(fake.puts, {})
        with FakeS3("audit-logs") as fake:
            server = self.sender(fake.endpoint, accounts="000000000000")
            self.trail(server)
            self.assertTrue(eventually(lambda: fake.puts, 20), self.status(server))

    def test_a_silent_endpoint_holds_up_nobody(self):
        with FakeS3("audit-logs") as fake:
            fake.trouble = "hang"
            server = self.sender(fake.endpoint)
            self.trail(server)
            self.make_events(server, 3)
            self.assertTrue(eventually(lambda: fake.puts))
            self.make_events(server, 3, "meanwhile")
            server.stop()
            self.assertEqual(server.process.returncode, 0, "it waited for an answer that does not come")
            fake.trouble = None
            server.start()
            self.assert_delivered(server, self.s3(fake.endpoint))
            self.assertEqual(fake.changed_retries(), [])

    def test_a_server_without_acls_and_encryption(self):
        with FakeS3("audit-logs") as fake:
            fake.trouble = "plain"
            server = self.sender(fake.endpoint)
            self.trail(server)
            self.make_events(server, 3)
            self.assert_delivered(server, self.s3(fake.endpoint))
            for key in fake.keys("audit-logs"):
                self.assertNotIn("x-amz-acl", fake.object("audit-logs", key).headers)
            self.assertEqual(server.output().count("takes log files only without"), 1)
            self.assertEqual(len(fake.repeated()), 1, "asked once more for the first object only")


if __name__ == "__main__":
    unittest.main()
