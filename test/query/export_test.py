"""`cairn export`: the history as NDJSON and as Parquet; both, and the history itself, give `cairn query` the records that were imported."""
import collections
import datetime
import gzip
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

import logs
import npm
from logs import BINARY, Maker, query, rows
from query_test import folded, without_nulls
from server import Server, build_directory

SKIP = logs.why_not()
ACCOUNTS = ("000000000000", "111122223333")
REGIONS = ("us-east-1", "eu-west-3")

READER = """
import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
for (const path of process.argv.slice(2))
  for (const row of await parquetReadObjects({ file: await asyncBufferFromFile(path), compressors })) console.log(JSON.stringify(row))
"""


def days():
    now = datetime.datetime.now(datetime.timezone.utc)
    return [(now - datetime.timedelta(days=n)).strftime("%Y-%m-%d") for n in (2, 3)]


def written(record):
    """As CloudTrail writes it; numbers of a kind that readers tend to change."""
    return json.dumps(record, separators=(",", ":"), ensure_ascii=False).replace('"one and a tenth"', "1.10")


@unittest.skipIf(SKIP, SKIP)
class Export(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.root = pathlib.Path(tempfile.mkdtemp(prefix="cairn-export-test-"))
        cls.server = Server()
        cls.server.__enter__()
        maker = Maker(7)
        made = [maker.record(account=account, region=region, day=day) for account in ACCOUNTS for region in REGIONS for day in days() for _ in range(150)]
        cls.records = {record["eventID"]: written(record) for record in made}
        # Kinds that CloudTrail does not write, no region, and a record over several lines.
        odd = maker.record(account=ACCOUNTS[0], region=REGIONS[0], day=days()[0])
        cls.odd = {}
        for change in ({"userIdentity": 7}, {"resources": "none"}, {"requestParameters": "text"}, {"additionalEventData": {"n": "one and a tenth"}}, {"awsRegion": "nowhere"}, {"errorMessage": "x" * 300_000}):
            odd["eventID"] = maker.uuid()
            cls.odd[odd["eventID"]] = written({**odd, **change})
        odd["eventID"] = maker.uuid()
        cls.odd[odd["eventID"]] = json.dumps(odd, indent=1)
        cls.records.update(cls.odd)
        source = cls.root / "in.json.gz"
        source.write_bytes(gzip.compress(('{"Records":[' + ",".join(cls.records.values()) + "]}").encode()))
        done = cls.run_cairn("import", source, "--output", "json")
        assert json.loads(done.stdout)["Added"] == len(cls.records), done.stdout
        cls.server.settle()
        cls.filter = ("--filter", "ispresent(eventVersion) and not eventSource = \"cairn.amazonaws.com\"")
        for form in ("ndjson", "parquet"):
            done = cls.run_cairn("export", "--to", cls.root / form, "--format", form, "--account", ",".join(ACCOUNTS), *cls.filter)
            assert f"{len(cls.records)} events in 9 files below {cls.root / form}\n" == done.stdout, done.stdout

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__(None, None, None)
        shutil.rmtree(cls.root, ignore_errors=True)

    @classmethod
    def run_cairn(cls, *arguments, code=0, **variables):
        done = subprocess.run([BINARY, *map(str, arguments)], env={**cls.server.environment(), **variables}, cwd=cls.root, capture_output=True, text=True, timeout=60)
        if done.returncode != code:
            raise AssertionError(f"{arguments}: {done.returncode}, {done.stdout}{done.stderr}")
        return done

    def test_files_are_by_account_region_and_day(self):
        wanted = {f"account={account}/region={region}/date={day}" for account in ACCOUNTS for region in REGIONS for day in days()}
        wanted.add(f"account={ACCOUNTS[0]}/region=unknown/date={days()[0]}")
        for form, name in (("ndjson", "events.ndjson.gz"), ("parquet", "events.parquet")):
            found = {str(path.relative_to(self.root / form)) for path in (self.root / form).rglob("*") if path.is_file()}
            self.assertEqual(found, {f"{directory}/{name}" for directory in wanted})
        lines = [line for path in (self.root / "ndjson").rglob("*.gz") for line in gzip.decompress(path.read_bytes()).decode().splitlines()]
        self.assertEqual(sorted(lines), sorted(record.replace("\n", " ") for record in self.records.values()))

    def test_parquet_holds_each_record_once_byte_for_byte(self):
        found = [(row["eventid"], row["text"]) for row in rows("SELECT eventid, record::VARCHAR AS text FROM events", self.root / "parquet")]
        wanted = {i: r.replace("\n", " ") for i, r in self.records.items()}
        self.assertEqual(sorted(found), sorted(wanted.items()))

    def test_another_reader_finds_every_column(self):
        """hyparquet, of npm, which shares no code with DuckDB: its rows are the records."""
        place = build_directory() / "parquet-reader"
        if reason := npm.install(place, "hyparquet", "hyparquet-compressors"):
            self.skipTest(reason)
        (place / "read.mjs").write_text(READER)
        files = [path for path in (self.root / "parquet").rglob("*.parquet")]
        done = subprocess.run(["node", place / "read.mjs", *files], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)

        def as_javascript(text):  # which has no larger integers
            return json.loads(text, parse_int=lambda digits: int(digits) if len(digits) < 16 else float(digits))
        found = {row["eventid"]: row for row in map(as_javascript, done.stdout.splitlines())}
        self.assertEqual(set(found), set(self.records))
        for event_id, text in self.records.items():
            row, record = found[event_id], json.loads(text)
            self.assertEqual(row.pop("record"), as_javascript(text))
            self.assertEqual(row.pop("time"), record["eventTime"][:-1] + ".000Z")
            if event_id not in self.odd:
                wanted = without_nulls(folded(record))
                for name, value in without_nulls(row).items():
                    self.assertEqual(value, wanted.pop(name, None), name)
                self.assertEqual(wanted, {})

    def test_the_tables_are_the_same(self):
        where = " WHERE eventsource <> 'cairn.amazonaws.com'"
        accounts = ("--account", ",".join(ACCOUNTS))
        for columns, sources in {
            "* EXCLUDE (file, record), record::VARCHAR AS record": ("ndjson", "parquet"),
            # Paths do not say what a record without a known region has.
            "* EXCLUDE (file, record, region)": ("ndjson", "parquet", "history"),
        }.items():
            tables = []
            for source in sources:
                found = rows(f"SELECT {columns} FROM events{where}", self.root / source if source != "history" else source, *accounts, env=self.server.environment())
                tables.append(sorted(json.dumps(row).replace("\\n", " ") for row in found))  # files have a record a line
                self.assertEqual(len(found), len(self.records), source)
            for table in tables[1:]:
                self.assertEqual(table, tables[0])
        described = [query(f"DESCRIBE {table}", "--from", self.root / form).stdout for form in ("ndjson", "parquet") for table in ("events", "cloudtrail_logs", "cloudtrail_insights")]
        self.assertEqual(len(set(described)), 1, described)

    def test_counts_are_those_of_the_records(self):
        records = [json.loads(r) for r in self.records.values()]
        found = rows("SELECT eventname, useridentity.username AS who, count(*) AS n FROM events GROUP BY ALL", self.root / "parquet")
        wanted = collections.Counter((r["eventName"], r["userIdentity"].get("userName") if isinstance(r["userIdentity"], dict) else None) for r in records)
        self.assertEqual({(row["eventname"], row["who"]): row["n"] for row in found}, dict(wanted))
        [row] = rows("SELECT count(*) AS n, min(time) AS first FROM events", self.root / "parquet", "--start-time", days()[0], "--region", "us-east-1")
        some = [r["eventTime"] for r in records if r["eventTime"][:10] == days()[0] and r["awsRegion"] == "us-east-1"]
        self.assertEqual((row["n"], row["first"]), (len(some), min(some).replace("T", " ").rstrip("Z")))
        self.assertEqual(rows("SELECT count(*) AS n FROM cloudtrail_insights", self.root / "parquet"), [{"n": 0}])
        self.assertEqual(rows("SELECT count(*) AS n FROM events", self.root / "parquet", "--account", "999999999999"), [{"n": 0}])

    def test_only_files_that_a_query_needs_are_read(self):
        copy = self.root / "copy"
        shutil.copytree(self.root / "parquet", copy)
        try:
            spoilt = copy / f"account={ACCOUNTS[1]}/region=us-east-1/date={days()[0]}/events.parquet"
            whole = spoilt.read_bytes()
            spoilt.write_bytes(whole[:-100])
            for condition in ("region = 'eu-west-3'", f"account = '{ACCOUNTS[0]}'", f"timestamp <> '{days()[0].replace('-', '/')}'"):
                query(f"SELECT count(*) FROM events WHERE {condition}", "--from", copy)
            done = query("SELECT count(*) FROM events", "--from", copy, check=False)
            self.assertEqual((done.returncode, done.stdout), (1, ""))
            self.assertIn(str(spoilt), done.stderr)
            middle = bytearray(whole)
            middle[len(whole) // 2:len(whole) // 2 + 2000] = bytes(2000)
            spoilt.write_bytes(middle)
            self.assertEqual(query("SELECT sum(length(record::VARCHAR) + length(eventversion)) FROM events", "--from", copy, check=False).returncode, 1)
        finally:
            shutil.rmtree(copy)

    def test_an_export_that_did_not_end_is_no_source(self):
        for form, name in (("ndjson", "events.ndjson.gz.part"), ("parquet", "events.parquet.part")):
            part = self.root / form / f"account={ACCOUNTS[0]}" / name
            part.touch()
            done = query("SELECT count(*) FROM events", "--from", self.root / form, check=False)
            part.unlink()
            self.assertEqual((done.returncode, done.stdout), (2, ""))
            self.assertIn(f"{part} is of an export that did not end", done.stderr)

    def test_one_file_alone(self):
        directory = self.root / f"parquet/account={ACCOUNTS[1]}/region=eu-west-3/date={days()[1]}"
        for path in (directory / "events.parquet", self.root / "other.parquet"):
            if not path.exists():
                shutil.copy(directory / "events.parquet", path)
            [row] = rows("SELECT count(*) AS n, min(account) AS a, max(region) AS r, min(timestamp) AS t FROM events", path)
            self.assertEqual(row, {"n": 150, "a": ACCOUNTS[1], "r": "eu-west-3", "t": days()[1].replace("-", "/")})
        os.unlink(self.root / "other.parquet")
        result = self.root / "result.parquet"
        query("SELECT eventname, count(*) FROM events GROUP BY ALL", "--from", self.root / "ndjson", "--output", "parquet", "--to", result)
        done = query("FROM events", "--from", result, check=False)
        self.assertEqual((done.returncode, done.stdout), (1, ""))
        self.assertIn("not Parquet files as `cairn export` writes them", done.stderr)
        self.assertEqual(query("SELECT count(*) FROM events", "--from", self.root / "ndjson").stdout.splitlines()[1], str(len(self.records)), "results lie beside what is read")
        os.unlink(result)

    def test_from_within_its_directories(self):
        """Paths say the same from wherever they are looked at."""
        directory = self.root / f"parquet/account={ACCOUNTS[1]}"
        sql = "SELECT count(*) AS n, min(account) AS a, max(region) AS r, min(timestamp) AS t FROM events"
        place = f"region=eu-west-3/date={days()[1]}"
        row = {"n": 150, "a": ACCOUNTS[1], "r": "eu-west-3", "t": days()[1].replace("-", "/")}
        for within, source, options in ((directory, ".", ("--region", "eu-west-3", "--start-time", days()[1], "--end-time", days()[0])), (directory, place, ()),
                                        (directory / place, ".", ()), (directory / place, "events.parquet", ()), (directory / place, "./events.parquet", ())):
            with self.subTest(within=within, source=source):
                self.assertEqual(rows(sql, source, *options, cwd=within), [row])
        self.assertEqual(rows("SELECT count(*) AS n FROM events", ".", cwd=directory), [{"n": 600}])
        unknown = self.root / f"parquet/account={ACCOUNTS[0]}/region=unknown/date={days()[0]}"  # where the record itself says another region
        self.assertEqual(rows("SELECT region FROM events", "events.parquet", cwd=unknown), [{"region": None}])
        self.assertEqual(rows("SELECT count(*) AS n FROM events", "../..", cwd=directory / place), [{"n": 600}])

    def test_sql_over_parquet_reaches_nothing_else(self):
        secret = self.root / "secret.csv"
        secret.write_text("a\n1\n")
        for sql in (f"SELECT * FROM '{secret}'", f"SELECT * FROM read_text('{secret}')", f"SELECT * FROM read_parquet('{self.root}/**/*.parquet')",
                    f"SELECT * FROM read_parquet('{self.root}/other/x.parquet')", f"COPY (SELECT 1) TO '{secret}'", "SET enable_external_access = true"):
            done = query(sql, "--from", self.root / "parquet", check=False)
            self.assertEqual((done.returncode, done.stdout), (2, ""), sql)
        self.assertEqual(secret.read_text(), "a\n1\n")
        secret.unlink()

    def test_refusals(self):
        self.assertIn("not empty", self.run_cairn("export", "--to", self.root / "parquet", "--format", "parquet", code=2).stderr)
        done = self.run_cairn("export", "--to", self.root / "none", "--format", "parquet", code=3, CAIRN_DUCKDB="/nowhere")
        self.assertIn("There is no /nowhere, which CAIRN_DUCKDB names", done.stderr)
        self.assertFalse((self.root / "none").exists())
        done = query("SELECT 1", "--from", self.root, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn("files of one kind", done.stderr)

    def test_a_full_disk_is_named(self):
        small = tempfile.mkdtemp(prefix="cairn-small-disk-")
        self.addCleanup(os.rmdir, small)
        if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64K", "tmpfs", small], capture_output=True).returncode != 0:
            self.skipTest("needs a tmpfs of its own, which needs root")
        self.addCleanup(subprocess.run, ["umount", "-l", small], check=True)
        for form in ("ndjson", "parquet"):
            done = self.run_cairn("export", "--to", f"{small}/{form}", "--format", form, "--account", ",".join(ACCOUNTS), code=3)
            self.assertEqual(done.stdout, "")
            self.assertRegex(done.stderr, rf"{small}/{form}/.*No space left on device")
            whole = [path for path in pathlib.Path(small).rglob("*") if path.is_file() and path.suffix != ".part"]
            self.assertEqual([path for path in whole if form == "ndjson" or path.read_bytes()[-4:] != b"PAR1"], [])
            shutil.rmtree(f"{small}/{form}")

    def test_nothing_to_export(self):
        done = self.run_cairn("export", "--to", "empty", "--format", "parquet", "--filter", 'eventName = "Absent"')
        self.assertEqual(done.stdout, "0 events: there is nothing to export\n")
        self.assertFalse((self.root / "empty").exists())
        # A relative path, one event, and words in the singular.
        one = next(iter(self.records))
        done = self.run_cairn("export", "--to", "one", "--format", "parquet", "--account", ",".join(ACCOUNTS), "--filter", f'eventID = "{one}"')
        self.assertEqual(done.stdout, "1 event in 1 file below one\n")
        done = subprocess.run([BINARY, "query", "SELECT eventid FROM events", "--from", "one"], cwd=self.root, capture_output=True, text=True, timeout=60)
        self.assertEqual((done.returncode, done.stdout.splitlines()[1:]), (0, [one]), done.stderr)
        shutil.rmtree(self.root / "one")


if __name__ == "__main__":
    unittest.main()
