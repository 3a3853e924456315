"""A chain of digests, written here with another library than Cairn's, in a bucket of a running cairn: AWS's validator and ours beside each
other, on the whole chain and on each kind of damage. Then copies of it, verified offline."""
import contextlib
import datetime
import gzip
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

from digest_chain import ACCOUNT, ARN, BUCKET, PREFIX, REGION, START, TRAIL, Chain, Key, iso, trail_api
from server import BINARY, Server, eventually, other_aws

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "delivery"))
import evidence  # noqa: E402

HOURS = 6
class VerifyTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stack = contextlib.ExitStack()
        cls.addClassCleanup(cls.stack.close)
        cls.server = cls.stack.enter_context(Server())
        cls.scratch = pathlib.Path(cls.stack.enter_context(tempfile.TemporaryDirectory()))
        s3 = cls.server.client("s3")
        s3.create_bucket(Bucket=BUCKET)
        cls.keys, cls.stranger = [Key(), Key()], Key()
        cls.chain = Chain(s3, cls.keys)
        cls.keys_file = cls.scratch / "keys.json"
        cls.keys_file.write_text(json.dumps({"PublicKeyList": [key.listed() for key in cls.keys]}))
        api = cls.stack.enter_context(trail_api([key.listed() for key in cls.keys]))
        exports = subprocess.run([BINARY, "env", "--data", str(cls.server.data)], capture_output=True, text=True, check=True).stdout
        cls.env = cls.server.environment(AWS_ENDPOINT_URL_CLOUDTRAIL=api, AWS_REGION=REGION)
        cls.env["AWS_CONFIG_FILE"] = str(cls.server.data / "aws-cli/config")
        cls.env["PYTHONPATH"] = str(cls.server.data / "aws-cli")
        assert "aws-cli/config" in exports

    def tearDown(self):
        self.chain.restore()

    def aws_says(self, programs):
        """What AWS CLIs say of the chain: {program: (exit code, output)}."""
        said = {}
        for program in programs:
            done = subprocess.run([program, "cloudtrail", "validate-logs", "--trail-arn", ARN, "--region", REGION, "--verbose",
                                   "--start-time", iso(START), "--end-time", iso(START + datetime.timedelta(hours=HOURS))],
                                  env=self.env, capture_output=True, text=True, timeout=120)
            said[program] = (done.returncode, done.stdout + done.stderr)
        return said

    def verify(self, what, *options, keys=True):
        done = subprocess.run([BINARY, "verify", what, "--output", "json", *(["--keys", str(self.keys_file)] if keys else []), *options],
                              env=self.server.environment(), capture_output=True, text=True, timeout=120)
        return done.returncode, json.loads(done.stdout) if done.stdout else done.stderr

    def kinds(self, report):
        return [finding["Kind"] for finding in report["Findings"]]

    def test_whole(self):
        for program, (code, output) in self.aws_says(filter(None, ("/usr/bin/aws", other_aws()))).items():
            self.assertEqual(code, 0, f"{program}: {output}")
            self.assertIn(f"{HOURS}/{HOURS} digest files valid", output)
            self.assertIn("10/10 log files valid", output)
        code, report = self.verify(f"s3://{BUCKET}/{PREFIX}")
        self.assertEqual((code, report["Findings"], report["Valid"]), (0, [], True), report)
        chain = report["Chains"][0]
        self.assertEqual((chain["AccountId"], chain["TrailName"], chain["Region"]), (ACCOUNT, TRAIL, REGION))
        self.assertEqual((chain["ValidDigests"], chain["ValidLogFiles"]), (HOURS, 10))
        self.assertEqual(chain["ProvenUntil"], iso(START + datetime.timedelta(hours=HOURS)))

    def test_each_kind_of_damage(self):
        chain = self.chain
        d, logs = chain.digests, chain.logs
        digest_prefix, log_prefix = d[0].rsplit("/", 1)[0], logs[0].rsplit("/", 1)[0]
        # name, what is done, what we find, whether AWS's validator objects, too
        cases = [
            ("a deleted log file", lambda: chain.delete(logs[1]), ["log-deleted"], True),
            ("a changed log file", lambda: chain.change(logs[1], b"eventTime", b"eventtime"), ["log-changed"], True),
            ("two log files swapped", lambda: (chain.copy(logs[0], logs[1]), chain.copy(logs[1], logs[0])), ["log-changed", "log-changed"], True),
            ("a log file that is no gzip", lambda: chain.bytes(logs[1], gzip.decompress), ["log-damaged"], True),
            ("a log file cut short", lambda: chain.bytes(logs[1], lambda body: body[:-9]), ["log-damaged"], None),
            ("a log file with something behind it", lambda: chain.bytes(logs[1], lambda body: body + gzip.compress(b"{}")), ["log-damaged"], None),
            ("a planted log file", lambda: chain.copy(logs[0], logs[0].replace("00000000abcd", "00000000wxyz")), ["log-unreferenced"], False),
            ("a deleted digest", lambda: chain.delete(d[3]), ["digest-deleted"], True),
            ("two digests deleted in a row", lambda: chain.delete(d[2], d[3]), ["digest-deleted"], True),
            ("the first digests deleted", lambda: chain.delete(*d[:3]), ["digest-deleted"], True),
            ("a changed digest", lambda: chain.change(d[3], b"SHA-256", b"SHA-512"), ["digest-damaged"], True),
            ("a digest that leaves out a log file", lambda: chain.change(d[3], b'"logFiles":[{', b'"logfiles":[{'), ["digest-damaged"], True),
            ("a digest of another hour", lambda: chain.change(d[3], b"14:00:31Z", b"14:00:30Z"), ["digest-changed"], True),
            ("a digest without signature", lambda: chain.metadata(d[3], lambda m: m.pop("signature")), ["digest-signature"], True),
            ("another signature", lambda: chain.metadata(d[3], lambda m: m.update(signature=chain.objects[d[4]][1]["signature"])),
             ["digest-signature"], True),
            ("another algorithm named", lambda: chain.metadata(d[3], lambda m: m.update({"signature-algorithm": "none"})),
             ["digest-signature"], False),
            ("a stranger's key", lambda: chain.resign(d[3], self.stranger), ["digest-key"], True),
            ("signed again by a known key", lambda: chain.resign(d[3], self.keys[0]), ["digest-resigned"], False),
            ("an old digest replayed", lambda: chain.copy(d[2], d[4]), ["digest-replayed"], True),
            ("a digest beside its place", lambda: chain.copy(d[5], d[5].replace("T160031Z", "T170031Z")), ["digest-replayed"], True),
        ]
        self.assertTrue(digest_prefix and log_prefix)
        for name, damage, expected, aws_objects in cases:
            with self.subTest(name):
                damage()
                code, report = self.verify(f"s3://{BUCKET}/{PREFIX}")
                said = self.aws_says([other_aws() or "/usr/bin/aws"]) if aws_objects is not None else {}  # they say the same
                chain.restore()
                self.assertEqual((code, self.kinds(report)), (1, expected), report["Findings"])
                for program, (aws_code, output) in said.items():
                    self.assertEqual("INVALID" in output, aws_objects, f"{program}: {output}")
                    self.assertEqual(aws_code, 1 if aws_objects else 0, f"{program}: {output}")

    def test_a_trail_the_server_does_not_know(self):
        code, words = self.verify(ARN)
        self.assertEqual(code, 3)
        self.assertIn("knows no trail", words)

    def test_what_cannot_be_looked_at_is_no_finding(self):
        self.assertEqual(self.verify("s3://no-such-bucket")[0], 3)
        bad = self.scratch / "bad.json"
        for text in ("{", "[]", '{"PublicKeyList": [{"Value": "?"}]}'):
            bad.write_text(text)
            done = subprocess.run([BINARY, "verify", f"s3://{BUCKET}/{PREFIX}", "--keys", str(bad)], env=self.server.environment(),
                                  capture_output=True, text=True, timeout=60)
            self.assertEqual((done.returncode, done.stdout), (3, ""), done.stderr)
            self.assertIn(f"{bad} holds no keys as `cairn keys` writes them: ", done.stderr)
            self.assertNotIn("exception", done.stderr)

    def test_time_range(self):
        self.chain.delete(self.chain.logs[0])
        end = iso(START + datetime.timedelta(hours=HOURS))
        later = iso(START + datetime.timedelta(hours=HOURS + 1))
        self.assertEqual(self.verify(f"s3://{BUCKET}/{PREFIX}")[0], 1)
        self.assertEqual(self.verify(f"s3://{BUCKET}/{PREFIX}", "--start-time", iso(START + datetime.timedelta(hours=1)), "--until", end)[0], 0)
        code, report = self.verify(f"s3://{BUCKET}/{PREFIX}", "--start-time", iso(START + datetime.timedelta(hours=1)), "--until", later)
        self.assertEqual((code, self.kinds(report)), (1, ["not-reached"]))
        self.assertEqual(self.verify(f"s3://{BUCKET}/{PREFIX}", "--region", "eu-west-3")[0], 1)  # no digests there: nothing is proven
        self.assertEqual(self.verify(f"s3://{BUCKET}")[0], 1)  # the prefix is missing
        for wrong in (("--start-time", "yesterday"), ("--until", end, "--end-time", end), ("--region", "mars"), ("--threads", "0")):
            self.assertEqual(self.verify(f"s3://{BUCKET}/{PREFIX}", *wrong)[0], 2, wrong)
        self.assertEqual(self.verify("/nowhere")[0], 2)

    def test_copies(self):
        synced = self.scratch / "synced"
        for source, directory in ((f"s3://{BUCKET}", synced), (f"s3://{BUCKET}/{PREFIX}", self.scratch / "without-prefix")):
            self.server.aws("s3", "sync", source, str(directory))
            code, report = self.verify(str(directory))
            self.assertEqual((code, self.kinds(report)), (0, ["end-unsigned"]), report)
            self.assertEqual(report["Chains"][0]["ProvenUntil"], iso(START + datetime.timedelta(hours=HOURS - 1)))
        saved = self.scratch / "saved"
        self.assertEqual(self.verify(f"s3://{BUCKET}/{PREFIX}", "--save", str(saved))[0], 0)
        for directory in (saved, saved / PREFIX, saved / PREFIX / "AWSLogs"):
            code, report = self.verify(str(directory))
            self.assertEqual((code, report["Findings"]), (0, []), report)
        # The keys were saved, too, and a damaged copy is found out.
        self.assertEqual(self.verify(str(saved), keys=False)[0], 0)
        (saved / self.chain.logs[3]).unlink()
        (saved / self.chain.digests[1]).write_bytes(b"")
        os.truncate(saved / self.chain.logs[5], 20)
        code, report = self.verify(str(saved))
        self.assertEqual((code, sorted(self.kinds(report))), (1, ["digest-damaged", "log-damaged"]), report)

    def test_text(self):
        self.chain.delete(self.chain.digests[3])
        done = subprocess.run([BINARY, "verify", f"s3://{BUCKET}/{PREFIX}", "--keys", str(self.keys_file)], env=self.server.environment(),
                              capture_output=True, text=True, timeout=60)
        self.assertEqual((done.returncode, done.stderr), (1, ""))
        self.assertIn(f"{REGION}  {ACCOUNT}/{TRAIL}: 5 of 5 digests, 8 of 8 log files valid; proven from {iso(START)} until", done.stdout)
        self.assertIn(f"digest-deleted  s3://{BUCKET}/{self.chain.digests[3]}\n", done.stdout)
        self.assertIn("2 log files of times that no digest covers", done.stdout)
        self.assertTrue(done.stdout.endswith("NOT VALID: 1 finding.\n"), done.stdout)

    def test_keys(self):
        out = self.scratch / "own.json"
        done = subprocess.run([BINARY, "keys", "us-east-1", "eu-west-3", "--output", str(out)], env=self.server.environment(),
                              capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("PublicKeyList", json.loads(out.read_text()))
        # What is no file is never replaced.
        pipe = self.scratch / "pipe"
        os.mkfifo(pipe)
        reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
        self.addCleanup(os.close, reader)
        done = subprocess.run([BINARY, "keys", "--output", str(pipe)], env=self.server.environment(), capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue(pipe.is_fifo())
        self.assertIn("PublicKeyList", json.loads(os.read(reader, 65536)))
        self.assertEqual(subprocess.run([BINARY, "keys", "mars"], env=self.server.environment(), capture_output=True, timeout=60).returncode, 2)


class TrailVerifyTest(unittest.TestCase):
    """A trail at work: found by its ARN, with the server's own keys."""

    def verify(self, server, what, *options):
        done = subprocess.run([BINARY, "verify", what, "--output", "json", *options], env=server.environment(), capture_output=True,
                              text=True, timeout=120)
        return done.returncode, json.loads(done.stdout) if done.stdout else done.stderr

    def test_a_trail_without_a_digest_yet(self):
        with Server("--set", "delivery.interval=1s") as server:
            arn = evidence.make_trail(server, EnableLogFileValidation=True)
            trails = server.client("cloudtrail")
            self.assertTrue(eventually(lambda: trails.get_trail_status(Name="first").get("LatestDeliveryTime"), 20))
            due = (trails.get_trail_status(Name="first")["StartLoggingTime"] + datetime.timedelta(hours=1)).astimezone(datetime.timezone.utc).replace(microsecond=0, tzinfo=None)
            code, report = self.verify(server, arn)
            self.assertEqual((code, [finding["Kind"] for finding in report["Findings"]], report["FirstDigestDue"]), (1, ["no-digests"], iso(due)), report)

            def text():
                return subprocess.run([BINARY, "verify", arn], env=server.environment(), capture_output=True, text=True, timeout=60).stdout
            self.assertTrue(text().endswith(f"its first digest is due by {iso(due)}.\n"), text())
            trails.update_trail(Name="first", EnableLogFileValidation=False)
            self.assertTrue(text().endswith("(LogFileValidationEnabled): none will come.\n"), text())

    def test_trail(self):
        with Server("--set", "delivery.interval=1s", "--set", "digest.interval=1s") as server, tempfile.TemporaryDirectory() as scratch:
            arn = evidence.make_trail(server, S3KeyPrefix="audit/all", EnableLogFileValidation=True, IsMultiRegionTrail=True)
            for region in ("us-east-1", "eu-west-1"):
                server.client("sts", region=region).get_caller_identity()

            def digested():  # both regions, and while it delivers
                code, report = self.verify(server, arn)
                self.assertNotIn("knows no trail", str(report))
                return {chain["Region"] for chain in report["Chains"] if chain["ValidLogFiles"]} >= {"us-east-1", "eu-west-1"} and (code, report)
            code, report = eventually(digested, 30)
            self.assertEqual((code, report["Findings"]), (0, []), report)
            server.client("cloudtrail").stop_logging(Name="first")
            evidence.wait_for_end(server)
            code, report = self.verify(server, arn, "--save", scratch)
            self.assertEqual((code, report["Findings"], report["PendingLogFiles"]), (0, [], 0), report)
            files = sum(chain["LogFiles"] for chain in report["Chains"])
            keys = [key for key in evidence.objects(server, "logs") if evidence.LOG_KEY.match(key)]
            self.assertEqual(files, len(keys))

            # The copy, without the server.
            done = subprocess.run([BINARY, "verify", scratch], env={"HOME": scratch}, capture_output=True, text=True, timeout=60)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            # With keys that were saved apart from it.
            apart = pathlib.Path(scratch, "apart.json")
            subprocess.run([BINARY, "keys", "us-east-1", "eu-west-1", "--output", str(apart)], env=server.environment(), check=True,
                           capture_output=True, timeout=60)
            regions = ",".join(chain["Region"] for chain in report["Chains"] if chain["Region"] in ("us-east-1", "eu-west-1"))
            self.assertEqual(self.verify(server, scratch, "--keys", str(apart), "--region", regions)[0], 0)

            server.client("s3").delete_object(Bucket="logs", Key=keys[len(keys) // 2])
            code, report = self.verify(server, arn)
            self.assertEqual((code, [finding["Kind"] for finding in report["Findings"]]), (1, ["log-deleted"]), report)


if __name__ == "__main__":
    unittest.main()
