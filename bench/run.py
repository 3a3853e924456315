"""Measures Cairn from outside, in one run, as medians, beside moto's server and npm's s3rver where they can be had.
tools/bench [--quick] [--json FILE]"""
import argparse
import contextlib
import http.client
import json
import os
import pathlib
import platform
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time

import boto3

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "test"))
import delivery  # noqa: E402
import logs  # noqa: E402
import messages  # noqa: E402
import stacks  # noqa: E402
import vault  # noqa: E402
import watching  # noqa: E402
from delivery import signed_calls  # noqa: E402
from digest_chain import ARN, BUCKET, PREFIX, REGION, START, Chain, Key, iso, trail_api  # noqa: E402
from server import BINARY, Server, eventually, other_aws  # noqa: E402

ARCHIVE = ROOT / "build/release/bin/archive_bench"
SELECTORS = ROOT / "build/release/bin/selector_bench"
LISTING = ROOT / "build/release/bin/listing_bench"
POLICY = ROOT / "build/release/bin/policy_bench"
FILTERS = ROOT / "build/release/bin/filter_pattern_bench"
EVENTS = ROOT / "build/release/bin/event_pattern_bench"
QUERIES = ROOT / "build/release/bin/logquery_bench"
RULES = ROOT / "build/release/bin/rules_bench"
RIVALS = ROOT / "build/rivals"


def median(values):
    return statistics.median(values)


def spread(values):
    return f"{min(values):.3g}..{max(values):.3g}"


def start_up(rounds):
    """From exec to the first correct reply to a signed GetCallerIdentity; resident memory when idle."""
    import botocore.auth
    import botocore.awsrequest
    import botocore.credentials
    with Server() as seed:
        data, key, secret = seed.data, seed.access_key, seed.secret_key
        seed.stop()
        times, memory = [], []
        for _ in range(rounds):
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                port = probe.getsockname()[1]
            request = botocore.awsrequest.AWSRequest("POST", f"http://127.0.0.1:{port}/", data="Action=GetCallerIdentity&Version=2011-06-15",
                                                     headers={"Content-Type": "application/x-www-form-urlencoded", "Host": f"127.0.0.1:{port}"})
            botocore.auth.SigV4Auth(botocore.credentials.Credentials(key, secret), "sts", "us-east-1").add_auth(request)
            head = "".join(f"{k}: {v}\r\n" for k, v in request.headers.items())
            message = f"POST / HTTP/1.1\r\n{head}Content-Length: {len(request.data)}\r\n\r\n{request.data}".encode()
            began = time.perf_counter()
            process = subprocess.Popen([os.environ.get("CAIRN_BINARY", str(ROOT / "build/release/bin/cairn")), "serve", "--data", str(data),
                                        "--listen", f"127.0.0.1:{port}"], stdout=subprocess.DEVNULL)
            while True:
                try:
                    with socket.create_connection(("127.0.0.1", port)) as connection:
                        connection.sendall(message)
                        answer = connection.recv(65536)
                    break
                except ConnectionRefusedError:
                    time.sleep(0.0002)
            assert b" 200 OK" in answer[:20], answer
            times.append((time.perf_counter() - began) * 1000)
            time.sleep(0.3)
            status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
            memory.append(int(status.split("VmRSS:")[1].split()[0]) / 1024)
            process.terminate()
            process.wait(20)
        return {"start_ms": times, "idle_mb": memory}


def policy_decisions(rounds):
    """Decisions of the policy engine per second of one core's time; in process."""
    return json.loads(subprocess.run([POLICY, str(rounds)], capture_output=True, text=True, check=True).stdout)


def boto3_serial(endpoint, access_key, secret_key, count, rounds):
    """PUT and GET of 1 KB, one after the other, with boto3."""
    from botocore.config import Config
    s3 = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1", aws_access_key_id=access_key, aws_secret_access_key=secret_key,
                      config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 0}))
    s3.create_bucket(Bucket="bench")
    body = os.urandom(1024)
    puts, gets = [], []
    for _ in range(rounds):
        began = time.perf_counter()
        for n in range(count):
            s3.put_object(Bucket="bench", Key=f"k{n}", Body=body)
        puts.append(count / (time.perf_counter() - began))
        began = time.perf_counter()
        for n in range(count):
            assert s3.get_object(Bucket="bench", Key=f"k{n}")["Body"].read() == body
        gets.append(count / (time.perf_counter() - began))
    return {"put_per_second": puts, "get_per_second": gets}


def call_to_history(server, rounds):
    """From the answer of a CreateBucket until LookupEvents shows it, polled without a pause."""
    s3, trail = server.client("s3"), server.client("cloudtrail")
    delays = []
    for n in range(rounds):
        s3.create_bucket(Bucket=f"visible-{n}")
        began = time.perf_counter()
        while not trail.lookup_events(LookupAttributes=[{"AttributeKey": "ResourceName", "AttributeValue": f"visible-{n}"}])["Events"]:
            pass
        delays.append((time.perf_counter() - began) * 1000)
    return delays


def validators(hours, files_an_hour, rounds):
    """`cairn verify` and AWS's validators over HTTP, on one chain in a bucket: log files per second, the program's start included."""
    with Server() as server:
        s3 = server.client("s3")
        s3.create_bucket(Bucket=BUCKET)
        keys = [Key(), Key()]
        chain = Chain(s3, keys, hours, files_an_hour, records=20)
        listed = [key.listed() for key in keys]
        keys_file = server.data / "keys.json"
        keys_file.write_text(json.dumps({"PublicKeyList": listed}))
        subprocess.run([BINARY, "env", "--data", str(server.data)], capture_output=True, check=True)  # the endpoint plugin for Debian's CLI
        with trail_api(listed) as api:
            env = server.environment(AWS_ENDPOINT_URL_CLOUDTRAIL=api, AWS_REGION=REGION)
            env.update(AWS_CONFIG_FILE=str(server.data / "aws-cli/config"), PYTHONPATH=str(server.data / "aws-cli"))
            commands = {"cairn": [BINARY, "verify", f"s3://{BUCKET}/{PREFIX}", "--keys", str(keys_file)]}
            for name, program in (("aws-cli 2.9", "/usr/bin/aws"), ("newer aws-cli", other_aws())):
                if program:
                    commands[name] = [program, "cloudtrail", "validate-logs", "--trail-arn", ARN, "--region", REGION, "--start-time", iso(START)]
            rates = {}
            for name, command in commands.items():
                for _ in range(rounds if name == "cairn" else 1):
                    began = time.perf_counter()
                    subprocess.run(command, env=env, capture_output=True, check=True)
                    rates.setdefault(name, []).append(len(chain.logs) / (time.perf_counter() - began))
            return {name: median(values) for name, values in rates.items()}


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Rival:
    def __init__(self, name, command, port, environment=None):
        self.name, self.port = name, port
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)

    def wait(self):
        def up():
            try:
                connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=2)
                connection.request("GET", "/")
                connection.getresponse().read()
                return True
            except OSError:
                return False
        if not eventually(up, 30):
            raise RuntimeError(f"{self.name} did not start")

    def stop(self):
        self.process.terminate()
        self.process.wait(20)


def rivals(directory):
    """What is installed of the others: (name, starter, access key, secret)."""
    moto = RIVALS / "moto/bin/moto_server"
    if moto.exists():
        port = free_port()
        yield Rival("moto", [moto, "-H", "127.0.0.1", "-p", str(port)], port), "test", "test"
    s3rver = RIVALS / "node_modules/.bin/s3rver"
    if s3rver.exists():
        port = free_port()
        yield Rival("s3rver", [s3rver, "--silent", "-a", "127.0.0.1", "-p", str(port), "-d", directory], port), "S3RVER", "S3RVER"


def vault_rows(quick, rounds):
    """Objects of all sizes, beside a bare store and s3rver: numbers for the file, lines of a table."""
    with tempfile.TemporaryDirectory() as directory, contextlib.ExitStack() as stack:
        beside = []
        for rival, key, secret in rivals(directory):
            stack.callback(rival.stop)
            if rival.name == "moto":  # keeps objects in memory
                continue
            rival.wait()
            endpoint = f"http://127.0.0.1:{rival.port}"
            boto3.client("s3", endpoint_url=endpoint, region_name=REGION, aws_access_key_id=key, aws_secret_access_key=secret).create_bucket(Bucket="bench")
            beside.append((rival.name, endpoint, rival.process.pid, {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret}))
        found, peak = vault.measure(1 if quick else 2, rounds, rivals=beside)
    numbers = {who: {f"{method} {size} {connections}": figures for (method, size, connections), figures in each.items()} for who, each in found.items()}
    return numbers | {"peak_mb": peak}, vault.table(found, peak)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer and shorter rounds")
    parser.add_argument("--json", help="also write all numbers to this file")
    options = parser.parse_args()
    rounds, seconds, count = (3, 1, 300) if options.quick else (5, 3, 1000)

    rows, numbers = [], {}
    numbers["start"] = start_up(5 if options.quick else 21)
    rows.append(("start to first correct reply, ms", f"{median(numbers['start']['start_ms']):.1f}", "≤ 30", ""))
    rows.append(("idle memory, MB", f"{median(numbers['start']['idle_mb']):.1f}", "≤ 20", ""))

    with Server() as server:
        for connections, aim in ((1, ""), (8, ""), (64, "≥ 40,000")):
            result = signed_calls(server, connections, seconds, rounds)
            numbers[f"signed_{connections}"] = result
            rows.append((f"signed, recorded GetCallerIdentity/s, {connections} connection{'s' if connections > 1 else ''}",
                         f"{result['calls_per_second']:,.0f}", aim, f"p50 {result['p50_us']:.0f} µs, p99 {result['p99_us']:.0f} µs"))
    with Server() as server:
        ours = boto3_serial(server.endpoint, server.access_key, server.secret_key, count, rounds)
        numbers["boto3"] = ours
        numbers["visible_ms"] = call_to_history(server, 50)
    others = {}
    with tempfile.TemporaryDirectory() as directory:
        for rival, key, secret in rivals(directory):
            try:
                rival.wait()
                others[rival.name] = boto3_serial(f"http://127.0.0.1:{rival.port}", key, secret, count // 3, max(1, rounds // 2))
            finally:
                rival.stop()
    numbers["others"] = others
    for what, aim in (("put", "≥ 900"), ("get", "≥ 1,100")):
        mine = median(ours[f"{what}_per_second"])
        beside = ", ".join(f"{name} {median(r[f'{what}_per_second']):,.0f} (×{mine / median(r[f'{what}_per_second']):.1f})" for name, r in others.items())
        rows.append((f"boto3 serial {what.upper()} of 1 KB, /s", f"{mine:,.0f}", aim, beside or "no rival installed: tools/bench --rivals"))
    rows.append(("answer to visible in LookupEvents, ms (with one boto3 look-up)", f"{median(numbers['visible_ms']):.1f}", "≤ 100",
                 f"max {max(numbers['visible_ms']):.1f}"))
    numbers["policy"] = policy_decisions(rounds)
    rows.append(("policy decisions/s of one core, a user with 10 policies", f"{numbers['policy']['decisions_per_second']:,}", "≥ 500,000",
                 f"{numbers['policy']['with_a_new_context_per_second']:,} with the request's context made anew"))

    listing = json.loads(subprocess.run([LISTING], capture_output=True, text=True, check=True).stdout)
    numbers["listing"] = listing
    for name, times in listing.items():
        if name != "objects":
            rows.append((f"listing of a bucket with {listing['objects']:,} objects, ms of one core, {name}", f"{times['median']:.2f}",
                         "≤ 5" if name == "page of 1000" else "", f"p99 {times['p99']:.2f}"))

    selectors = json.loads(subprocess.run([SELECTORS], capture_output=True, text=True, check=True).stdout)
    numbers["selectors"] = selectors
    size = f"records of {selectors['record_bytes'] / 1000:.1f} KB"
    for name, key, aim, beside in (("5 advanced selectors", "matched", "≥ 1,000,000", ""), ("500 values, the most there can be", "matched_at_most", "", ""),
                                   ("5 selectors, record read too", "read_and_matched", "", size)):
        rows.append((f"selector matching, events/s on one core, {name}", f"{selectors[key + '_per_second']:,.0f}", aim, beside))

    filters = json.loads(subprocess.run([FILTERS], capture_output=True, text=True, check=True).stdout)
    numbers["filters"] = filters
    for name, key in (("root's use, of the CIS benchmark", "cis_root"), ("changes of policies, of the CIS benchmark", "cis_policies"),
                      ("fields of a log line", "fields"), ("terms in a log line", "terms"), ("a regular expression in a log line", "regex")):
        rows.append((f"log filter patterns, events/s on one core, {name}", f"{filters[key + '_per_second']:,.0f}", "", ""))

    queries = json.loads(subprocess.run([QUERIES], capture_output=True, text=True, check=True).stdout)
    numbers["queries"] = queries
    for name, key in (("a filter on a field", "filter"), ("stats by three fields", "stats"), ("a regular expression, stats by the hour", "regex"),
                      ("the first 25 by a field", "sort"), ("parse, stats", "parse")):
        rows.append((f"Logs Insights queries, CloudTrail records/s on one core, {name}", f"{queries[key + '_per_second']:,.0f}", "", ""))

    events = json.loads(subprocess.run([EVENTS], capture_output=True, text=True, check=True).stdout)
    numbers["events"] = events
    size = f"events of {events['event_bytes'] / 1000:.1f} KB"
    for name, key, aim, beside in (("1 rule", "one_rule", "", size), ("1,000 rules of all kinds", "mixed_rules", "≥ 200,000", ""),
                                   ("1,000 rules that differ in one value", "alike_rules", "", "")):
        rows.append((f"event patterns, events/s on one core, {name}", f"{events[key + '_per_second']:,.0f}", aim, beside))
    rules = json.loads(subprocess.run([RULES], capture_output=True, text=True, check=True).stdout)
    numbers["rules"] = rules
    rows.append(("recorded events/s of one core, from the journal through 1,000 rules into the outbox",
                 f"{rules['journal_to_outbox_per_second']:,.0f}", "", "one in 500 is for a rule"))

    archive = json.loads(subprocess.run([ARCHIVE], capture_output=True, text=True, check=True).stdout)
    numbers["archive"] = archive
    rows.append(("gzip of log files, MB/s on one core", f"{archive['gzip_mb_per_second']:,.0f}", "", f"to 1/{archive['gzip_ratio']:.1f}; gunzip {archive['gunzip_mb_per_second']:,.0f}"))
    rows.append(("`cairn verify` of a copy, small log files/s on one core", f"{archive['verify_files_per_second']:,.0f}", "≥ 5,000", "6 KB each"))
    rows.append(("`cairn verify` of a copy, MB/s of log on one core", f"{archive['verify_mb_per_second']:,.0f}", "≥ 600", "40 MB each"))
    numbers["validators"] = beside = validators(6, 60 if options.quick else 400, rounds)
    mine = beside.pop("cairn")
    rows.append(("`cairn verify` of a bucket over HTTP, log files/s", f"{mine:,.0f}", "",
                 ", ".join(f"validate-logs of {name} {rate:,.0f} (×{mine / rate:.0f})" for name, rate in beside.items())))

    delivery_rows, numbers["delivery"] = delivery.rows_of(options.quick, seconds, rounds)
    rows += delivery_rows
    log_rows, numbers["logs"] = logs.rows_of(options.quick, rounds)
    rows += log_rows
    watching_rows, numbers["watching"] = watching.rows_of(options.quick, rounds)
    rows += watching_rows
    message_rows, numbers["messages"] = messages.rows_of(options.quick, rounds)
    rows += message_rows
    stack_rows, numbers["stacks"] = stacks.rows_of(rounds)
    rows += stack_rows

    numbers["objects"], objects = vault_rows(options.quick, rounds)

    print(f"\n{platform.machine()}, {os.cpu_count()} cores, {platform.system()} {platform.release()}; medians; client and server share the machine\n")
    print("| what | measured | aim | beside |\n|---|---|---|---|")
    for row in rows:
        print("| " + " | ".join(row) + " |")
    print("\n" + "\n".join(objects))
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(numbers, indent=1))


if __name__ == "__main__":
    main()
