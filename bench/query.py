"""Measures `cairn query` over log files, beside DuckDB's own JSON reader in the same library and the same run: tools/bench query [--events N]
[--json FILE]. For whom the difference is: plain DuckDB must be told what {"Records":[…]} is, and is given the types that it needs."""
import argparse
import gzip
import json
import os
import pathlib
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "test"), str(ROOT / "test/query")]
from logs import BINARY, Maker, deliver  # noqa: E402

RIVAL = ROOT / "build/release/bin/duckdb_bench"
EVENTS_PER_FILE = 500
QUERIES = {
    "count": ("SELECT count(*) FROM {}", "SELECT count(*) FROM {}"),
    "group by event name": ("SELECT eventname, count(*) FROM {} GROUP BY ALL ORDER BY 2 DESC LIMIT 10",
                            "SELECT eventName, count(*) FROM {} GROUP BY ALL ORDER BY 2 DESC LIMIT 10"),
    "by caller, with errors": ("SELECT useridentity.arn, errorcode, count(*) FROM {} WHERE errorcode IS NOT NULL GROUP BY ALL ORDER BY 3 DESC LIMIT 10",
                               "SELECT userIdentity.arn, errorCode, count(*) FROM {} WHERE errorCode IS NOT NULL GROUP BY ALL ORDER BY 3 DESC LIMIT 10"),
    "a parameter": ("SELECT count(*) FROM {} WHERE json_extract_string(requestparameters, '$.bucketName') = 'bucket3'",
                    "SELECT count(*) FROM {} WHERE json_extract_string(requestParameters, '$.bucketName') = 'bucket3'"),
}
# What plain DuckDB is told of the files: the members that these queries need, so that it infers nothing.
TYPES = ("STRUCT(eventName VARCHAR, errorCode VARCHAR, userIdentity STRUCT(arn VARCHAR), requestParameters JSON)[]")
RIVAL_TABLE = "(SELECT r.* FROM (SELECT unnest(Records) AS r FROM read_json('{glob}', columns={{Records: '" + TYPES + "'}}, maximum_object_size=100000000)))"


def make(directory, events, seed=1):
    """Log files with records like those of people and programs; a thousand of them, with times and ids of their own each time."""
    maker, ids = Maker(seed), random.Random(seed)
    templates = []
    for _ in range(1000):
        record = maker.record()
        record.update(eventTime="@TIME@", eventID="@ID@", requestID="@ID@")
        templates.append(json.dumps(record, separators=(",", ":"), ensure_ascii=False))
    raw = 0
    for i in range(0, events, EVENTS_PER_FILE):
        second = i * 86400 // events
        day = f"2023-07-{10 + i * 10 // events:02}"
        at = f"{day}T{second // 3600 % 24:02}:{second // 60 % 60:02}:{second % 60:02}Z"
        chosen = [ids.choice(templates).replace("@TIME@", at).replace("@ID@", "%08x-0000-4000-8000-%012x" % (ids.getrandbits(32), ids.getrandbits(48)))
                  for _ in range(min(EVENTS_PER_FILE, events - i))]
        path = deliver(directory, [], day=day, unique=f"{i:09}")
        text = ('{"Records":[' + ",".join(chosen) + "]}").encode()
        path.write_bytes(gzip.compress(text, 1))
        raw += len(text)
    return raw


def measured(command):
    """Seconds, its largest resident size in MB, and its output."""
    began = time.perf_counter()
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.PIPE)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - began
        error = process.stderr.read().decode()
        process.stderr.close()
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            raise RuntimeError(f"{command}: {error}")
        out.seek(0)
        return seconds, usage.ru_maxrss / 1024, out.read().decode()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json")
    parser.add_argument("--data", help="directory of files made before, or to be kept")
    options = parser.parse_args()
    directory = pathlib.Path(options.data or tempfile.mkdtemp(prefix="cairn-bench-query-"))
    results = {}
    try:
        note = directory / "raw_bytes"
        if not note.exists():
            directory.mkdir(exist_ok=True)
            note.write_text(str(make(directory, options.events)))
        raw = int(note.read_text())
        packed = sum(path.stat().st_size for path in directory.rglob("*.gz"))
        print(f"{options.events:,} events, {raw / 1e6:,.0f} MB, {packed / 1e6:,.0f} MB as gzip, {options.events // EVENTS_PER_FILE:,} files\n")
        print("| query | ours: s | events/s | MB resident | DuckDB's reader: s | events/s | MB resident |\n|---|---|---|---|---|---|---|")
        for name, (sql, rival_sql) in QUERIES.items():
            ours, theirs = [], []
            for _ in range(options.rounds):
                ours.append(measured([BINARY, "query", sql.format("events"), "--from", directory, "--output", "csv"]))
                if RIVAL.exists():
                    table = RIVAL_TABLE.format(glob=f"{directory}/**/*.json.gz")
                    theirs.append(measured([RIVAL, rival_sql.format(table)]))
            if theirs and sorted(ours[0][2].split()[1:]) != sorted(theirs[0][2].split()[1:]):
                raise RuntimeError(f"{name}: {ours[0][2]} is not {theirs[0][2]}")
            row = {who: {"seconds": statistics.median(x[0] for x in runs), "megabytes": max(x[1] for x in runs)} for who, runs in (("ours", ours), ("duckdb", theirs)) if runs}
            results[name] = row
            cells = [f"{row[who]['seconds']:.2f} | {options.events / row[who]['seconds']:,.0f} | {row[who]['megabytes']:.0f}" if who in row else " | | " for who in ("ours", "duckdb")]
            print(f"| {name} | {cells[0]} | {cells[1]} |", flush=True)
    finally:
        if not options.data:
            shutil.rmtree(directory, ignore_errors=True)
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
