"""Measures metric filters and alarms from outside, for bench/run.py."""
import datetime
import importlib.machinery
import importlib.util
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "test"), str(ROOT / "bench")]
import logs  # noqa: E402
from server import Server, eventually  # noqa: E402

FILTERS = ROOT / "build/release/bin/metric_filter_bench"


def cis():
    sys.dont_write_bytecode = True
    loader = importlib.machinery.SourceFileLoader("cis_alarms", str(ROOT / "examples/cis-alarms"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("cis_alarms", loader))
    loader.exec_module(module)
    return list(module.calls("bench", "arn:aws:sns:us-east-1:000000000000:told"))


def set_up(server):
    for service, operation, parameters in cis():
        getattr(server.client(service), operation.replace("-", "_"))(**parameters)


def in_process():
    """Events a second of one core against the fourteen filters."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
        file.write("".join(parameters["filterPattern"] + "\n" for service, _, parameters in cis() if service == "logs"))
        file.flush()
        return json.loads(subprocess.run([FILTERS, file.name], capture_output=True, text=True, check=True).stdout)


def cpu_seconds(server):
    fields = pathlib.Path(f"/proc/{server.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def counted(server):
    text = server.get("/_cairn/metrics")[1].decode()
    return int(next(line for line in text.splitlines() if line.startswith("cairn_metric_filter_events_total ")).split()[1])


def under_key(server):
    """The log group gets a key of KMS."""
    account = server.client("sts").get_caller_identity()["Account"]
    use = [{"Effect": "Allow", "Action": "kms:*", "Resource": "*", "Principal": principal}
           for principal in ({"AWS": f"arn:aws:iam::{account}:root"}, {"Service": "logs.us-east-1.amazonaws.com"})]
    key = server.client("kms").create_key(Policy=json.dumps({"Version": "2012-10-17", "Statement": use}))["KeyMetadata"]["Arn"]
    server.client("logs").associate_kms_key(logGroupName="bench", kmsKeyId=key)


def ingest(calls, with_filters, with_key=False):
    """Server's CPU time for each log event from PutLogEvents until everything is in the log group, and counted if there are filters; µs."""
    with Server() as server:
        logs.prepared(server)
        if with_filters:
            set_up(server)
        if with_key:
            under_key(server)
        requests = list(logs.signed_puts(server, calls, 0))
        before = cpu_seconds(server)
        took = logs.put_all(server, requests, 4)
        server.settle()
        events = calls * logs.BATCH
        assert not with_filters or eventually(lambda: counted(server) >= events, 120)
        return (cpu_seconds(server) - before) / events * 1e6, events / took


def event_to_alarm(rounds):
    """From the answer of PutLogEvents until DescribeAlarms shows ALARM, polled without a pause; ms."""
    with Server() as server:
        log = logs.prepared(server)
        cloudwatch = server.client("cloudwatch")
        delays = []
        for number in range(rounds):
            log.put_metric_filter(logGroupName="bench", filterName=f"f{number}", filterPattern=f"word{number}",
                                  metricTransformations=[{"metricName": f"m{number}", "metricNamespace": "bench", "metricValue": "1"}])
            cloudwatch.put_metric_alarm(AlarmName=f"a{number}", Namespace="bench", MetricName=f"m{number}", Statistic="Sum", Period=60, EvaluationPeriods=1, Threshold=1,
                                        ComparisonOperator="GreaterThanOrEqualToThreshold")
            time.sleep(0.2)
            log.put_log_events(logGroupName="bench", logStreamName="s",
                               logEvents=[{"timestamp": int(datetime.datetime.now().timestamp() * 1000), "message": f"word{number}"}])
            began = time.perf_counter()
            while not cloudwatch.describe_alarms(AlarmNames=[f"a{number}"], StateValue="ALARM")["MetricAlarms"]:
                pass
            delays.append((time.perf_counter() - began) * 1000)
        return delays


def rows_of(quick, rounds):
    calls = 10 if quick else 40
    pure, plain, filtered, sealed = in_process(), ingest(calls, False), ingest(calls, True), ingest(calls, False, True)
    delays = event_to_alarm(5 if quick else 20)
    rows = [("metric filters, events/s on one core, the 14 of the CIS benchmark", f"{pure['events_per_second']:,.0f}", "", "records of 1.3 KB"),
            ("PutLogEvents, µs of the server's CPU an event, with these 14 filters", f"{filtered[0]:.1f}", "", f"{plain[0]:.1f} without"),
            ("PutLogEvents, µs of the server's CPU an event, into a log group under a key of KMS", f"{sealed[0]:.1f}", "", f"{plain[0]:.1f} without"),
            ("log event answered to alarm in ALARM, ms (with one boto3 look-up)", f"{statistics.median(delays):.0f}", "≤ 1,000", f"max {max(delays):.0f}")]
    return rows, {"metric_filters": pure, "ingest_plain": plain, "ingest_filtered": filtered, "ingest_sealed": sealed, "event_to_alarm_ms": delays}


if __name__ == "__main__":
    for row in rows_of("--quick" in sys.argv, 3)[0]:
        print(" | ".join(row))
