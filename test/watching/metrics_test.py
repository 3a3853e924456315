"""CloudWatch's metrics as their users know them, by boto3; and what comes in over other protocols."""
import datetime
import gzip
import json
import os
import pathlib
import re
import shutil
import sys
import time
import unittest
import urllib.error
import urllib.request

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import botocore.exceptions

from server import Server, code_of, eventually, signed_post

sys.path.append(str(pathlib.Path(__file__).resolve().parent))
from watched import Watched, now  # noqa: E402


class Metrics(Watched):
    def test_measurements_in_every_form(self):
        space = "Forms"
        self.put(space, "single", 1, 2, 6)
        found = self.statistics(space, "single", 3)
        self.assertEqual(sum(point["Sum"] for point in found), 9)
        self.cloudwatch.put_metric_data(Namespace=space, MetricData=[
            {"MetricName": "list", "Unit": "Count", "Values": [1.0, 10.0], "Counts": [2, 4]},
            {"MetricName": "set", "StatisticValues": {"SampleCount": 10, "Sum": 45, "Minimum": 0, "Maximum": 9}}])
        (point,) = self.statistics(space, "list", 6)
        self.assertEqual((point["SampleCount"], point["Sum"], point["Maximum"], point["Minimum"], point["Average"], point["Unit"]), (6, 42, 10, 1, 7, "Count"))
        (point,) = self.statistics(space, "set", 10)
        self.assertEqual((point["SampleCount"], point["Sum"], point["Maximum"], point["Minimum"], point["Average"]), (10, 45, 9, 0, 4.5))
        extended = self.cloudwatch.get_metric_statistics(Namespace=space, MetricName="list", StartTime=now() - datetime.timedelta(minutes=5),
                                                         EndTime=now() + datetime.timedelta(minutes=1), Period=3600, ExtendedStatistics=["p10", "p50", "tm50"])
        self.assertEqual(extended["Datapoints"][0]["ExtendedStatistics"], {"p10": 1.0, "p50": 10.0, "tm50": 4.0})

    def test_units_stay_apart(self):
        for unit, value in (("Count", 5), ("None", 10), ("Seconds", 1)):
            self.put("Units", "m", value, Unit=unit)
        found = self.statistics("Units", "m", 3)
        self.assertEqual({point["Unit"]: point["Sum"] for point in found}, {"Count": 5, "None": 10, "Seconds": 1})
        found = self.statistics("Units", "m", 1, Unit="Seconds")
        self.assertEqual([point["Sum"] for point in found], [1])

    def test_what_is_refused(self):
        put, datum = self.cloudwatch.put_metric_data, {"MetricName": "m", "Value": 1}
        for wrong, code in (({"Namespace": "AWS/EC2"}, "InvalidParameterValue"),
                            ({"MetricData": [{"MetricName": "m"}]}, "MissingParameter"),
                            ({"MetricData": [{**datum, "Values": [1.0]}]}, "InvalidParameterCombination"),
                            ({"MetricData": [{"MetricName": "m", "Values": [1.0, 2.0], "Counts": [1]}]}, "InvalidParameterValue"),
                            ({"MetricData": [{**datum, "Timestamp": now() - datetime.timedelta(days=15)}]}, "InvalidParameterValue"),
                            ({"MetricData": [{**datum, "Timestamp": now() + datetime.timedelta(hours=3)}]}, "InvalidParameterValue"),
                            ({"MetricData": [{**datum, "StorageResolution": 30}]}, "InvalidParameterValue"),
                            ({"MetricData": [{"MetricName": "m", "Value": 1e200}]}, "InvalidParameterValue"),
                            ({"MetricData": [datum] * 1001}, "InvalidParameterValue"),
                            ({"MetricData": [{"MetricName": "m", "Values": [1.0] * 151}]}, "InvalidParameterValue")):
            self.assertEqual(code_of(put, **{"Namespace": "Refused", "MetricData": [datum], **wrong}), code, wrong)
        get, span = self.cloudwatch.get_metric_statistics, {"StartTime": now() - datetime.timedelta(days=1), "EndTime": now()}
        for wrong, code in (({"Period": 45}, "InvalidParameterValue"), ({"Period": 30}, "InvalidParameterCombination"), ({"Statistics": []}, "MissingParameter"),
                            ({"Statistics": [], "ExtendedStatistics": ["q99"]}, "InvalidParameterValue"), ({"EndTime": span["StartTime"]}, "InvalidParameterValue")):
            wanted = {"Namespace": "Refused", "MetricName": "m", "Period": 60, "Statistics": ["Sum"], **span, **wrong}
            self.assertEqual(code_of(get, **{key: value for key, value in wanted.items() if value != []}), code, wrong)

    def test_listing(self):
        for i in range(12):
            self.put(f"List/{i % 2}", f"m{i // 2}", 1, Dimensions=[{"Name": "Host", "Value": f"h{i}"}, {"Name": "App", "Value": "a"}])
        def listed(**wanted):
            return [metric for page in self.cloudwatch.get_paginator("list_metrics").paginate(**wanted) for metric in page["Metrics"]]
        self.assertTrue(eventually(lambda: len(listed(Namespace="List/1")) == 6))
        self.assertEqual(len(listed(Dimensions=[{"Name": "App", "Value": "a"}])), 12)
        self.assertEqual(len(listed(Dimensions=[{"Name": "Host"}], RecentlyActive="PT3H")), 12)
        (metric,) = listed(Namespace="List/0", MetricName="m2")
        self.assertEqual(metric["Dimensions"], [{"Name": "App", "Value": "a"}, {"Name": "Host", "Value": "h4"}])
        self.assertEqual(listed(Namespace="List"), [])
        self.assertEqual(self.server.client("cloudwatch", region="eu-west-1").list_metrics()["Metrics"], [])

    def test_metric_data_and_math(self):
        minute = now().replace(second=0, microsecond=0)
        for back, requests, errors in ((3, 100, 5), (2, 200, 0), (1, 50, 25)):
            self.put("Math", "requests", requests, at=minute - datetime.timedelta(minutes=back))
            if errors:
                self.put("Math", "errors", errors, at=minute - datetime.timedelta(minutes=back))
        self.statistics("Math", "requests", 3)
        self.statistics("Math", "errors", 2)

        def metric(name, **more):
            return {"Id": name, "MetricStat": {"Metric": {"Namespace": "Math", "MetricName": name}, "Period": 60, "Stat": "Sum"}, "ReturnData": False, **more}

        def values(expression, **more):
            found = self.cloudwatch.get_metric_data(MetricDataQueries=[metric("requests"), metric("errors"), {"Id": "e", "Expression": expression}],
                                                    StartTime=minute - datetime.timedelta(minutes=4), EndTime=minute + datetime.timedelta(minutes=1),
                                                    ScanBy="TimestampAscending", **more)
            return found["MetricDataResults"][0]["Values"]
        self.assertEqual(values("100 * errors / requests"), [5.0, 50.0])
        self.assertEqual(values("100*FILL(errors, 0)/requests"), [5.0, 0.0, 50.0])
        self.assertEqual(values("SUM(METRICS())"), [105.0, 200.0, 75.0])
        self.assertEqual(values("MAX([requests, errors])"), [100.0, 200.0, 50.0])
        self.assertEqual(values("requests - MIN(requests)"), [50.0, 150.0, 0.0])
        self.assertEqual(values("RATE(requests)"), [100 / 60, -150 / 60])
        self.assertEqual(values("IF(requests >= 100, 1, 0)"), [1.0, 1.0, 0.0])
        self.assertEqual(values("requests / PERIOD(requests)"), [100 / 60, 200 / 60, 50 / 60])
        self.assertEqual(values("-requests + AVG(requests)*0"), [-100.0, -200.0, -50.0])
        for wrong, code in (("requests +", "ValidationError"), ("unknown * 2", "ValidationError"), ("SUM(requests)", "ValidationError"), ("e + 1", "ValidationError"),
                            ("SEARCH('x', 'Sum', 60)", "NotImplemented"), ("ANOMALY_DETECTION_BAND(requests)", "NotImplemented")):
            with self.assertRaises(botocore.exceptions.ClientError) as caught:
                values(wrong)
            self.assertEqual(caught.exception.response["Error"]["Code"], code, wrong)

        def refused(queries, days):
            with self.assertRaises(botocore.exceptions.ClientError) as caught:
                self.cloudwatch.get_metric_data(MetricDataQueries=queries, StartTime=minute - datetime.timedelta(days=days), EndTime=minute)
            self.assertEqual(caught.exception.response["Error"]["Code"], "ValidationError")
        refused([{"Id": f"e{i}", "Expression": f"e{i + 1}" + "+1" * 900} for i in range(100)] + [{"Id": "e100", "Expression": "TIME_SERIES(1)"}], 1)
        refused([{"Id": f"e{i}", "Expression": "TIME_SERIES(1)"} for i in range(500)], 100)

        queries = [metric("requests", ReturnData=True), metric("errors", ReturnData=True)]
        pages, token = [], {}
        while True:
            page = self.cloudwatch.get_metric_data(MetricDataQueries=queries, StartTime=minute - datetime.timedelta(minutes=4), EndTime=minute, MaxDatapoints=2, **token)
            pages += [(result["Label"], value) for result in page["MetricDataResults"] for value in result["Values"]]
            if "NextToken" not in page:
                break
            token = {"NextToken": page["NextToken"]}
        self.assertEqual(pages, [("requests", 50.0), ("requests", 200.0), ("requests", 100.0), ("errors", 25.0), ("errors", 5.0)])

    def test_high_resolution(self):
        second = now().replace(microsecond=0)
        for back in range(20):
            self.put("High", "m", 1, at=second - datetime.timedelta(seconds=back), StorageResolution=1)
        self.statistics("High", "m", 20)
        points = self.cloudwatch.get_metric_statistics(Namespace="High", MetricName="m", StartTime=second - datetime.timedelta(seconds=30),
                                                       EndTime=second + datetime.timedelta(seconds=1), Period=1, Statistics=["Sum"])["Datapoints"]
        self.assertEqual([point["Sum"] for point in points], [1.0] * 20)

    def test_measurements_survive_restart_and_kill(self):
        with Server("--set", "metrics.tail_bytes=64KB") as server:
            sent = 0
            for round in range(4):
                cloudwatch = server.client("cloudwatch")
                for i in range(25):
                    cloudwatch.put_metric_data(Namespace="Kept", MetricData=[{"MetricName": f"m{j}", "Value": 1, "Dimensions": [{"Name": "d", "Value": f"{i}"}]} for j in range(40)]
                                               + [{"MetricName": "all", "Value": 1}])
                    sent += 1
                server.kill() if round % 2 == 0 else server.stop()
                server.start()
            def total():
                points = server.client("cloudwatch").get_metric_statistics(Namespace="Kept", MetricName="all", StartTime=now() - datetime.timedelta(hours=1),
                                                                           EndTime=now() + datetime.timedelta(minutes=1), Period=60, Statistics=["Sum"])["Datapoints"]
                return sum(point["Sum"] for point in points)
            self.assertTrue(eventually(lambda: total() >= sent))
            self.assertEqual(total(), sent)

    def test_a_directory_from_before_there_were_metrics(self):
        with Server("--set", "journal.segment_bytes=4MB", "--set", "logs.tail_bytes=64KB", "--set", "history.tail_bytes=64KB") as server:
            logs = server.client("logs")
            logs.create_log_group(logGroupName="g")
            logs.create_log_stream(logGroupName="g", logStreamName="s")

            def oldest():
                return int(re.search(r"^cairn_journal_oldest (\d+)", server.get("/_cairn/metrics")[1].decode(), re.M)[1])
            for _ in range(40):  # until the journal has forgotten its beginning
                logs.put_log_events(logGroupName="g", logStreamName="s", logEvents=[{"timestamp": int(time.time() * 1000), "message": os.urandom(300_000).hex()}])
            self.assertTrue(eventually(lambda: oldest() > 1), oldest())
            server.stop()
            shutil.rmtree(server.data / "metrics")
            server.start()
            server.client("cloudwatch").put_metric_data(Namespace="Anew", MetricData=[{"MetricName": "m", "Value": 1}])
            self.assertTrue(eventually(lambda: server.client("cloudwatch").list_metrics(Namespace="Anew")["Metrics"]))

    def test_other_protocols(self):
        status, answer, _ = signed_post(self.server, "monitoring", "GraniteServiceVersion20100801.PutMetricData",
                                        {"Namespace": "Json", "MetricData": [{"MetricName": "m", "Value": 3.5, "Timestamp": time.time()}]}, content_type="application/x-amz-json-1.0")
        self.assertEqual(status, 200, answer)
        self.assertEqual([point["Sum"] for point in self.statistics("Json", "m")], [3.5])

    def test_compressed_bodies(self):
        def post(body, headers):
            request = botocore.awsrequest.AWSRequest("POST", self.server.endpoint + "/", data=body, headers=headers)
            botocore.auth.SigV4Auth(botocore.credentials.Credentials(self.server.access_key, self.server.secret_key), "monitoring", "us-east-1").add_auth(request)
            try:
                with urllib.request.urlopen(urllib.request.Request(request.url, data=body, headers=dict(request.headers), method="POST"), timeout=10) as answer:
                    return answer.status
            except urllib.error.HTTPError as error:
                return error.code
        form = {"Content-Type": "application/x-www-form-urlencoded", "Content-Encoding": "gzip"}
        body = "Action=PutMetricData&Version=2010-08-01&Namespace=Gzip" + "".join(
            f"&MetricData.member.{i}.MetricName=m&MetricData.member.{i}.Value=1" for i in range(1, 501))
        self.assertEqual(post(gzip.compress(body.encode()), form), 200)
        data = json.dumps({"Namespace": "Gzip", "MetricData": [{"MetricName": "m", "Value": 1}] * 500}).encode()
        target = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "GraniteServiceVersion20100801.PutMetricData", "Content-Encoding": "gzip"}
        self.assertEqual(post(gzip.compress(data), target), 200)
        self.assertEqual(sum(point["Sum"] for point in self.statistics("Gzip", "m", 1000)), 1000)
        self.assertEqual(post(gzip.compress(data)[:100], target), 400)
        self.assertEqual(post(gzip.compress(b" " * (20 << 20)), target), 400, "more than a body may have")

if __name__ == "__main__":
    unittest.main()
