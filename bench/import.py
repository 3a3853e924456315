"""Measures `cairn import`: gz files as CloudTrail delivers them, into the history of a fresh server, until the command ends (indexed and
durable), then the same again; then `cairn export` in both forms. tools/bench import [--files 2000] [--events 500] [--keep DIRECTORY]"""
import argparse
import gzip
import json
import multiprocessing
import os
import pathlib
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "test")]
from server import BINARY, Server  # noqa: E402

ACCOUNT = "000000000000"
SOURCES = ["ec2", "s3", "iam", "sts", "kms", "ssm", "rds", "lambda", "logs", "secretsmanager"]
VERBS = ["Describe", "Get", "List", "Create", "Put", "Delete"]


def records(random_, base, count, spread):
    """Events of some 1.5 KB: 300 names with a long tail, 500 principals, 20,000 resources."""
    made = []
    for _ in range(count):
        name = min(int(random_.paretovariate(0.7)), 300)
        user, resource_number = random_.randrange(500), random_.randrange(20_000)
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(base - random_.random() * spread))
        session = {"type": "AssumedRole", "principalId": f"AROAEXAMPLE{user:08}:session-{user}", "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/role-{user % 40}/session-{user}",
                   "accountId": ACCOUNT, "accessKeyId": f"ASIAEXAMPLE{random_.randrange(5000):09}",
                   "sessionContext": {"sessionIssuer": {"type": "Role", "principalId": f"AROAEXAMPLE{user:08}", "arn": f"arn:aws:iam::{ACCOUNT}:role/role-{user % 40}",
                                                        "accountId": ACCOUNT, "userName": f"role-{user % 40}"},
                                      "attributes": {"creationDate": at, "mfaAuthenticated": "false"}}}
        made.append(json.dumps({
            "eventVersion": "1.09", "userIdentity": session, "eventTime": at, "eventSource": SOURCES[name % 10] + ".amazonaws.com",
            "eventName": VERBS[name % 6] + f"Thing{name}", "awsRegion": "us-east-1", "sourceIPAddress": f"10.{user % 256}.{random_.randrange(256)}.{name % 256}",
            "userAgent": f"aws-sdk-go-v2/1.{name % 30}.0 os/linux lang/go#1.21 md/GOOS#linux md/GOARCH#amd64 api/thing#1.{name % 17}.0",
            "requestParameters": {"thingId": f"thing-{resource_number:08x}", "filterSet": {"items": [{"name": "tag:Name", "valueSet": {"items": [{"value": f"v{resource_number}"}]}}]},
                                  "maxResults": random_.randrange(1000), "clientToken": f"{random_.getrandbits(128):032x}"},
            "responseElements": None if name % 6 < 3 else {"thing": {"id": f"thing-{resource_number:08x}", "state": {"code": 0, "name": "pending"}, "createTime": at}},
            "requestID": f"{random_.getrandbits(128):032x}", "eventID": f"{random_.getrandbits(32):08x}-{random_.getrandbits(16):04x}-4{random_.getrandbits(12):03x}-a000-{random_.getrandbits(48):012x}",
            "readOnly": name % 6 < 3, "resources": [{"accountId": ACCOUNT, "type": "AWS::EC2::Instance", "ARN": f"arn:aws:ec2:us-east-1:{ACCOUNT}:instance/i-{resource_number:017x}"}],
            "eventType": "AwsApiCall", "managementEvent": True, "recipientAccountId": ACCOUNT, "eventCategory": "Management",
            "tlsDetails": {"tlsVersion": "TLSv1.3", "cipherSuite": "TLS_AES_128_GCM_SHA256", "clientProvidedHostHeader": SOURCES[name % 10] + ".us-east-1.amazonaws.com"}},
            separators=(",", ":")))
    return made


def write(job):
    directory, number, files, events, now = job
    path = pathlib.Path(directory) / f"{ACCOUNT}_CloudTrail_us-east-1_{number:05}.json.gz"
    # Each file holds some minutes of some sixty days.
    base = now - 60 * 86_400 * (files - number) / files
    raw = ('{"Records":[' + ",".join(records(random.Random(number), base, events, 900)) + "]}").encode()
    path.write_bytes(gzip.compress(raw, 6))
    return len(raw)


def cpu(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def peak(pid):
    return int(next(line for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmHWM")).split()[1]) / 1024


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--files", type=int, default=2000)
    parser.add_argument("--events", type=int, default=500, help="in each file")
    parser.add_argument("--keep", help="where the files are made, or are from an earlier run")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cairn-bench-") as temporary:
        directory = pathlib.Path(options.keep or temporary)
        directory.mkdir(parents=True, exist_ok=True)
        if len(list(directory.glob("*.gz"))) != options.files:
            with multiprocessing.Pool() as pool:
                raw = sum(pool.imap_unordered(write, [(directory, n, options.files, options.events, time.time()) for n in range(options.files)], 16))
            (directory / "raw").write_text(str(raw))
        raw = int((directory / "raw").read_text())
        sent = sum(f.stat().st_size for f in directory.glob("*.gz"))
        events = options.files * options.events
        print(f"{options.files} files, {events:,} events, {sent / 1e6:.0f} MB, {raw / 1e6:.0f} MB uncompressed ({raw / events:.0f} bytes an event)")
        for _ in range(options.rounds):
            with Server() as server:
                for what in ("first", "again"):
                    before, client_before, began = cpu(server.process.pid), resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
                    done = subprocess.run([BINARY, "import", str(directory), "--output", "json"], env=server.environment(), capture_output=True, text=True)
                    seconds = time.perf_counter() - began
                    client = resource.getrusage(resource.RUSAGE_CHILDREN)
                    assert done.returncode == 0, done.stderr
                    counts = json.loads(done.stdout)
                    assert counts["Added" if what == "first" else "Known"] == events, counts
                    print(f"{what}: {seconds:.2f} s, {events / seconds:,.0f} events/s; CPU of the server {cpu(server.process.pid) - before:.2f} s, "
                          f"of the command {client.ru_utime + client.ru_stime - client_before.ru_utime - client_before.ru_stime:.2f} s; "
                          f"server's peak {peak(server.process.pid):.0f} MB")
                disk = sum(f.stat().st_size for f in (server.data / "history").rglob("*") if f.is_file())
                print(f"on disk: {disk / events:.0f} bytes an event, with everything")
                for form in ("ndjson", "parquet"):
                    out = pathlib.Path(temporary) / form
                    began = time.perf_counter()
                    done = subprocess.run(["/usr/bin/time", "-f", "%M", BINARY, "export", "--to", str(out), "--format", form],
                                          env=server.environment(), capture_output=True, text=True)
                    seconds = time.perf_counter() - began
                    assert done.returncode == 0, done.stderr
                    size = sum(f.stat().st_size for f in out.rglob("*") if f.is_file())
                    print(f"export, {form}: {seconds:.2f} s, {events / seconds:,.0f} events/s, {size / events:.0f} bytes an event, peak {int(done.stderr.split()[-1]) / 1024:.0f} MB; {done.stdout.strip()}")
                    shutil.rmtree(out)


if __name__ == "__main__":
    main()
