"""`cairn export --format parquet` of records that are large."""
import datetime
import gzip
import json
import pathlib
import re
import subprocess
import tempfile
import unittest

import logs
from logs import BINARY, Maker, rows
from server import Server

SKIP = logs.why_not()


@unittest.skipIf(SKIP, SKIP)
class Export(unittest.TestCase):
    def test_a_day_of_large_records_needs_no_more_memory(self):
        """Records that, as they are and taken apart, are more in a group of 20,480 rows than DuckDB's 512 MB."""
        count, size = 21_000, 15_000
        maker, day = Maker(3), datetime.datetime.now(datetime.timezone.utc).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None) - datetime.timedelta(days=2)
        record = {**maker.record(account="000000000000", region="us-east-1", day=f"{day:%Y-%m-%d}"), "eventTime": "<time>", "eventID": "<id>", "requestParameters": {"x": "y" * size}}
        before, between, behind = re.split("<time>|<id>", json.dumps(record, separators=(",", ":")))
        written = [f"{before}{(day + datetime.timedelta(seconds=i)).isoformat()}Z{between}{maker.uuid()}{behind}" for i in range(count)]
        with Server() as server, tempfile.TemporaryDirectory(prefix="cairn-large-test-") as directory:
            directory = pathlib.Path(directory)
            for i in range(0, count, 300):
                (directory / f"{i}.json.gz").write_bytes(gzip.compress(f'{{"Records":[{",".join(written[i:i + 300])}]}}'.encode(), 1))

            def run(*arguments):
                done = subprocess.run([BINARY, *map(str, arguments)], env=server.environment(), capture_output=True, text=True, timeout=60)
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
                return done.stdout
            self.assertEqual(json.loads(run("import", directory, "--output", "json"))["Added"], count)
            server.settle()
            out = directory / "out"
            said = run("export", "--to", out, "--format", "parquet", "--filter", f'eventSource = "{record["eventSource"]}"')
            self.assertEqual(said, f"{count} events in 1 file below {out}\n")
            sql = """SELECT count(DISTINCT eventid) AS ids, sum(length(requestparameters)) AS bytes, count(*) FILTER (earlier >= eventtime) AS disordered
                     FROM (SELECT eventid, requestparameters, eventtime, lag(eventtime) OVER () AS earlier FROM events)"""
            self.assertEqual(rows(sql, out), [{"ids": count, "bytes": count * (size + len('{"x":""}')), "disordered": 0}])


if __name__ == "__main__":
    unittest.main()
