"""`cairn query`: rows are what Python finds in the same records; bad files; SQL that reaches for more than the table."""
import collections
import gzip
import json
import os
import pathlib
import pty
import shutil
import signal
import subprocess
import tempfile
import unittest

import logs
from logs import BINARY, Maker, deliver, query, rows

SKIP = logs.why_not()


WRITTEN = {"requestParameters", "responseElements", "additionalEventData"}  # JSON text, as Athena has it


def folded(value):
    """A record as its row: names of columns and of structs' fields in lower case."""
    if isinstance(value, dict):
        return {k.lower(): json.dumps(v, separators=(",", ":"), ensure_ascii=False) if k in WRITTEN and v is not None
                else v if k == "attributes" and "creationDate" not in v else folded(v) for k, v in value.items()}
    if isinstance(value, list):
        return [folded(v) for v in value]
    return str(value).lower() if isinstance(value, bool) else value


def without_nulls(value):
    if isinstance(value, dict):
        return {k: without_nulls(v) for k, v in value.items() if v is not None}
    return [without_nulls(v) for v in value] if isinstance(value, list) else value


@unittest.skipIf(SKIP, SKIP)
class Query(logs.Delivered):
    def test_every_record_is_a_row_with_all_that_is_in_it(self):
        found = {row["eventid"]: row for row in rows("SELECT * EXCLUDE (record) FROM cloudtrail_logs", self.root)}
        self.assertEqual(len(found), len(self.records))
        for record in self.records:
            row = found[record["eventID"]]
            self.assertEqual((row["account"], row["region"], row["timestamp"]),
                             (record["recipientAccountId"], record["awsRegion"], record["eventTime"][:10].replace("-", "/")))
            self.assertEqual(row["time"], record["eventTime"].replace("T", " ").rstrip("Z"))
            self.assertTrue(row["file"].startswith(str(self.root)))
            for added in ("account", "region", "timestamp", "year", "month", "day", "time", "file"):
                del row[added]
            self.assertEqual(without_nulls(row), without_nulls(folded(record)))

    def test_a_record_is_there_as_it_was_written(self):
        line = '{"eventVersion":"1.08", "eventTime":"2023-07-10T00:00:00Z","x":1.10,"requestParameters":{"n":1.10,"big":12345678901234567890123}}'
        path = self.root.with_name(self.root.name + ".ndjson")
        path.write_text(line + "\n")
        try:
            found = query("SELECT record, requestparameters FROM events", "--from", path, "--output", "csv").stdout
        finally:
            path.unlink()
        self.assertIn(line.replace('"', '""'), found)
        self.assertIn('{""n"":1.10,""big"":12345678901234567890123}', found)

    def test_what_is_no_unicode_is_replaced_and_nothing_beside_it(self):
        line = r'{"eventTime":"2023-07-10T00:00:00Z", "requestParameters":{"pair":"\ud83d\ude00","high":"\ud83dx","low":"\ude00","bytes":"<>"}}'
        with tempfile.TemporaryDirectory() as directory:
            path = pathlib.Path(directory) / "a.ndjson"
            path.write_bytes(line.encode().replace(b"<>", b"\xff"))
            columns = "* EXCLUDE (file, account, region, year, month, day, timestamp)"
            query(f"SELECT {columns} FROM events", "--from", path, "--output", "parquet", "--to", path.with_suffix(".parquet"))
            wanted = line.replace(r"\ud83dx", r"\ufffdx").replace(r'"\ude00"', r'"\ufffd"').replace("<>", "\ufffd")
            for source in (path, path.with_suffix(".parquet")):
                [row] = rows("SELECT record::VARCHAR AS record, requestparameters FROM events", source)
                self.assertEqual((row["record"], row["requestparameters"]), (wanted, wanted[wanted.index('{"pair'):-1]))

    def test_examples_of_athenas_guide(self):
        """Those of the pages on CloudTrail logs in the guides of Athena and S3."""
        found = rows("""SELECT useridentity.arn, eventname, sourceipaddress, eventtime FROM cloudtrail_logs LIMIT 100;""", self.root)
        known = {(r["userIdentity"].get("arn"), r["eventName"], r["sourceIPAddress"], r["eventTime"]) for r in self.records}
        self.assertEqual(len(found), 100)
        self.assertLessEqual({tuple(row.values()) for row in found}, known)

        found = rows("""SELECT eventsource, eventname, useridentity.sessioncontext.attributes.creationdate,
                               useridentity.sessioncontext.sessionissuer.arn
                        FROM cloudtrail_logs WHERE useridentity.sessioncontext.sessionissuer.arn IS NOT NULL
                        ORDER BY eventsource, eventname LIMIT 10""", self.root)
        issued = sorted((r["eventSource"], r["eventName"]) for r in self.records if "sessionContext" in r["userIdentity"])
        self.assertEqual([(row["eventsource"], row["eventname"]) for row in found], issued[:10])
        self.assertEqual({row["creationdate"] for row in found}, {"2023-07-10T11:00:00Z"})

        found = rows("""SELECT * FROM cloudtrail_logs WHERE eventsource = 's3.amazonaws.com' AND eventname in ('GetObject') AND
                        useridentity.accountid = 'anonymous' AND useridentity.arn IS NULL AND requestparameters LIKE '%bucket3%'""", self.root)
        wanted = {r["eventID"] for r in self.records if r["eventName"] == "GetObject" and r["userIdentity"].get("accountId") == "anonymous"
                  and r["requestParameters"]["bucketName"] == "bucket3"}
        self.assertTrue(wanted)
        self.assertEqual({row["eventid"] for row in found}, wanted)

        old = [r for r in self.records if (r.get("additionalEventData") or {}).get("SignatureVersion") == "SigV2"]
        found = rows("""SELECT EventTime, EventName as S3_Action, requestParameters as Request_Parameters, awsregion as AWS_Region,
                               sourceipaddress as Source_IP, useragent as User_Agent FROM cloudtrail_logs
                        WHERE eventsource='s3.amazonaws.com' AND json_extract_scalar(additionalEventData, '$.SignatureVersion')='SigV2'""", self.root)
        self.assertEqual(sorted((r["eventtime"], r["S3_Action"]) for r in found), sorted((r["eventTime"], r["eventName"]) for r in old))
        found = rows("""SELECT useridentity.arn, Count(requestid) AS RequestCount FROM cloudtrail_logs
                        WHERE eventsource='s3.amazonaws.com' and json_extract_scalar(additionalEventData, '$.SignatureVersion')='SigV2'
                        Group by useridentity.arn""", self.root)
        self.assertEqual({row["arn"]: row["RequestCount"] for row in found}, dict(collections.Counter(r["userIdentity"].get("arn") for r in old)))

    def test_nested_values(self):
        found = rows("""SELECT r.arn, count(*) AS n FROM events CROSS JOIN UNNEST(resources) AS t(r) WHERE r.type = 'AWS::S3::Bucket' GROUP BY ALL""", self.root)
        wanted = collections.Counter(x["ARN"] for r in self.records for x in r.get("resources", []) if x["type"] == "AWS::S3::Bucket")
        self.assertEqual({row["arn"]: row["n"] for row in found}, dict(wanted))
        found = rows("SELECT useridentity.sessioncontext.webidfederationdata.attributes['idp.example.com:aud'] AS aud, count(*) AS n FROM events GROUP BY ALL", self.root)
        web = sum(bool(r["userIdentity"].get("sessionContext", {}).get("webIdFederationData")) for r in self.records)
        self.assertEqual({row["aud"]: row["n"] for row in found}, {"x\ny": web, None: len(self.records) - web})
        found = rows("SELECT record.requestParameters.instancesSet.items[0].maxCount AS n FROM events WHERE eventname = 'RunInstances'", self.root)
        self.assertEqual(sorted(row["n"] for row in found),
                         sorted(r["requestParameters"]["instancesSet"]["items"][0]["maxCount"] for r in self.records if r["eventName"] == "RunInstances"))
        [row] = rows("SELECT sum(json_extract(additionaleventdata, '$.bytesTransferredIn')::DOUBLE) AS bytes, min(time) AS first FROM events", self.root)
        self.assertEqual(row["bytes"], sum(r["additionalEventData"]["bytesTransferredIn"] for r in self.records if "additionalEventData" in r))
        self.assertEqual(row["first"], min(r["eventTime"] for r in self.records).replace("T", " ").rstrip("Z"))

    def test_insights_are_a_table_of_their_own(self):
        insight = {"eventVersion": "1.09", "eventTime": "2023-07-10T11:00:00Z", "eventType": "AwsCloudTrailInsight", "eventCategory": "Insight", "awsRegion": "us-east-1",
                   "insightDetails": {"state": "Start", "eventName": "RunInstances", "insightType": "ApiCallRateInsight"}}
        path = deliver(self.root, [insight], kind="CloudTrail-Insight")
        [row] = rows("SELECT insightdetails->>'state' AS state, day, (SELECT count(*) FROM events) AS events FROM cloudtrail_insights", self.root)
        path.unlink()
        self.assertEqual(row, {"state": "Start", "day": "10", "events": len(self.records)})

    def test_order_is_kept(self):
        found = rows("SELECT eventtime, eventid FROM events ORDER BY eventtime DESC, eventid", self.root)
        self.assertEqual([(row["eventtime"], row["eventid"]) for row in found],
                         sorted(sorted((r["eventTime"], r["eventID"]) for r in self.records), key=lambda pair: pair[0], reverse=True))

    def test_partitions_that_are_not_asked_for_are_not_opened(self):
        spoilt = deliver(self.root, [], "777788889999", "ap-south-1", "2023-07-12")
        spoilt.write_bytes(b"not gzip")
        count = "SELECT count(*) AS n FROM events"
        in_france = sum(r["awsRegion"] == "eu-west-3" for r in self.records)
        try:
            for condition, wanted in {
                "region = 'eu-west-3'": in_france,
                "e.region IN ('eu-west-3', 'eu-north-1') AND eventname IS NOT NULL": in_france,
                "account LIKE '1111%'": len(self.records) / 2,
                "year = '2023' AND month = '07' AND day = '11'": len(self.records) / 2,
                "timestamp BETWEEN '2023/07/10' AND '2023/07/11'": len(self.records),
                "NOT (region = 'ap-south-1' OR timestamp > '2023/07/11') OR year IS NULL": len(self.records),
            }.items():
                done = query(f"{count} e WHERE {condition}", "--from", self.root, check=False)
                self.assertEqual((done.returncode, done.stderr, done.stdout), (0, "", f"n\n{int(wanted)}\n"), condition)
            for condition in ("eventname IS NOT NULL", "region = 'eu-west-3' OR eventname IS NOT NULL", "region = awsregion", "random() < 2"):
                done = query(f"{count} WHERE {condition}", "--from", self.root, check=False)
                self.assertEqual(done.returncode, 1, condition)
            for statement in (  # each of them needs more than the condition on `region` says
                f"SELECT (SELECT count(*) FROM events WHERE region = 'x') + ({count})",
                "SELECT count(*) FROM (SELECT eventname AS region FROM events) WHERE region = 'GetObject'",
                "SELECT count(*) FROM events AS e(region) WHERE region = '1.11'",
                "WITH events AS (SELECT eventname AS region FROM cloudtrail_logs) SELECT count(*) FROM events WHERE region = 'GetObject'",
                "SELECT count(*) FROM events a LEFT JOIN events b ON a.eventid = b.eventid AND b.region = 'eu-west-3'",
                "SELECT count(*) FROM query('SELECT * FROM events') WHERE region = 'eu-west-3'",
            ):
                done = query(statement, "--from", self.root, check=False)
                self.assertEqual(done.returncode, 1, statement + done.stderr)
            [found] = rows("SELECT (SELECT count(*) FROM events WHERE region = 'eu-west-3') a, (SELECT count(*) FROM events WHERE day = '10') b", self.root)
            self.assertEqual((found["a"], found["b"]), (in_france, len(self.records) / 2))
            for options, wanted in {
                ("--region", "eu-west-3"): in_france,
                ("--account", "111122223333,444455556666"): len(self.records),
                ("--start-time", "2023-07-10", "--end-time", "2023-07-10T23:59:59Z", "--account", "444455556666"): len(self.records) / 4,
                ("--end-time", "2023-06-01T00:00:00Z"): 0,
            }.items():
                self.assertEqual(query(count, "--from", self.root, *options).stdout, f"n\n{int(wanted)}\n", options)
            # Files may come late: those of the days after are looked into, too.
            late = query(count, "--from", self.root, "--end-time", "2023-07-10T12:00:00Z", check=False)
            self.assertEqual((late.returncode, late.stdout), (1, f"n\n{sum(r['eventTime'] <= '2023-07-10T12:00:00Z' for r in self.records)}\n"))
        finally:
            spoilt.unlink()

    def test_bad_files_are_left_out_and_named(self):
        with tempfile.TemporaryDirectory() as directory:
            directory = pathlib.Path(directory)
            text = logs.log_file_text(self.records[:10])
            packed = gzip.compress(text)
            for name, content in {
                "good.json": text, "good.json.gz": packed, "members.json.gz": gzip.compress(text[:99]) + gzip.compress(text[99:]), "lines.ndjson": b"".join(json.dumps(r).encode() + b"\n" for r in self.records[:10]),
                "pretty.json": json.dumps({"Records": self.records[:10]}, indent=2).encode(), "array.json": json.dumps(self.records[:10]).encode(),
                "several.json": text * 3, "mark.json": b"\xef\xbb\xbf" + text, "empty.json": b"", "none.json": b'{"Records":[]}',
                "cut.json.gz": packed[:-30], "cut.json": text[:-30], "text.json": b"hello", "number.json": b"1", "other.json": b'{"a":1}',
                "list.json": b'{"Records":[1]}', "comma.json": b'{"Records":[{"eventTime":""} {"eventTime":""}]}', "deep.json": b"[" + b'{"a":' * 100 + b"1" + b"}" * 100 + b"]",
                "readme.txt": b"hello", ".hidden.json": b"hello", "latin.json": '{"Records":[{"eventTime":"x","eventName":"é"}]}'.encode("latin-1"),
            }.items():
                (directory / name).write_bytes(content)
            done = query("SELECT file, count(*) AS n FROM events GROUP BY ALL", "--from", directory, "--output", "ndjson", check=False)
            self.assertEqual(done.returncode, 1)
            found = {pathlib.Path(row["file"]).name: row["n"] for row in map(json.loads, done.stdout.splitlines())}
            whole = {"good.json", "good.json.gz", "members.json.gz", "lines.ndjson", "pretty.json", "array.json", "mark.json"}
            self.assertEqual({name: found.pop(name) for name in whole}, dict.fromkeys(whole, 10))
            self.assertEqual((found.pop("several.json"), found.pop("latin.json")), (30, 1))
            # What comes before the damage counts; of gzip whatever could be unpacked.
            self.assertEqual((found.pop("cut.json"), found.pop("comma.json")), (9, 1))
            self.assertLess(found.pop("cut.json.gz", 0), 10)
            self.assertEqual(found, {})
            for name in ("cut.json.gz", "cut.json", "text.json", "number.json", "other.json", "list.json", "comma.json", "deep.json"):
                self.assertRegex(done.stderr, rf"left out: {directory}/{name}: .", name)
            self.assertEqual(done.stderr.count("left out"), 8, done.stderr)

    def test_huge_values_and_many(self):
        with tempfile.TemporaryDirectory() as directory:
            path = pathlib.Path(directory) / "huge.json"
            many = [{"eventTime": "2023-07-10T00:00:00Z", "eventName": "N" * 3_000_000, "resources": [{"ARN": f"arn:{i}"} for i in range(9000)],
                     "requestParameters": {"x": "y" * 1_000_000}, "userIdentity": {"sessionContext": {"webIdFederationData": {"attributes": {str(i): str(i) for i in range(80)}}}}}]
            many += [{"eventTime": "2023-07-10T00:00:01Z", "resources": [{"ARN": f"arn:{i}"} for i in range(7)]} for _ in range(5000)]
            path.write_bytes(logs.log_file_text(many))
            [row] = rows("""SELECT max(length(eventname)) AS a, sum(len(resources)) AS b, max(length(requestparameters->>'x')) AS c, count(*) AS d,
                            max(cardinality(useridentity.sessioncontext.webidfederationdata.attributes)) AS e, max(resources[7].arn) AS f FROM events""", path, "--memory-mb", 256)
            self.assertEqual(list(row.values()), [3_000_000, 9000 + 7 * 5000, 1_000_000, 5001, 80, "arn:6"])
            path.write_text('{"Records":[{"eventTime":"' + "x" * (17 << 20) + '"}]}')
            done = query("SELECT count(*) FROM events", "--from", path, check=False)
            self.assertEqual(done.returncode, 1)
            self.assertIn("a record of more than 16 MB", done.stderr)

    def test_sql_reaches_nothing_else(self):
        secret = self.root / "secret.csv"
        secret.write_text("a,b\n1,2\n")
        for sql in (f"SELECT * FROM '{secret}'", f"SELECT * FROM read_csv('{secret}')", f"SELECT * FROM read_text('{secret}')", f"SELECT * FROM glob('{self.root}/*')",
                    f"COPY (SELECT 1) TO '{secret}'", f"COPY events TO '{secret}'", f"ATTACH '{self.root}/x.db'", "INSTALL httpfs", "LOAD httpfs",
                    "SET enable_external_access = true", "SET memory_limit = '9GB'", "RESET lock_configuration", "PRAGMA database_list", "CREATE TABLE t (a INT)",
                    f"EXPORT DATABASE '{self.root}/e'", f"SELECT 1) TO '{secret}' (FORMAT csv); COPY (SELECT 2", "SELECT 1; SELECT 2", "CALL pragma_version()",
                    "SELECT * FROM read_parquet('s3://bucket/x')", "SELECT getenv('HOME')", "DROP VIEW events", "SELECT ?", "", "/* none */", ";",
                    "PREPARE x AS SELECT 1", f"EXPLAIN ANALYZE COPY (SELECT 1) TO '{secret}.2'"):
            for output in ((), ("--output", "parquet", "--to", self.root / "out.parquet")) if "COPY" in sql else ((),):
                done = query(sql, "--from", self.root, *output, check=False)
                self.assertEqual((done.returncode, done.stdout), (2, ""), sql)
                self.assertTrue(done.stderr.startswith("cairn query: "), done.stderr)
        self.assertEqual(secret.read_text(), "a,b\n1,2\n")
        self.assertFalse(list(self.root.glob("out.parquet*")) + list(self.root.glob("secret.csv.*")) + list(self.root.glob("x.db")))
        secret.unlink()

    def test_errors_of_sql_show_where(self):
        done = query("SELECT eventname,\n  evnttime FROM events", "--from", self.root, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn('"evnttime" not found', done.stderr)
        self.assertIn("LINE 2:   evnttime FROM events\n          ^", done.stderr)
        self.assertIn("eventtime", done.stderr)
        done = query("SELEC 1", "--from", self.root, check=False)
        self.assertIn('syntax error at or near "SELEC"', done.stderr)

    def test_ways_to_write(self):
        sql = "SELECT '=1+1' AS formula, -5 AS number, 'a,\"b' AS quoted, NULL AS nothing, '\x1b[31m\u202e' AS evil, {'a': [1, 2]} AS nested, 1.50 AS exact, DATE '2023-07-10' AS date; -- all;"
        self.assertEqual(query(sql, "--from", self.root, "--output", "csv").stdout,
                         "formula,number,quoted,nothing,evil,nested,exact,date\n'=1+1,-5,\"a,\"\"b\",,\ufffd[31m\ufffd,\"{'a': [1, 2]}\",1.50,2023-07-10\n")
        self.assertEqual(query(sql, "--from", self.root, "--output", "table").stdout,
                         "formula  number  quoted  nothing  evil    nested         exact  date\n"
                         "=1+1         -5  a,\"b       NULL  \ufffd[31m\ufffd  {'a': [1, 2]}   1.50  2023-07-10\n")
        [document] = json.loads(query(sql, "--from", self.root, "--output", "json").stdout)
        self.assertEqual(document, {"formula": "=1+1", "number": -5, "quoted": 'a,"b', "nothing": None, "evil": "\x1b[31m\u202e", "nested": {"a": [1, 2]},
                                    "exact": 1.5, "date": "2023-07-10"})
        self.assertEqual(json.loads(query("SELECT 1 AS a WHERE false", "--from", self.root, "--output", "json").stdout), [])
        self.assertEqual(query("SELECT 1 AS a, 2 AS a", "--from", self.root).stdout, "a,a\n1,2\n")
        self.assertEqual(query("/* ; */ SELECT ';' AS \";\", $x$;'$x$ AS b, E'\\';' AS c ;; -- ;\n /* ' */", "--from", self.root).stdout, "\";\",b,c\n\";\",\";'\",\"';\"\n")
        self.assertIn("column_name", query("DESCRIBE events", "--from", self.root).stdout)
        self.assertIn("CAIRN_EVENTS", query("EXPLAIN FROM events", "--from", self.root, "--output", "table").stdout)
        self.assertEqual(subprocess.run([BINARY, "query", "-", "--from", self.root], input="SELECT 7 AS n", capture_output=True, text=True).stdout, "n\n7\n")

    def test_files_are_whole_or_not_there(self):
        out = self.root / "out.csv"
        query("SELECT eventid FROM events", "--from", self.root, "--output", "csv", "--to", out)
        self.assertEqual(len(out.read_text().splitlines()), len(self.records) + 1)
        query("SELECT error('stop') FROM events", "--from", self.root, "--to", out, check=False)
        self.assertEqual(len(out.read_text().splitlines()), len(self.records) + 1)
        self.assertEqual(list(self.root.glob("out.csv.*")), [])
        out.unlink()

    def test_parquet(self):
        """Read again, it is what the records were."""
        out = self.root / "out.parquet"
        columns = "* EXCLUDE (file, account, region, year, month, day, timestamp)"
        query(f"SELECT {columns} FROM events", "--from", self.root, "--output", "parquet", "--to", out)
        try:
            content = out.read_bytes()
            self.assertEqual((content[:4], content[-4:]), (b"PAR1", b"PAR1"))
            found = {row["eventid"]: row for row in rows(f"SELECT {columns} FROM events", out)}
            direct = {row["eventid"]: row for row in rows(f"SELECT {columns} FROM events", self.root)}
            self.assertEqual(found, direct)
            self.assertEqual({i: row["record"] for i, row in found.items()}, {r["eventID"]: r for r in self.records})
        finally:
            out.unlink()
        self.assertEqual(query("SELECT 1", "--from", self.root, "--output", "parquet", check=False).returncode, 2)

    def on_terminal(self, sql, stop=False):
        """What a person sees of it, both outputs, and the exit code. `stop`: interrupted when it says how far it is."""
        ours, theirs = pty.openpty()
        process = subprocess.Popen([BINARY, "query", sql, "--from", str(self.root)], stdout=theirs, stderr=theirs, stdin=subprocess.DEVNULL)
        os.close(theirs)
        seen = b""
        while True:
            try:
                piece = os.read(ours, 65536)
            except OSError:  # nobody writes any more
                break
            if not piece:
                break
            seen += piece
            if b" files, " in seen and stop:
                process.send_signal(signal.SIGINT)
                stop = False
        os.close(ours)
        return seen.decode(), process.wait(20)

    def test_on_a_terminal(self):
        seen, code = self.on_terminal("SELECT '\x1b[2Jx' AS a, repeat('y', 100) AS b")
        self.assertEqual(code, 0)
        self.assertEqual(seen[seen.index("a "):].splitlines(), ["a      b", "\ufffd[2Jx  " + "y" * 59 + "…"])
        seen, code = self.on_terminal("SELECT count(*) FROM events a, events b, events c WHERE a.eventid || b.eventid > c.eventid", stop=True)
        self.assertEqual(code, 130)
        self.assertRegex(seen, r"\r\d+ of 9 files, \d+ events, \d+ MB\x1b\[K")
        self.assertTrue(seen.endswith("\r\x1b[Kcairn query: interrupted\r\n"), seen[-200:])

    def test_wrong_usage(self):
        for options in (("--output", "xml"), ("--region", "nowhere"), ("--account", "1"), ("--start-time", "soon"), ("--threads", "0")):
            self.assertEqual(query("SELECT 1", "--from", self.root, *options, check=False).returncode, 2, options)
        done = query("SELECT 1", "--from", self.root / "absent", check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn("no directory or file", done.stderr)

    def test_no_files_are_no_answer(self):
        with tempfile.TemporaryDirectory() as directory:
            directory = pathlib.Path(directory)
            digest = next(self.root.rglob("*_CloudTrail-Digest_*"))
            (directory / "readme.txt").write_text("hello")
            (directory / "events.parquet").write_text("not where `cairn export` writes it")
            for source in (directory, digest, digest.parent):
                done = query("SELECT count(*) FROM events", "--from", source, check=False)
                self.assertEqual((done.returncode, done.stdout, done.stderr), (2, "", f"cairn query: {source} holds no log files\n"))


class Library(unittest.TestCase):
    def test_without_the_library(self):
        done = query("SELECT 1", "--from", "/tmp", check=False, env={**os.environ, "CAIRN_DUCKDB": "/nowhere"})
        self.assertEqual((done.returncode, done.stdout), (3, ""))
        self.assertIn("There is no /nowhere, which CAIRN_DUCKDB names", done.stderr)
        with tempfile.TemporaryDirectory() as directory:
            alone = pathlib.Path(directory) / "cairn"
            os.link(BINARY, alone) if os.stat(BINARY).st_dev == os.stat(directory).st_dev else shutil.copy(BINARY, alone)
            environment = {name: value for name, value in os.environ.items() if name != "CAIRN_DUCKDB"}
            done = subprocess.run([alone, "query", "SELECT 1"], cwd=directory, env=environment, capture_output=True, text=True)
            self.assertEqual(done.returncode, 3)
            self.assertIn("./tools/duckdb", done.stderr)
            self.assertIn("npm install --prefix DIR @duckdb/node-bindings-linux-", done.stderr)
            (pathlib.Path(directory) / "libduckdb.so").write_bytes(b"no library")
            done = subprocess.run([alone, "query", "SELECT 1"], env=environment, capture_output=True, text=True)
            self.assertEqual(done.returncode, 3)
            self.assertIn("cannot be loaded", done.stderr)


if __name__ == "__main__":
    unittest.main()
