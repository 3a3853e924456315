"""Measures trails from outside, for bench/run.py: how late a file is, how fast a backlog is caught up with, what trails cost callers."""
import gzip
import json
import pathlib
import random
import re
import subprocess
import sys
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "test"), str(ROOT / "test/delivery")]
import evidence  # noqa: E402
from server import Server, eventually  # noqa: E402

LOAD = ROOT / "build/release/bin/signed_calls_bench"
REQUEST_ID = re.compile(rb'"requestID":"([^"]+)"')


def signed_calls(server, connections, seconds, rounds):
    """Signed GetCallerIdentity per second through the C++ load tool, each call durably recorded."""
    out = subprocess.run([LOAD, "--endpoint", server.endpoint, "--connections", str(connections), "--seconds", str(seconds), "--rounds", str(rounds)],
                         env=server.environment(), capture_output=True, text=True, check=True).stdout
    return json.loads(out)


def metric(server, name):
    return int(re.search(rf"^cairn_{name} (\d+)", server.get("/_cairn/metrics")[1].decode(), re.M)[1])


def is_at_end(server):
    """After StopLogging: the first hour's digest is cut when all log files are in the bucket."""
    return metric(server, "delivery_digests_total") == 1 and not metric(server, "delivery_outgoing")


def event_to_file(seconds, connections=0):
    """delivery.interval=1s: milliseconds from a call's answer until ListObjectsV2 shows the object that its event is in, of some twenty
    calls a second at random moments; the bucket is listed without a pause. `connections`: others that call meanwhile, as fast as they can."""
    with Server("--set", "delivery.interval=1s") as server:
        evidence.make_trail(server, EnableLogFileValidation=True)
        sts, s3 = server.client("sts"), server.client("s3")
        answered, seen = {}, {}
        done = threading.Event()

        def look():
            last = ""
            while not done.is_set():
                for item in s3.list_objects_v2(Bucket="logs", StartAfter=last).get("Contents", []):
                    last = item["Key"]
                    seen[last] = time.perf_counter()
                time.sleep(0.002)
        looking = threading.Thread(target=look)
        looking.start()
        others = subprocess.Popen([LOAD, "--endpoint", server.endpoint, "--connections", str(connections), "--seconds", str(seconds), "--rounds", "1"],
                                  env=server.environment(), stdout=subprocess.DEVNULL) if connections else None
        until = time.perf_counter() + seconds
        while time.perf_counter() < until:
            request_id = sts.get_caller_identity()["ResponseMetadata"]["RequestId"]
            answered[request_id] = time.perf_counter()
            time.sleep(random.uniform(0, 0.1))
        if others:
            others.wait(60)
        server.client("cloudtrail").stop_logging(Name="first")
        eventually(lambda: is_at_end(server), 60)
        time.sleep(0.1)
        done.set()
        looking.join()
        delays = []
        for key, at in seen.items():
            for request_id in REQUEST_ID.findall(gzip.decompress(s3.get_object(Bucket="logs", Key=key)["Body"].read())):
                if request_id.decode() in answered:
                    delays.append((at - answered[request_id.decode()]) * 1000)
        assert len(delays) == len(answered), (len(delays), len(answered))
        return sorted(delays)


def catch_up(events):
    """A bucket that is shut while one connection calls as fast as it can, and then opened: events a second at which they were made, and
    delivered from the moment at which the first waiting file has arrived."""
    with Server("--set", "delivery.interval=1s") as server:
        evidence.make_trail(server, EnableLogFileValidation=True)
        s3 = server.client("s3")
        s3.delete_bucket_policy(Bucket="logs")
        began, made_before = time.perf_counter(), metric(server, "journal_position")
        while metric(server, "journal_position") - made_before < events:
            signed_calls(server, 1, 5, 1)
        made_rate = (metric(server, "journal_position") - made_before) / (time.perf_counter() - began)
        s3.put_bucket_policy(Bucket="logs", Policy=evidence.policy("logs"))
        server.client("cloudtrail").stop_logging(Name="first")

        def watch(condition):
            while not condition():
                time.sleep(0.001)
            return time.perf_counter()
        cut = metric(server, "delivery_events_total")
        start = watch(lambda: not metric(server, "delivery_outgoing"))
        end = watch(lambda: is_at_end(server))
        assert metric(server, "delivery_dropped_total") == 0
        return {"made_per_second": made_rate, "delivered_per_second": (metric(server, "delivery_events_total") - cut) / (end - start)}


def calls_beside_trails(trails, seconds, rounds):
    """Signed, recorded calls at 64 connections with so many trails that each want every one of them."""
    with Server() as server:
        for n in range(trails):
            evidence.make_trail(server, f"logs-{n}", f"trail-{n}", EnableLogFileValidation=True)
        return signed_calls(server, 64, seconds, rounds)


def rows_of(quick, seconds, rounds):
    """The table's rows, and the numbers behind them."""
    def percentile(delays, p):
        return delays[int(p * (len(delays) - 1))]
    quiet, busy = event_to_file(5 if quick else 60), event_to_file(5 if quick else 30, 64)
    backlog = catch_up(20_000 if quick else 200_000)
    beside = {trails: calls_beside_trails(trails, seconds, rounds) for trails in (0, 1, 5)}
    none = beside[0]["calls_per_second"]
    rows = [(f"answer to visible in the bucket, delivery.interval=1s{load}, p99, ms", f"{percentile(delays, 0.99):,.0f}", "≤ 1,200",
             f"p50 {percentile(delays, 0.5):,.0f}, max {delays[-1]:,.0f}, {len(delays)} events")
            for load, delays in (("", quiet), (", beside 64 busy connections", busy))]
    rows.append(("backlog catch-up, events/s", f"{backlog['delivered_per_second']:,.0f}", "≥ 10 × real time",
                 f"×{backlog['delivered_per_second'] / backlog['made_per_second']:.0f} of the {backlog['made_per_second']:,.0f}/s that one connection made"))
    for trails in (1, 5):
        rate = beside[trails]["calls_per_second"]
        rows.append((f"signed, recorded GetCallerIdentity/s, 64 connections, {trails} trail{'s' if trails > 1 else ''} logging each", f"{rate:,.0f}", "",
                     f"{none:,.0f} without ({(rate - none) / none * 100:+.0f} %), p99 {beside[trails]['p99_us']:,.0f} µs beside {beside[0]['p99_us']:,.0f}"))
    return rows, {"event_to_file_ms": quiet, "event_to_file_busy_ms": busy, "catch_up": backlog, "beside_trails": beside}
