"""`cairn import` with files as AWS writes them, through a real server: found like any event, once, by time, byte for byte, and no news to
those who follow."""
import concurrent.futures
import datetime
import gzip
import hashlib
import json
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import uuid

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "delivery"))
import evidence  # noqa: E402
from server import BINARY, Server, all_events, eventually, signed_post  # noqa: E402

ACCOUNT = "000000000000"


def stamp(hours):
    return (datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(hours=hours)).strftime("%Y-%m-%dT%H:%M:%SZ")


def record(hours=1.0, name="DescribeInstances", account=ACCOUNT, event_id=None, **more):
    """As CloudTrail writes a call of EC2, compact."""
    return json.dumps({
        "eventVersion": "1.08",
        "userIdentity": {"type": "IAMUser", "principalId": "AIDAEXAMPLE", "arn": f"arn:aws:iam::{account}:user/benjamin", "accountId": account,
                         "accessKeyId": "AKIAIOSFODNN7EXAMPLE", "userName": "benjamin"},
        "eventTime": stamp(hours), "eventSource": "ec2.amazonaws.com", "eventName": name, "awsRegion": "us-east-1",
        "sourceIPAddress": "192.0.2.7", "userAgent": "aws-cli/2.9.19", "requestParameters": {"maxResults": 1000, "ratio": 1.10},
        "responseElements": None, "requestID": str(uuid.uuid4()), "eventID": event_id or str(uuid.uuid4()), "readOnly": True,
        "eventType": "AwsApiCall", "managementEvent": True, "recipientAccountId": account, "eventCategory": "Management", **more},
        separators=(",", ":")).replace("1.1}", "1.10}")


def log_file(records):
    return gzip.compress(('{"Records":[' + ",".join(records) + "]}").encode())


def ids(records):
    return [json.loads(r)["eventID"] for r in records]


class Importing(unittest.TestCase):
    options = ()

    def setUp(self):
        self.server = Server(*self.options)
        self.server.__enter__()
        self.addCleanup(lambda: self.server.__exit__(None, None, None))
        self.directory = tempfile.TemporaryDirectory(prefix="cairn-import-")
        self.addCleanup(self.directory.cleanup)
        self.path = pathlib.Path(self.directory.name)

    def write(self, name, content):
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def run_import(self, what, *options, stdin=None, server=None, **more):
        """The exit code, the counts, what was said."""
        done = subprocess.run([BINARY, "import", str(what), "--output", "json", *options], env=(server or self.server).environment(**more),
                              input=stdin, capture_output=True, timeout=120)
        try:
            counts = json.loads(done.stdout)
        except ValueError:
            counts = None
        return done.returncode, counts, done.stderr.decode()

    def imported(self, server=None):
        """Event IDs in the history but for those of this server's own calls, newest first."""
        return [e["EventId"] for e in all_events(server or self.server) if e["EventSource"] == "ec2.amazonaws.com"]


class Import(Importing):
    def test_every_way_of_writing_them(self):
        records = [record(hours=h) for h in range(1, 31)]
        random.Random(1).shuffle(records)
        base = f"AWSLogs/{ACCOUNT}/CloudTrail/us-east-1/2026/01/02/{ACCOUNT}_CloudTrail_us-east-1_20260102T0305Z_"
        self.write(base + "0123456789abcdef.json.gz", log_file(records[:10]))
        self.write("plain.json", '{"Records":[' + ",".join(records[10:13]) + "]}")
        self.write("lines.ndjson", "\n".join(records[13:16]) + "\n")
        self.write("pretty.json", json.dumps({"Records": [json.loads(r) for r in records[16:18]]}, indent=2))
        self.write("members.gz", log_file(records[18:20]) + log_file(records[20:22]) + gzip.compress((records[22] + "\n").encode()))
        self.write("documents.json", "".join('{"Records":[' + r + "]}" for r in records[23:]))
        self.write(f"AWSLogs/{ACCOUNT}/CloudTrail-Digest/us-east-1/2026/01/02/{ACCOUNT}_CloudTrail-Digest_us-east-1_t_us-east-1_20260102T030405Z.json.gz",
                   gzip.compress(b"{}"))
        digest = {"awsAccountId": ACCOUNT, "digestS3Bucket": "b", "digestS3Object": "AWSLogs/x", "logFiles": []}
        self.write("renamed-digest.json.gz", gzip.compress(json.dumps(digest).encode()))
        insight = {"eventVersion": "1.08", "eventTime": stamp(1), "awsRegion": "us-east-1", "eventID": str(uuid.uuid4()), "eventType": "AwsCloudTrailInsight",
                   "recipientAccountId": ACCOUNT, "sharedEventID": "s", "insightDetails": {"state": "Start"}, "eventCategory": "Insight"}
        self.write("insights.json.gz", log_file([json.dumps(insight)]))
        self.write("README.txt", "nothing for us")

        code, counts, said = self.run_import(self.path, "--threads", "1")
        self.assertEqual(code, 0, said)
        self.assertEqual({k: counts[k] for k in ("Files", "Records", "Added", "Known", "Expired", "Insights", "Bad", "DigestFiles", "InsightsFiles", "OtherFiles")},
                         {"Files": 6, "Records": 31, "Added": 30, "Known": 0, "Expired": 0, "Insights": 1, "Bad": 0, "DigestFiles": 2, "InsightsFiles": 1,
                          "OtherFiles": 1})
        by_time = sorted(records, key=lambda r: json.loads(r)["eventTime"], reverse=True)
        self.assertEqual(self.imported(), ids(by_time))

        # AWS's own call, its paging and its filters; the record as it stood in the file.
        pages = self.server.client("cloudtrail").get_paginator("lookup_events").paginate(
            LookupAttributes=[{"AttributeKey": "EventSource", "AttributeValue": "ec2.amazonaws.com"}], PaginationConfig={"PageSize": 7})
        shown = [event for page in pages for event in page["Events"]]
        self.assertEqual([event["EventId"] for event in shown], ids(by_time))
        compact = {json.loads(r)["eventID"]: r for r in records}
        for event in shown:
            if event["EventId"] not in ids(records[16:18]):
                self.assertEqual(event["CloudTrailEvent"], compact[event["EventId"]])
        self.assertEqual(shown[0]["Username"], "benjamin")
        found = self.server.client("cloudtrail").lookup_events(LookupAttributes=[{"AttributeKey": "EventId", "AttributeValue": ids(records)[4]}])
        self.assertEqual(len(found["Events"]), 1)

        # Once more, also after a restart: nothing is added.
        for _ in range(2):
            code, counts, said = self.run_import(self.path, "--threads", "1")
            self.assertEqual((code, counts["Added"], counts["Known"]), (0, 0, 30), said)
            self.server.stop()
            self.server.start()
        self.assertEqual(self.imported(), ids(by_time))
        recorded = [json.loads(e["CloudTrailEvent"]) for e in all_events(self.server) if e["EventName"] == "ImportEvents"]
        self.assertEqual(len(recorded), 3)
        self.assertEqual(recorded[-1]["eventSource"], "cairn.amazonaws.com")
        self.assertFalse(recorded[-1]["readOnly"])
        self.assertEqual(recorded[-1]["requestParameters"]["files"], 8)
        self.assertEqual(recorded[-1]["responseElements"]["added"], 30)
        self.assertNotIn("parts", recorded[-1]["responseElements"])

    def test_the_calls_record_tells_what_was_brought_and_to_whom(self):
        records = [record(), record(account="111122223333"), record(account="111122223333")]
        content = log_file(records)
        self.write("a.json.gz", content)
        for added in ([{"accountId": ACCOUNT, "added": 1}, {"accountId": "111122223333", "added": 2}], []):
            self.assertEqual(self.run_import(self.path)[0], 0)
            call = json.loads(next(e for e in all_events(self.server) if e["EventName"] == "ImportEvents")["CloudTrailEvent"])
            self.assertEqual(call["requestParameters"], {"files": 1, "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()})
            self.assertEqual(call["responseElements"]["accounts"], added)
            self.assertEqual(call["responseElements"]["records"], 3)
        many = ["%012d" % n for n in range(1, 131)]
        self.write("a.json.gz", log_file([record(account=account) for account in many]))
        self.assertEqual(self.run_import(self.path)[0], 0)
        call = json.loads(next(e for e in all_events(self.server) if e["EventName"] == "ImportEvents")["CloudTrailEvent"])
        self.assertEqual([one["accountId"] for one in call["responseElements"]["accounts"]], many[:100])
        self.assertEqual(call["responseElements"]["moreAccounts"], 30)

    def test_from_standard_input_and_from_a_bucket(self):
        records = [record(hours=h) for h in range(1, 6)]
        code, counts, said = self.run_import("-", stdin=("\n".join(records[:3]) + "\n").encode())
        self.assertEqual((code, counts["Added"]), (0, 3), said)
        s3 = self.server.client("s3")
        s3.create_bucket(Bucket="old-logs")
        s3.put_object(Bucket="old-logs", Key=f"AWSLogs/{ACCOUNT}/CloudTrail/us-east-1/a.json.gz", Body=log_file(records[2:]))
        s3.put_object(Bucket="old-logs", Key="elsewhere/b.json.gz", Body=log_file([record()]))
        code, counts, said = self.run_import(f"s3://old-logs/AWSLogs/{ACCOUNT}")
        self.assertEqual((code, counts["Added"], counts["Known"]), (0, 2, 1), said)
        code, counts, said = self.run_import(self.write("one.json.gz", log_file(records)))
        self.assertEqual((code, counts["Files"], counts["Known"]), (0, 1, 5), said)

    def test_large_files_are_taken_apart(self):
        records = [record(hours=h / 10, requestParameters={"filler": os.urandom(6000).hex()}) for h in range(1, 3001)]
        plain = "\n".join(records[:1500]) + "\n{\"broken\":\n" + "\n".join(records[1500:1600]) + "\n"
        self.write("large.ndjson", plain)
        members = log_file(records[1600:2300]) + log_file(records[2300:])  # as `cairn export` writes
        self.assertGreater(len(members), 6 << 20)
        self.write("large.json.gz", members)
        code, counts, said = self.run_import(self.path)
        self.assertEqual((code, counts["Added"], counts["Bad"], counts["Files"]), (1, 3000, 1, 2), said)
        self.assertIn("large.ndjson, record 1501, line 1501: ", said)
        self.assertEqual(len(self.imported()), 3000)

    def test_what_is_too_much_for_one_call_is_sent_in_several(self):
        # More than a call takes uncompressed, and more records; a bomb beside it costs itself.
        records = [record(hours=1 + n / 3600, requestParameters={"filler": "x" * 60_000}) for n in range(1700)]
        small = [record(hours=20) for _ in range(400)]
        self.write("long.json.gz", log_file(records))
        self.write("many.ndjson.gz", gzip.compress(("\n".join(small) + "\n" + "{}\n" * 200_000).encode()))
        self.write("bomb.json.gz", gzip.compress(bytes(120 << 20)))
        code, counts, said = self.run_import(self.path)
        self.assertEqual((code, counts["Added"]), (1, 2100), said[:2000])
        self.assertEqual(counts["Bad"], 200_001)

    def test_a_server_that_takes_less_gets_it_in_parts(self):
        with Server("--set", "http.body_bytes_max=5MB") as server:
            records = [record(requestParameters={"filler": os.urandom(3000).hex()}) for _ in range(1000)]
            self.write("a.ndjson", "\n".join(records[:850]) + "\n")
            self.assertGreater((pathlib.Path(self.path) / "a.ndjson").stat().st_size, 5_000_000)
            self.write("b.ndjson", "\n".join(records[850:]) + "\n")
            code, counts, said = self.run_import(self.path, "--threads", "1", server=server)
            self.assertEqual((code, counts["Added"], counts["Bad"]), (0, 1000, 0), said)

    def test_what_is_bad_is_named_and_costs_nothing_else(self):
        good = [record(hours=h) for h in range(1, 8)]
        no_id = json.loads(record())
        del no_id["eventID"]
        self.write("a.json.gz", log_file([good[0], json.dumps(no_id), good[1]]))
        self.write("b.ndjson", good[2] + "\nnot json\n" + good[3] + "\n" + record()[:300] + "\n" + good[4] + "\n")
        self.write("c.json.gz", log_file([good[5]])[:-20])
        self.write("d.json.gz", b"\x1f\x8b\x08 no gzip")
        self.write("e.json.gz", log_file([good[6]]) + b"behind it")
        self.write("f.json", '{"Records":[' + good[5])
        self.write("g.json", "")
        self.write("h.json", json.dumps({"hello": "world"}))
        self.write("i.json", record(hours=-48))
        self.write("j.json", json.dumps({**json.loads(record()), "recipientAccountId": "nobody"}))
        self.write("k.json", json.dumps({**json.loads(record()), "requestParameters": {"x": "y" * (1 << 20)}}))
        code, counts, said = self.run_import(self.path)
        self.assertEqual(code, 1)
        problems = {(os.path.basename(p["File"]), p["Where"]): p["Reason"] for p in counts["Problems"]}
        self.assertEqual(sorted(problems), [
            ("a.json.gz", "record 2, line 1"), ("b.ndjson", "record 2, line 2"), ("b.ndjson", "record 4, line 4"), ("c.json.gz", ""), ("d.json.gz", ""),
            ("e.json.gz", ""), ("f.json", "record 2, line 1"), ("h.json", "record 1, line 1"), ("i.json", "record 1, line 1"), ("j.json", "record 1, line 1"),
            ("k.json", "record 1, line 1")])
        self.assertIn("eventID", problems["a.json.gz", "record 2, line 1"])
        self.assertIn("ends too early", problems["c.json.gz", ""])
        self.assertIn("yet to come", problems["i.json", "record 1, line 1"])
        for (name, _), reason in problems.items():
            self.assertIn(f"{name}", said)
            self.assertIn(reason, said)
        self.assertEqual(counts["Bad"], 11)
        self.assertEqual(sorted(self.imported()), sorted(ids(good[:6])))

    def test_names_do_not_command_the_terminal(self):
        s3 = self.server.client("s3")
        s3.create_bucket(Bucket="logs")
        s3.put_object(Bucket="logs", Key="a\x1b[2J.json.gz", Body=b"\x1f\x8b\x08 no gzip")
        s3.put_object(Bucket="logs", Key="b\u202e.json", Body=b"not json")
        code, counts, said = self.run_import("s3://logs")
        self.assertEqual(code, 1)
        self.assertEqual({p["File"] for p in counts["Problems"]}, {"s3://logs/a\x1b[2J.json.gz", "s3://logs/b\u202e.json"})
        for name in ("a\ufffd[2J.json.gz: ", "b\ufffd.json, record 1, line 1: "):
            self.assertIn(f"s3://logs/{name}", said)
        self.assertFalse(set("\x1b\u202e") & set(said), said)

    def test_who_may_and_what(self):
        iam = self.server.client("iam")
        iam.create_user(UserName="clerk")
        key = iam.create_access_key(UserName="clerk")["AccessKey"]
        clerk = {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}
        self.write("a.json", record())
        code, _, said = self.run_import(self.path, **clerk)
        self.assertEqual(code, 3)
        self.assertIn("is not authorized to perform: cairn:ImportEvents", said)
        iam.put_user_policy(UserName="clerk", PolicyName="p", PolicyDocument=json.dumps(
            {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "cairn:ImportEvents", "Resource": "*"}]}))
        code, counts, said = self.run_import(self.path, **clerk)
        self.assertEqual((code, counts["Added"]), (0, 1), said)

        # Of another account's events only the first account is the keeper.
        made = subprocess.run([BINARY, "account", "create", "other"], env=self.server.environment(), capture_output=True, text=True, check=True)
        other = made.stdout.split()[0]
        profile = subprocess.run([BINARY, "root", "credentials", "--data", str(self.server.data), "--account", other], env=self.server.environment(),
                                 capture_output=True, text=True, check=True).stdout
        values = dict(line.split(" = ") for line in profile.splitlines() if " = " in line)
        theirs = {"AWS_ACCESS_KEY_ID": values["aws_access_key_id"], "AWS_SECRET_ACCESS_KEY": values["aws_secret_access_key"]}
        self.write("b.json", record(account=other))
        code, counts, said = self.run_import(self.path, **theirs)
        self.assertEqual((code, counts["Added"], counts["Bad"]), (1, 1, 1), said)
        self.assertIn("may be imported from the server's first account only", said)
        code, counts, said = self.run_import(self.path)
        self.assertEqual((code, counts["Added"], counts["Known"]), (0, 0, 2), said)

    def test_what_it_refuses(self):
        for arguments, code, words in ((("/nowhere",), 2, "there is no file or directory"), (("s3://",), 2, "needs a bucket"),
                                       ((".", "--event-store", "cases"), 2, "no event data stores yet"), (("s3://absent",), 3, "Cannot list")):
            with self.subTest(arguments=arguments):
                got, _, said = self.run_import(*arguments)
                self.assertEqual(got, code, said)
                self.assertIn(words, said)
        self.write("tables/events.parquet", b"PAR1")
        for place, words in (("tables", "holds no log files, but Parquet, which is not taken"), ("empty", "holds no log files\n")):
            (self.path / place).mkdir(exist_ok=True)
            code, _, said = self.run_import(self.path / place)
            self.assertEqual(code, 2, said)
            self.assertIn(words, said)
        code, _, said = self.run_import(self.path / "empty", "--check-digests")
        self.assertEqual(code, 2, said)
        self.assertIn("cannot be told whether digests prove", said)
        self.server.stop()
        self.write("a.json", record())
        code, _, said = self.run_import(self.path)
        self.assertEqual(code, 3)
        self.assertIn("The same command goes on", said)
        self.server.start()


class Export(Importing):
    def test_writes_a_file_for_each_account_region_and_day(self):
        records = [record(hours=12 * n) for n in range(1, 8)] + [record(hours=5, awsRegion="eu-west-3")]
        self.write("a.json.gz", log_file(records))
        self.assertEqual(self.run_import(self.path)[0], 0)
        to = self.path / "out"

        def run(*arguments):
            return subprocess.run([BINARY, "export", *map(str, arguments)], env=self.server.environment(), capture_output=True, text=True)
        done = run("--to", to, "--filter", 'eventSource = "ec2.amazonaws.com"')
        self.assertEqual(done.returncode, 0, done.stderr)
        found = []
        for path in to.rglob("*"):
            if not path.is_file():
                continue
            for line in gzip.decompress(path.read_bytes()).decode().splitlines():
                event = json.loads(line)
                self.assertEqual(str(path.relative_to(to)),
                                 f"account={ACCOUNT}/region={event['awsRegion']}/date={event['eventTime'][:10]}/events.ndjson.gz")
                found.append(line)
        self.assertEqual(sorted(found), sorted(records))
        code, counts, said = self.run_import(to)
        self.assertEqual((code, counts["Added"], counts["Known"]), (0, 0, len(records)), said)
        for arguments, words in ((("--to", to), "not empty"), (("--to", self.path / "x", "--from", "trail"), "only the history")):
            done = run(*arguments)
            self.assertEqual(done.returncode, 2)
            self.assertIn(words, done.stderr)


class Old(Importing):
    options = ("--set", "history.retention=10d")

    def test_events_past_the_retention_are_counted_and_left_out(self):
        self.write("a.json.gz", log_file([record(hours=24 * d) for d in (1, 9, 11, 400)]))
        done = subprocess.run([BINARY, "import", str(self.path)], env=self.server.environment(), capture_output=True, text=True)
        self.assertEqual(done.returncode, 0)
        self.assertIn("2 events added", done.stdout)
        self.assertIn("2 events older than what the history keeps", done.stdout)
        self.assertEqual(len(self.imported()), 2)


class NoNews(Importing):
    options = ("--set", "delivery.interval=1s")

    def test_trails_and_rules_see_the_call_only(self):
        evidence.make_trail(self.server, EnableLogFileValidation=True)
        sqs, events = self.server.client("sqs"), self.server.client("events")
        url = sqs.create_queue(QueueName="news")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": arn}]})})
        events.put_rule(Name="all", EventPattern=json.dumps({"detail-type": ["AWS API Call via CloudTrail"],
                                                             "detail": {"eventName": ["DescribeInstances", "ImportEvents"]}}))
        events.put_targets(Rule="all", Targets=[{"Id": "1", "Arn": arn}])
        records = [record(hours=h / 60) for h in range(50)]
        self.write("a.json.gz", log_file(records))
        before = all_events(self.server)[0]["Cursor"]
        code, _, said = self.run_import(self.path)
        self.assertEqual(code, 0, said)
        self.assertEqual(len(self.imported()), 50)
        self.assertEqual([e["EventName"] for e in all_events(self.server, newer_than=before) if e["EventSource"] == "cairn.amazonaws.com" and
                          e["EventName"] != "SearchEvents"], ["ImportEvents"])

        message = eventually(lambda: sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1).get("Messages"))
        self.assertEqual(json.loads(message[0]["Body"])["detail"]["eventName"], "ImportEvents")
        self.assertIsNone(sqs.receive_message(QueueUrl=url).get("Messages"))
        self.server.client("cloudtrail").stop_logging(Name="first")

        def delivered():
            s3, found = self.server.client("s3"), []
            for item in s3.list_objects_v2(Bucket="logs", Prefix=f"AWSLogs/{ACCOUNT}/CloudTrail/").get("Contents", []):
                found += json.loads(gzip.decompress(s3.get_object(Bucket="logs", Key=item["Key"])["Body"].read()))["Records"]
            return found if any(r["eventName"] == "StopLogging" for r in found) else None
        names = [r["eventName"] for r in eventually(delivered)]
        self.assertEqual(names.count("ImportEvents"), 1)
        self.assertNotIn("DescribeInstances", names)

        # The trail's own files hold nothing new; proven by their digests first, and not at all when they are not.
        subprocess.run([BINARY, "verify", "s3://logs", "--save", str(self.path / "copy")], env=self.server.environment(), capture_output=True)
        eventually(lambda: self.run_import("s3://logs", "--check-digests")[0] == 0)
        code, counts, said = self.run_import("s3://logs")
        self.assertEqual((code, counts["Added"]), (0, 0), said)
        self.assertGreater(counts["Known"], 5)
        copy = self.path / "copy"
        subprocess.run([BINARY, "verify", "s3://logs", "--save", str(copy)], env=self.server.environment(), check=True, capture_output=True)

        # What no digest speaks of is taken, named, and told by the exit code.
        known = next(copy.rglob("*_CloudTrail_*.json.gz"))
        newer = known.with_name(re.sub(r"_\d{8}T\d{4}Z_", datetime.datetime.now(datetime.timezone.utc).strftime("_%Y%m%dT%H%MZ_"), known.name).replace(".json.gz", "x.json.gz"))
        newer = newer.with_name(newer.name[:-len("x.json.gz") - 16] + "0123456789abcdeX.json.gz")
        elsewhere = copy / "elsewhere" / "b\x1b[2J.json.gz"
        elsewhere.parent.mkdir()
        for path in (newer, elsewhere):
            path.write_bytes(log_file([record(name="RunInstances")]))
        keys = ("--check-digests", "--keys", str(copy / "public-keys.json"))
        code, counts, said = self.run_import(copy, *keys)
        self.assertEqual(code, 4, said)
        self.assertEqual((counts["Added"], counts["NotCoveredFiles"], sorted(counts["NotCovered"])), (2, 2, sorted(map(str, (newer, elsewhere)))))
        for path in (newer, elsewhere):
            self.assertIn(f"{path}: not covered by a digest\n".replace("\x1b", "\ufffd"), said)
        self.assertNotIn("\x1b", said)
        self.assertNotIn(str(known), said)
        plain = subprocess.run([BINARY, "import", str(copy), *keys], env=self.server.environment(), capture_output=True, text=True)
        self.assertEqual(plain.returncode, 4)
        self.assertIn("2 files not covered by a digest: taken without a proof\n", plain.stdout)
        newer.unlink()
        shutil.rmtree(elsewhere.parent)
        code, counts, said = self.run_import(copy, *keys)
        self.assertEqual((code, counts["NotCovered"]), (0, []), said)
        changed = next(copy.rglob("*_CloudTrail_*.json.gz"))
        changed.write_bytes(log_file([record()]))
        code, _, said = self.run_import(copy, "--check-digests", "--keys", str(copy / "public-keys.json"))
        self.assertEqual(code, 1)
        self.assertIn("nothing was imported", said)
        self.assertEqual(len(self.imported()), 52)


class Interrupted(Importing):
    def test_killed_in_the_middle_and_again(self):
        records = [record(hours=h / 30) for h in range(6000)]
        for i in range(60):
            self.write(f"{i:03}.json.gz", log_file(records[i * 100:(i + 1) * 100]))
        for wait in (0.05, 0.15, 0.3):
            importing = subprocess.Popen([BINARY, "import", str(self.path), "--threads", "2", "--data", str(self.server.data)],
                                         stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
            time.sleep(wait)
            self.server.kill()
            importing.communicate(timeout=60)
            self.server.start()
        code, counts, said = self.run_import(self.path)
        self.assertEqual(code, 0, said)
        self.assertEqual(counts["Added"] + counts["Known"], 6000)
        found = self.imported()
        self.assertEqual(len(found), 6000)
        self.assertEqual(set(found), set(ids(records)))
        self.server.stop()
        checked = subprocess.run([BINARY, "fsck", "--data", str(self.server.data)], capture_output=True, text=True)
        self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)
        self.server.start()

    def test_two_side_by_side(self):
        records = [record(hours=h / 30) for h in range(3000)]
        for i in range(30):
            self.write(f"{i:03}.json.gz", log_file(records[i * 100:(i + 1) * 100]))
        with concurrent.futures.ThreadPoolExecutor() as pool:
            both = list(pool.map(lambda _: self.run_import(self.path), range(3)))
        self.assertEqual([code for code, _, _ in both], [0, 0, 0], both)
        found = self.imported()
        self.assertEqual(len(found), 3000)
        self.assertEqual(set(found), set(ids(records)))


if __name__ == "__main__":
    unittest.main()
