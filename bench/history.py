"""The event history beside SQLite, DuckDB and ClickHouse, on one file of records in one go: tools/bench history [EVENTS] [--keep DIRECTORY]
[--json FILE] [--only ENGINE,...] [--http]. DuckDB and ClickHouse (chdb) are pip's, in build/rivals/history; what cannot be had is left out, with a
word. `cold`: the files' pages are dropped and they are opened anew (engines in this process keep what they hold of a file until it is closed).
Sizes are of everything on disk once background work has ended."""
import argparse
import json
import os
import pathlib
import resource
import shutil
import sqlite3
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
BENCH = ROOT / "build/release/bin/history_bench"
PYTHON = ROOT / "build/rivals/history/bin/python"
SECONDS_MAX = 2  # of one query, all its repetitions
ATTRIBUTES = ("EventName", "ReadOnly", "Username", "ResourceType", "ResourceName", "EventSource", "AccessKeyId", "EventId")
# What of a request names a resource, by service (src/event/lookup_resources.cc): the part that the generated records have.
NAMES = ("bucketName", "keyId", "functionName", "roleName", "roleArn", "topicArn", "queueUrl", "logGroupName", "alarmName", "stackName")


def bytes_of(path):
    path = pathlib.Path(path)
    return sum(p.stat().st_size for p in ([path] if path.is_file() else path.rglob("*")) if p.is_file())


def drop_pages(path):
    path = pathlib.Path(path)
    for p in [path] if path.is_file() else path.rglob("*"):
        if p.is_file():
            with open(p, "rb") as file:
                os.fsync(file.fileno())
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def memory_mb():
    status = pathlib.Path("/proc/self/status").read_text()
    return int(status.split("RssAnon:")[1].split()[0]) / 1024


def timed(call):
    began = time.perf_counter()
    found = call()
    return (time.perf_counter() - began) * 1000, found


def measure(plan, path, connect, run, repetitions=50):
    """Each query of the plan: once cold, then warm. `connect()` opens anew, `run(connection, query)` gives how many were found."""
    answers = {}
    for query in plan["queries"] + [{"name": "count by EventName", "group": True}]:
        drop_pages(path)
        with connect() as connection:
            cold, found = timed(lambda: run(connection, query))
            if found is None:
                continue
            warm, began = [], time.perf_counter()
            while not warm or (len(warm) < repetitions and time.perf_counter() - began < SECONDS_MAX):
                warm.append(timed(lambda: run(connection, query))[0])
        warm.sort()
        answers[query["name"]] = {"cold_ms": cold, "p50_ms": statistics.median(warm), "p99_ms": warm[int(0.99 * (len(warm) - 1))], "found": found}
    return answers


def run_bench(*arguments):
    return json.loads(subprocess.run([BENCH, *map(str, arguments)], capture_output=True, text=True, check=True).stdout)


# ---- each engine: what it took to take the records in, and its answers

def ours(records, plan_file, plan, directory):
    return run_bench("ours", directory / "ours", records), run_bench("query", directory / "ours", plan_file)


def sqlite(records, plan_file, plan, directory):
    path = directory / "sqlite"
    taken = run_bench("sqlite", path, records)

    class Connection:
        def __enter__(self):
            self.db = sqlite3.connect(path)
            return self.db

        def __exit__(self, *_):
            self.db.close()

    def run(db, query):
        if "group" in query:
            return len(db.execute("SELECT EventName, count(*) FROM events GROUP BY EventName").fetchall())
        if "substring" in query:
            return db.execute("SELECT count(*) FROM events WHERE instr(record, ?)", (query["substring"],)).fetchone()[0]
        values, where = [], []
        attribute = query.get("attribute", "")
        if attribute.startswith("Resource"):
            return len(db.execute(f"SELECT record FROM resources JOIN events USING (n) WHERE {attribute} = ? ORDER BY n DESC LIMIT 50",
                                  (query["value"],)).fetchall())
        if attribute:
            where.append(f"{attribute} = ?")
            values.append(query["value"])
        if "start" in query:
            where.append("time BETWEEN ? AND ?")
            values += [query["start"], query["end"]]
        return len(db.execute(f"SELECT record FROM events {'WHERE ' + ' AND '.join(where) if where else ''} ORDER BY n DESC LIMIT 50", values).fetchall())

    return taken, measure(plan, path, Connection, run)


def sql_where(query, quote):
    where = []
    if "attribute" in query:
        where.append(f"{query['attribute']} = {quote(query['value'])}")
    if "start" in query:
        where.append(f"time BETWEEN {query['start']} AND {query['end']}")
    return " WHERE " + " AND ".join(where) if where else ""


def quoted(text):
    return "'" + text.replace("'", "''") + "'"


def duckdb(records, plan_file, plan, directory):
    import duckdb as engine
    path = directory / "duckdb"
    db = engine.connect(str(path))
    db.execute("SET threads = 2")
    db.execute("SET memory_limit = '4GB'")
    field = "json_extract_string(j, '$.{}')".format
    names = ", ".join(field("requestParameters." + name) for name in NAMES)
    began = time.perf_counter()
    db.execute(f"""CREATE TABLE events AS SELECT epoch({field('eventTime')}::TIMESTAMP)::BIGINT AS time, {field('eventID')} AS EventId,
        {field('eventName')} AS EventName, {field('readOnly')} AS ReadOnly,
        coalesce({field('userIdentity.userName')}, split_part({field('userIdentity.principalId')}, ':', 2)) AS Username,
        {field('resources[0].type')} AS ResourceType, coalesce({names}) AS ResourceName, {field('eventSource')} AS EventSource,
        {field('userIdentity.accessKeyId')} AS AccessKeyId, j::VARCHAR AS record
        FROM read_ndjson_objects('{records}') AS t(j)""")
    db.execute("CHECKPOINT")
    seconds = time.perf_counter() - began
    count = db.execute("SELECT count(*) FROM events").fetchone()[0]
    memory = memory_mb()
    db.close()
    taken = {"events_per_second": count / seconds, "bytes_per_event": bytes_of(path) / count, "own_mb": memory}

    def run(db, query):
        if "group" in query:
            return len(db.execute("SELECT EventName, count(*) FROM events GROUP BY EventName").fetchall())
        if "substring" in query:
            return db.execute(f"SELECT count(*) FROM events WHERE contains(record, {quoted(query['substring'])})").fetchone()[0]
        return len(db.execute(f"SELECT record FROM events{sql_where(query, quoted)} ORDER BY time DESC LIMIT 50").fetchall())

    return taken, measure(plan, path, lambda: engine.connect(str(path), read_only=True, config={"threads": 2}), run)


def clickhouse(records, plan_file, plan, directory):
    from chdb import session
    path = directory / "clickhouse"
    db = session.Session(str(path))
    skip = ", ".join(f"INDEX by_{a} {a} TYPE bloom_filter(0.01) GRANULARITY 1" for a in ATTRIBUTES if a != "ReadOnly")
    db.query("CREATE DATABASE IF NOT EXISTS bench")
    db.query(f"""CREATE TABLE bench.events (time UInt32 CODEC(Delta, ZSTD), EventId String CODEC(ZSTD), EventName LowCardinality(String),
        ReadOnly LowCardinality(String), Username LowCardinality(String), ResourceType LowCardinality(String), ResourceName String CODEC(ZSTD),
        EventSource LowCardinality(String), AccessKeyId String CODEC(ZSTD), record String CODEC(ZSTD(3)), {skip})
        ENGINE = MergeTree ORDER BY time SETTINGS index_granularity = 2048, fsync_after_insert = 1""")
    field = "JSONExtractString(json, {})".format
    path_of = lambda name: field(", ".join(quoted(part) for part in name.split(".")))  # noqa: E731
    names = ", ".join(f"nullIf({path_of('requestParameters.' + name)}, '')" for name in NAMES)
    began = time.perf_counter()
    db.query(f"""INSERT INTO bench.events SELECT toUnixTimestamp(parseDateTimeBestEffort({path_of('eventTime')}, 'UTC')), {path_of('eventID')},
        {path_of('eventName')}, if(JSONExtractBool(json, 'readOnly'), 'true', 'false'),
        if({path_of('userIdentity.userName')} != '', {path_of('userIdentity.userName')},
           splitByChar(':', {path_of('userIdentity.principalId')} || ':')[2]),
        JSONExtractString(json, 'resources', 1, 'type'), coalesce({names}, ''), {path_of('eventSource')}, {path_of('userIdentity.accessKeyId')}, json
        FROM file('{records}', 'JSONAsString') SETTINGS max_threads = 2""")
    seconds = time.perf_counter() - began
    memory = memory_mb()
    count = int(str(db.query("SELECT count() FROM bench.events")).strip())
    db.query("OPTIMIZE TABLE bench.events FINAL")
    bytes_on_disk = int(str(db.query("SELECT sum(bytes_on_disk) FROM system.parts WHERE active AND table = 'events'")).strip())
    taken = {"events_per_second": count / seconds, "bytes_per_event": bytes_on_disk / count, "own_mb": memory}

    class Connection:  # one session a process: what it caches is dropped instead
        def __enter__(self):
            for cache in ("MARK", "UNCOMPRESSED"):
                db.query(f"SYSTEM DROP {cache} CACHE")
            return db

        def __exit__(self, *_):
            pass

    def run(db, query):
        if "group" in query:
            return str(db.query("SELECT EventName, count() FROM bench.events GROUP BY EventName")).count("\n")
        if "substring" in query:
            return int(str(db.query(f"SELECT count() FROM bench.events WHERE position(record, {quoted(query['substring'])}) > 0 SETTINGS use_query_condition_cache = 0")).strip())
        return str(db.query(f"SELECT record FROM bench.events{sql_where(query, quoted)} ORDER BY time DESC LIMIT 50 SETTINGS max_threads = 2",
                            "TSVRaw")).count('"eventVersion"')

    return taken, measure(plan, path, Connection, run)


def wait_for_idle(pid):
    def cpu():
        return sum(map(int, pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[11:13])) / os.sysconf("SC_CLK_TCK")
    while True:
        before = cpu()
        time.sleep(2)
        if cpu() - before < 0.1:
            return


def over_http(history, plan):
    """LookupEvents of a server that has this history: microseconds as clients see them, and calls a second."""
    sys.path.insert(0, str(ROOT / "test"))
    from server import Server
    options = ("--set", "account=111122223333", "--set", "history.retention=3650d")
    load, answers = ROOT / "build/release/bin/signed_calls_bench", {}
    with Server(*options) as server:
        server.stop()
        shutil.rmtree(server.data / "history")
        shutil.copytree(history, server.data / "history")
        server.start()
        wait_for_idle(server.process.pid)  # what is left to merge
        names = {query["name"]: query for query in plan["queries"]}
        calls = [("newest 50", {}), ("one event by its ID", names["EventId"]), ("50 of a common name", names["EventName common"]),
                 ("50 of a rare name", names["EventName rare"]), ("a rare access key", names["AccessKeyId rare"]), ("an absent name", names["EventName absent"])]
        for name, query in calls:
            asked = {"LookupAttributes": [{"AttributeKey": query["attribute"], "AttributeValue": query["value"]}]} if query else {}
            for connections in (1, 8):
                ran = subprocess.run([load, "--endpoint", server.endpoint, "--connections", str(connections), "--seconds", "1", "--rounds", "3",
                                      "--service", "cloudtrail", "--body", json.dumps(asked), "--header", "Content-Type: application/x-amz-json-1.1",
                                      "--header", "X-Amz-Target: com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents"],
                                     env=server.environment(), capture_output=True, text=True, check=True)
                answers[f"{name}, {connections} connection{'s' * (connections > 1)}"] = json.loads(ran.stdout)
        status = pathlib.Path(f"/proc/{server.process.pid}/status").read_text()
        answers["memory"] = {"own_mb": int(status.split("RssAnon:")[1].split()[0]) / 1024}
    return answers


ENGINES = {"ours": ours, "SQLite": sqlite, "DuckDB": duckdb, "ClickHouse": clickhouse}


def one(name, records, plan_file, directory):
    """In a process of its own, so that each engine's memory is its own."""
    taken, answers = ENGINES[name](pathlib.Path(records), plan_file, json.loads(pathlib.Path(plan_file).read_text()), pathlib.Path(directory))
    taken.setdefault("peak_mb", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    print(json.dumps({"taken": taken, "answers": answers}))


def table(found, zstd, count):
    engines = list(found)
    lines = [f"| {count:,} events | " + " | ".join(engines) + " |", "|---" * (len(engines) + 1) + "|"]
    for what, key in (("taken in, events/s", "events_per_second"), ("bytes an event, all in all", "bytes_per_event"), ("memory while taking in, MB", "own_mb")):
        lines.append(f"| {what} | " + " | ".join(f"{found[e]['taken'][key]:,.0f}" for e in engines) + " |")
    lines.append(f"| the same records in one file by `zstd -3`, bytes an event | {zstd:,.0f} |" + " |" * (len(engines) - 1))
    names = dict.fromkeys(name for e in engines for name, a in found[e]["answers"].items() if "cold_ms" in a)
    for name in names:
        cells = []
        for e in engines:
            answer = found[e]["answers"].get(name)
            cells.append(f"{answer['cold_ms']:.1f} / **{answer['p50_ms']:.3g}**" if answer else "")
        lines.append(f"| {name}: cold / **warm**, ms | " + " | ".join(cells) + " |")
    for name, figures in found.get("ours", {}).get("answers", {}).items():
        if "cold_ms" not in figures:
            lines.append(f"| {name} | " + ", ".join(f"{k} {v:.3g}" for k, v in figures.items()) + " |" * len(engines))
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("events", nargs="?", type=int, default=1_000_000)
    parser.add_argument("--keep", help="a directory for files and databases, which stay")
    parser.add_argument("--json", help="also write all numbers to this file")
    parser.add_argument("--only", help="engines, by comma: " + ", ".join(ENGINES))
    parser.add_argument("--http", action="store_true", help="look-ups of a server, too")
    parser.add_argument("--one", nargs=4, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        return one(*options.one)
    directory = pathlib.Path(options.keep or ROOT / "build/history-bench").absolute()
    directory.mkdir(parents=True, exist_ok=True)
    records, plan_file = directory / f"records-{options.events}.ndjson", directory / f"plan-{options.events}.json"
    if not records.exists():
        with open(records, "wb") as out:
            subprocess.run([BENCH, "generate", str(options.events)], stdout=out, check=True)
    if not plan_file.exists():
        with open(plan_file, "wb") as out:
            subprocess.run([BENCH, "plan", records], stdout=out, check=True)
    zstd = int(subprocess.run(f"zstd -3 -c '{records}' | wc -c", shell=True, capture_output=True, text=True, check=True).stdout) / options.events
    found = {}
    for name in options.only.split(",") if options.only else ENGINES:
        if name == "SQLite" and options.events > 2_000_000 and not options.only:
            print("SQLite is measured at a million events", file=sys.stderr)
            continue
        python = str(PYTHON) if name in ("DuckDB", "ClickHouse") else sys.executable
        shutil.rmtree(directory / name.lower(), ignore_errors=True)
        (directory / name.lower()).unlink(missing_ok=True)
        ran = subprocess.run([python, __file__, "--one", name, str(records), str(plan_file), str(directory)], capture_output=True, text=True) \
            if pathlib.Path(python).exists() else None
        if ran is None or ran.returncode != 0:
            why = ran.stderr.strip().splitlines()[-1:] if ran else "it is not installed (tools/bench history installs it where pip can)"
            print(f"{name} is left out: {why}", file=sys.stderr)
            continue
        found[name] = json.loads(ran.stdout)
        if name == "ours" and options.http:
            found[name]["answers"].update({"LookupEvents over HTTP: " + k: v for k, v in over_http(directory / name, json.loads(plan_file.read_text())).items()})
        if not options.keep:
            shutil.rmtree(directory / name.lower(), ignore_errors=True)
            (directory / name.lower()).unlink(missing_ok=True)
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps({"engines": found, "zstd_bytes_per_event": zstd, "events": options.events}, indent=1))
    print(table(found, zstd, options.events))
    if not options.keep:
        shutil.rmtree(directory)
    return 0


if __name__ == "__main__":
    sys.exit(main())
