"""What encryption at rest costs: PUT and GET of 1 KB, 64 KB and 16 MB at 1 and 16 connections, by each kind of key. Each row also has the server's processor time a call, which other work on the machine changes least.

    CAIRN_BINARY=… PYTHONPATH=test /usr/bin/python3 bench/vault.py [--seconds 2] [--before BINARY]

--before: another binary to be measured in the same run, for what objects cost before."""
import argparse
import base64
import hashlib
import http.client
import os
import pathlib
import sys
import threading
import time

import server as cairn

SIZES = {"1 KB": 1 << 10, "64 KB": 64 << 10, "16 MB": 16 << 20}
CONNECTIONS = (1, 16)
CUSTOMER_KEY = b"c" * 32
CUSTOMER = {"x-amz-server-side-encryption-customer-algorithm": "AES256",
            "x-amz-server-side-encryption-customer-key": base64.b64encode(CUSTOMER_KEY).decode(),
            "x-amz-server-side-encryption-customer-key-MD5": base64.b64encode(hashlib.md5(CUSTOMER_KEY).digest()).decode()}


def processor_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def unsigned(headers):
    """--dev takes an unknown key at its word, so that the client spends its time on the wire."""
    now = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    names = ";".join(sorted(["host", "x-amz-content-sha256", "x-amz-date", *(name.lower() for name in headers)]))
    return {"Authorization": f"AWS4-HMAC-SHA256 Credential=AKIABENCH00000000000/{now[:8]}/us-east-1/s3/aws4_request, "
                             f"SignedHeaders={names}, Signature=" + "0" * 64,
            "x-amz-date": now, "x-amz-content-sha256": "UNSIGNED-PAYLOAD", **headers}


def load(host, port, pid, method, body, headers, connections, seconds):
    """(calls a second, processor microseconds a call)"""
    counts, stop = [0] * connections, threading.Event()

    def work(number):
        client = http.client.HTTPConnection(host, port)
        while not stop.is_set():
            client.request(method, f"/bench/k{number}", body if method == "PUT" else None, unsigned(headers))
            answer = client.getresponse()
            got = answer.read()
            assert answer.status == 200 and (method == "PUT" or len(got) == len(body)), (answer.status, got[:300])
            counts[number] += 1
        client.close()

    before, began = processor_seconds(pid), time.monotonic()
    threads = [threading.Thread(target=work, args=(number,)) for number in range(connections)]
    for thread in threads:
        thread.start()
    time.sleep(seconds)
    stop.set()
    for thread in threads:
        thread.join()
    took, spent = time.monotonic() - began, processor_seconds(pid) - before
    return sum(counts) / took, spent / max(1, sum(counts)) * 1e6


def measure(binary, kinds, seconds):
    """kind -> row -> (rate, microseconds)"""
    cairn.BINARY = binary
    found = {}
    with cairn.Server("--dev", "--set", "data_events=none") as server:
        host, port = server.endpoint.split("//")[1].split(":")
        s3, kms = server.client("s3"), server.client("kms")
        s3.create_bucket(Bucket="bench")
        sse_kms = {}
        if "SSE-KMS" in kinds:
            sse_kms = {"x-amz-server-side-encryption": "aws:kms", "x-amz-server-side-encryption-aws-kms-key-id": kms.create_key()["KeyMetadata"]["Arn"]}
        puts = {"SSE-S3": {}, "before": {}, "SSE-KMS": sse_kms, "bucket key": {**sse_kms, "x-amz-server-side-encryption-bucket-key-enabled": "true"},
                "SSE-C": CUSTOMER}
        for kind in kinds:
            for name, size in SIZES.items():
                body = os.urandom(size)
                for connections in CONNECTIONS:
                    for method in ("PUT", "GET"):
                        headers = puts[kind] if method == "PUT" or kind == "SSE-C" else {}
                        row = (method, name, connections)
                        found.setdefault(kind, {})[row] = load(host, int(port), server.process.pid, method, body, headers, connections, seconds)
    return found


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--seconds", type=float, default=2)
    options.add_argument("--before")
    options.add_argument("--kinds", default="SSE-S3,SSE-KMS,bucket key,SSE-C")
    options = options.parse_args()
    found = measure(cairn.BINARY, options.kinds.split(","), options.seconds)
    if options.before:
        found.update(measure(options.before, ["before"], options.seconds))
    kinds = list(found)
    print("| call | " + " | ".join(f"{kind}: /s (µs of processor)" for kind in kinds) + " |")
    print("|---|" + "---|" * len(kinds))
    for row in found[kinds[0]]:
        cells = [f"{found[kind][row][0]:,.0f} ({found[kind][row][1]:,.0f})" for kind in kinds]
        print(f"| {row[0]} {row[1]}, {row[2]} connections | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    sys.exit(main())
