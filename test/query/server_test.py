"""`cairn query` over a server: its buckets with a trail's files, and its event history."""
import json
import subprocess
import sys
import pathlib
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "delivery"))
import evidence  # noqa: E402
import logs  # noqa: E402
from logs import Maker, deliver, query, rows  # noqa: E402
from server import BINARY, Server, all_records, eventually  # noqa: E402

SKIP = logs.why_not()


@unittest.skipIf(SKIP, SKIP)
class OverAServer(unittest.TestCase):
    def test_a_bucket(self):
        with Server() as server, tempfile.TemporaryDirectory() as directory:
            s3 = server.client("s3")
            s3.create_bucket(Bucket="logs")
            records, maker = [], Maker(2)
            for i in range(12):
                some = maker.records(50, day=f"2023-07-{10 + i % 3}")
                path = deliver(directory, some, unique=str(i), day=f"2023-07-{10 + i % 3}")
                s3.upload_file(str(path), "logs", "here/a b/" + str(path.relative_to(directory)))
                records += some
            s3.put_object(Bucket="logs", Key="here/a b/AWSLogs/bad.json.gz", Body=b"bad")
            s3.put_object(Bucket="logs", Key="here/readme.txt", Body=b"hello")
            environment = server.environment()
            done = query("SELECT count(*), count(DISTINCT eventid), max(file) FROM events", "--from", "s3://logs/here/", check=False, env=environment)
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertIn("left out: s3://logs/here/a b/AWSLogs/bad.json.gz", done.stderr)
            self.assertRegex(done.stdout.splitlines()[1], rf"^{len(records)},{len(records)},s3://logs/here/a b/AWSLogs/111122223333/CloudTrail/")
            [row] = rows("SELECT count(*) AS n FROM events WHERE day = '11'", "s3://logs", env=environment)
            self.assertEqual(row["n"], 200)
            done = query("SELECT 1", "--from", "s3://absent", check=False, env=environment)
            self.assertEqual(done.returncode, 3)
            self.assertIn("NoSuchBucket", done.stderr)
            # What is not read is not an answer of no rows.
            s3.put_object(Bucket="logs", Key="tables/account=111122223333/region=us-east-1/date=2023-07-10/events.parquet", Body=b"PAR1")
            for prefix, words in (("here/readme", ""), ("absent/", ""), ("tables/", ", but Parquet, which is read from a directory only: copy it into one")):
                done = query("SELECT count(*) FROM events", "--from", f"s3://logs/{prefix}", check=False, env=environment)
                self.assertEqual((done.returncode, done.stdout, done.stderr), (2, "", f"cairn query: s3://logs/{prefix} holds no log files{words}\n"))

    def test_the_history(self):
        with Server() as server:
            s3 = server.client("s3")
            s3.create_bucket(Bucket="first")
            for i in range(30):
                s3.put_object(Bucket="first", Key=f"key{i}", Body=b"x")
            server.client("sts", region="eu-west-3").get_caller_identity()
            known = {record["eventID"]: record for record in all_records(server)}
            found = {row["eventid"]: json.loads(row["record"]) if isinstance(row["record"], str) else row["record"]
                     for row in rows("SELECT eventid, record FROM events WHERE eventname <> 'SearchEvents'", "history", env=server.environment())}
            self.assertEqual(found, known)
            [row] = rows("SELECT count(*) AS n FROM events WHERE eventname = 'PutObject' AND (requestparameters->>'key') LIKE '%key%'", "history", env=server.environment())
            self.assertEqual(row["n"], 30)
            [row] = rows("SELECT count(*) AS n FROM events", "history", "--region", "eu-west-3", env=server.environment())
            self.assertEqual(row["n"], 1)
            [there] = rows("SELECT account, region, timestamp, eventtime FROM events WHERE region = 'eu-west-3'", "history", env=server.environment())
            self.assertEqual((there["account"], there["timestamp"]), ("000000000000", there["eventtime"][:10].replace("-", "/")))
            # The same of what is exported.
            subprocess.run([BINARY, "export", "--to", f"{server.data}/out", "--data", str(server.data)], check=True, capture_output=True, timeout=60)
            [exported] = rows("SELECT account, region, timestamp, eventtime FROM events WHERE region = 'eu-west-3'", f"{server.data}/out", env=server.environment())
            self.assertEqual(exported, there)

    def test_a_trails_own_files(self):
        with Server("--set", "delivery.interval=1s") as server:
            evidence.make_trail(server, EnableLogFileValidation=True)
            server.client("sts").get_caller_identity()
            server.client("cloudtrail").stop_logging(Name="first")
            def found():
                done = query("SELECT account, region FROM events WHERE eventname = 'GetCallerIdentity'", "--from", "s3://logs", "--output", "ndjson", check=False,
                             env=server.environment())
                return [json.loads(line) for line in done.stdout.splitlines()]
            self.assertEqual(eventually(found), [{"account": "000000000000", "region": "us-east-1"}])

    def test_no_server(self):
        done = query("SELECT 1", "--from", "history", "--endpoint-url", "http://127.0.0.1:1", check=False,
                     env={"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "HOME": "/nonexistent"})
        self.assertEqual(done.returncode, 0, "the history is not asked")
        done = query("SELECT count(*) FROM events", "--from", "history", "--endpoint-url", "http://127.0.0.1:1", check=False,
                     env={"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b", "HOME": "/nonexistent"})
        self.assertEqual((done.returncode, done.stdout), (3, ""), done.stderr)


if __name__ == "__main__":
    unittest.main()
