"""PUT and GET of 1 KB, 64 KB and 16 MB at 1 and 16 connections, by each kind of key, beside a bare store (our HTTP layer and files, nothing
else) and npm's s3rver: calls a second, and the server's processor time a call, which other work on the machine changes least.

    PYTHONPATH=test /usr/bin/python3 bench/vault.py [--seconds 2] [--rounds 3] [--kinds SSE-S3,SSE-C]"""
import argparse
import base64
import contextlib
import hashlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "test")]
from server import Server  # noqa: E402

LOAD = ROOT / "build/release/bin/signed_calls_bench"
BARE = ROOT / "build/release/bin/bare_store_bench"
SIZES = {"1 KB": 1 << 10, "64 KB": 64 << 10, "16 MB": 16 << 20}
CONNECTIONS = (1, 16)
CUSTOMER_KEY = b"c" * 32
CUSTOMER = {"x-amz-server-side-encryption-customer-algorithm": "AES256",
            "x-amz-server-side-encryption-customer-key": base64.b64encode(CUSTOMER_KEY).decode(),
            "x-amz-server-side-encryption-customer-key-MD5": base64.b64encode(hashlib.md5(CUSTOMER_KEY).digest()).decode()}
KINDS = ("SSE-S3", "SSE-KMS", "bucket key", "SSE-C")


def processor_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def peak_megabytes(pid):
    return int(pathlib.Path(f"/proc/{pid}/status").read_text().split("VmHWM:")[1].split()[0]) / 1024


def load(endpoint, pid, environment, row, headers, seconds, rounds):
    method, size, connections = row
    command = [LOAD, "--endpoint", endpoint, "--service", "s3", "--method", method, "--path", f"/bench/{size.replace(' ', '')}-{{}}",
               "--connections", str(connections), "--seconds", str(seconds), "--rounds", str(rounds)]
    if method == "PUT":
        command += ["--bytes", str(SIZES[size])]
    for name, value in headers.items():
        command += ["--header", f"{name}: {value}"]
    before = processor_seconds(pid)
    found = json.loads(subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout)
    spent, calls = processor_seconds(pid) - before, found["calls_per_second"] * (seconds * rounds + 0.5)  # the load warms up for half a second
    return {"calls_per_second": found["calls_per_second"], "processor_us": spent / calls * 1e6}


def rows():
    for size in SIZES:
        for connections in CONNECTIONS:
            for method in ("PUT", "GET"):
                yield method, size, connections


@contextlib.contextmanager
def bare():
    with tempfile.TemporaryDirectory(prefix="cairn-bare-") as directory:
        process = subprocess.Popen([BARE, directory], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}", process.pid
        finally:
            process.stdin.close()
            process.wait(20)


def measure(seconds, rounds, kinds=KINDS, rivals=()):
    """who -> row -> figures; and the server's greatest memory in MB. `rivals`: (name, endpoint, pid, environment), their buckets made."""
    found = {}
    with Server("--set", "data_events=none") as server:
        server.client("s3").create_bucket(Bucket="bench")
        kms = {}
        if {"SSE-KMS", "bucket key"} & set(kinds):
            kms = {"x-amz-server-side-encryption": "aws:kms",
                   "x-amz-server-side-encryption-aws-kms-key-id": server.client("kms").create_key()["KeyMetadata"]["Arn"]}
        puts = {"SSE-S3": {}, "SSE-KMS": kms, "bucket key": {**kms, "x-amz-server-side-encryption-bucket-key-enabled": "true"}, "SSE-C": CUSTOMER}
        environment = {"AWS_ACCESS_KEY_ID": server.access_key, "AWS_SECRET_ACCESS_KEY": server.secret_key}
        # Everybody's turn at one row after the other, so that the machine's moods meet all alike.
        with bare() as (bare_endpoint, bare_pid):
            ours = [(kind, server.endpoint, server.process.pid, environment, puts[kind]) for kind in kinds]
            others = [(*rival, {}) for rival in (("bare", bare_endpoint, bare_pid, environment), *rivals)]
            for size in SIZES:
                for connections in CONNECTIONS:
                    for who, endpoint, pid, its, headers in (*ours, *others):
                        for method in ("PUT", "GET"):  # what is read is what was put
                            row = (method, size, connections)
                            found.setdefault(who, {})[row] = load(endpoint, pid, its, row, headers if method == "PUT" or who == "SSE-C" else {},
                                                                  seconds, rounds)
        return found, peak_megabytes(server.process.pid)


def table(found, peak):
    """Markdown lines."""
    lines = ["| call | " + " | ".join(f"{who}: /s (µs of processor)" for who in found) + " |", "|---|" + "---|" * len(found)]
    for row in rows():
        cells = [f"{found[who][row]['calls_per_second']:,.0f} ({found[who][row]['processor_us']:,.0f})" for who in found]
        lines.append(f"| {row[0]} {row[1]}, {row[2]} connection{'s' if row[2] > 1 else ''} | " + " | ".join(cells) + " |")
    return [*lines, "", f"The server's greatest memory meanwhile: {peak:.0f} MB."]


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--seconds", type=int, default=2)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--kinds", default=",".join(KINDS))
    options = options.parse_args()
    print("\n".join(table(*measure(options.seconds, options.rounds, options.kinds.split(",")))))


if __name__ == "__main__":
    sys.exit(main())
