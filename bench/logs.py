"""Measures CloudWatch Logs from outside, for bench/run.py: how fast events come in, how fast a large group is searched."""
import http.client
import json
import pathlib
import sys
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "test")]
from server import Server, eventually  # noqa: E402

BATCH = 5000  # events a call
MESSAGE = json.dumps({"level": "INFO", "errorCode": "{code}", "user": "user{n}", "address": "198.51.100.{byte}", "path": "/a/b/{n}",
                      "text": "one of the lines that programs write"})


def signed_puts(server, count, first, batch=BATCH, filler=""):
    """Requests that are signed beforehand, so that the client costs little: (headers, body) each."""
    import botocore.auth
    import botocore.awsrequest
    import botocore.credentials
    now = int(time.time() * 1000)
    credentials = botocore.credentials.Credentials(server.access_key, server.secret_key)
    for call in range(first, first + count):
        events = [{"timestamp": now, "message": MESSAGE.replace("{code}", "AccessDenied" if n % 10_000 == 0 else "None").replace("{n}", str(n))
                   .replace("{byte}", str(n % 256)) + filler} for n in range(call * batch, call * batch + batch)]
        body = json.dumps({"logGroupName": "bench", "logStreamName": "s", "logEvents": events})
        request = botocore.awsrequest.AWSRequest("POST", server.endpoint + "/", data=body, headers={
            "Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "Logs_20140328.PutLogEvents"})
        botocore.auth.SigV4Auth(credentials, "logs", "us-east-1").add_auth(request)
        yield dict(request.headers), body.encode()


def put_all(server, requests, connections):
    """Sends them all over a few connections; returns seconds until the last answer."""
    waiting, failures = list(requests), []
    lock = threading.Lock()

    def work():
        connection = http.client.HTTPConnection(server.endpoint.removeprefix("http://"))
        while True:
            with lock:
                if not waiting:
                    return
                headers, body = waiting.pop()
            connection.request("POST", "/", body, headers)
            answer = connection.getresponse()
            text = answer.read()
            if answer.status != 200:
                failures.append(text)
    threads = [threading.Thread(target=work) for _ in range(connections)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures, failures[0]
    return time.perf_counter() - began


def prepared(server):
    logs = server.client("logs")
    logs.create_log_group(logGroupName="bench")
    logs.create_log_stream(logGroupName="bench", logStreamName="s")
    return logs


def ingest(calls, rounds):
    """Events per second, durably in the journal when answered; and bytes on disk per byte of message afterwards."""
    rates = []
    for _ in range(rounds):
        with Server() as server:
            prepared(server)
            requests = list(signed_puts(server, calls, 0))
            rates.append(calls * BATCH / put_all(server, requests, 4))
    return rates


def search(megabytes, rounds):
    """Seconds that FilterLogEvents takes over so many MB of messages, for a word and for a JSON pattern that few events match."""
    with Server() as server:
        logs = prepared(server)
        filler = " " + "word " * 30
        batch = BATCH // 2
        per_call = batch * (len(MESSAGE) + len(filler))
        calls = megabytes * 1_000_000 // per_call
        for first in range(0, calls, 20):
            put_all(server, signed_puts(server, min(20, calls - first), first, batch, filler), 2)
        wanted = calls * batch // 10_000

        def find(pattern):
            began, found = time.perf_counter(), 0
            for page in logs.get_paginator("filter_log_events").paginate(logGroupName="bench", filterPattern=pattern):
                found += len(page["events"])
            return time.perf_counter() - began, found
        assert eventually(lambda: find("AccessDenied")[1] >= wanted, 120)

        def query():
            began, now = time.perf_counter(), int(time.time())
            query_id = logs.start_query(logGroupName="bench", startTime=now - 3600, endTime=now + 60,
                                        queryString="filter @message like /AccessDenied/ | stats count(*) by @logStream")["queryId"]
            answer = eventually(lambda: (found := logs.get_query_results(queryId=query_id))["status"] not in ("Scheduled", "Running") and found, 120)
            assert int(answer["results"][0][-1]["value"]) >= wanted, answer
            return time.perf_counter() - began
        stored = sum(file.stat().st_size for file in (server.data / "logs").glob("*.segment"))
        return {"words": [find("AccessDenied")[0] for _ in range(rounds)], "queries": [query() for _ in range(rounds)],
                "megabytes": calls * per_call / 1e6, "stored": stored / 1e6}


def rows_of(quick, rounds):
    rates = ingest(20 if quick else 60, rounds)
    found = search(100 if quick else 1000, rounds)
    middle, asked = sorted(found["words"])[rounds // 2], sorted(found["queries"])[rounds // 2]
    rows = [("PutLogEvents, events/s (batches of 5,000, durable when answered)", f"{sorted(rates)[len(rates) // 2]:,.0f}", "≥ 150,000", ""),
            (f"FilterLogEvents for a word over {found['megabytes']:,.0f} MB of messages, s", f"{middle:.2f}", "",
             f"{found['megabytes'] / middle:,.0f} MB/s; {found['stored']:,.0f} MB on disk in segments"),
            (f"Logs Insights: stats over a regular expression's matches in {found['megabytes']:,.0f} MB of messages, s", f"{asked:.2f}", "",
             f"{found['megabytes'] / asked:,.0f} MB/s")]
    return rows, {"ingest_per_second": rates, "search": found}


if __name__ == "__main__":
    for row in rows_of("--quick" in sys.argv, 3)[0]:
        print(" | ".join(row))
