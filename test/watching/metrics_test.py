"""CloudWatch's metrics and alarms as their users know them; by boto3 and the AWS CLI."""
import datetime
import gzip
import json
import time
import unittest
import urllib.error
import urllib.request

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import botocore.exceptions

from server import Server, eventually, signed_post

UTC = datetime.timezone.utc


def now():
    return datetime.datetime.now(UTC)


def code_of(call, **parameters):
    try:
        call(**parameters)
    except botocore.exceptions.ClientError as error:
        return error.response["Error"]["Code"]
    return None


class Metrics(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server("--set", "metrics.tail_bytes=64KB")
        cls.server.__enter__()
        cls.logs = cls.server.client("logs")
        cls.cloudwatch = cls.server.client("cloudwatch")

    @classmethod
    def tearDownClass(cls):
        cls.server.__exit__(None, None, None)

    def put(self, space, name, *values, at=None, **more):
        for value in values:
            self.cloudwatch.put_metric_data(Namespace=space, MetricData=[{"MetricName": name, "Value": value, "Timestamp": at or now(), **more}])

    def statistics(self, space, name, count=1, minutes=60, period=60, wanted=("SampleCount", "Sum", "Average", "Minimum", "Maximum"), **more):
        """As soon as `count` measurements are there."""
        def look():
            found = self.cloudwatch.get_metric_statistics(Namespace=space, MetricName=name, StartTime=now() - datetime.timedelta(minutes=minutes),
                                                          EndTime=now() + datetime.timedelta(minutes=5), Period=period, Statistics=list(wanted), **more)
            return found["Datapoints"] if sum(point.get("SampleCount", count) for point in found["Datapoints"]) >= count else None
        return eventually(look) or self.fail(f"{space} {name} has no {count} measurements")

    def state_of(self, alarm):
        return self.cloudwatch.describe_alarms(AlarmNames=[alarm], AlarmTypes=["MetricAlarm", "CompositeAlarm"])

    def await_state(self, alarm, state):
        def look():
            found = self.state_of(alarm)
            alarms = found["MetricAlarms"] + found["CompositeAlarms"]
            return alarms[0] if alarms and alarms[0]["StateValue"] == state else None
        return eventually(look) or self.fail(f"{alarm} is not in {state}: {self.state_of(alarm)}")

    def test_from_a_log_event_to_an_alarm_by_the_cli(self):
        def aws(*arguments):
            return self.server.aws(*arguments).stdout
        aws("logs", "create-log-group", "--log-group-name", "trail")
        aws("logs", "create-log-stream", "--log-group-name", "trail", "--log-stream-name", "s")
        aws("logs", "put-metric-filter", "--log-group-name", "trail", "--filter-name", "denied", "--filter-pattern", '{ $.errorCode = "AccessDenied*" }',
            "--metric-transformations", "metricName=Denied,metricNamespace=CIS,metricValue=1")
        aws("cloudwatch", "put-metric-alarm", "--alarm-name", "denied", "--metric-name", "Denied", "--namespace", "CIS", "--statistic", "Sum", "--period", "300",
            "--threshold", "1", "--comparison-operator", "GreaterThanOrEqualToThreshold", "--evaluation-periods", "1", "--treat-missing-data", "notBreaching")
        alarm = json.loads(aws("cloudwatch", "describe-alarms", "--alarm-names", "denied"))["MetricAlarms"][0]
        self.assertEqual((alarm["StateValue"], alarm["StateReason"]), ("INSUFFICIENT_DATA", "Unchecked: Initial alarm creation"))
        at = int(time.time() * 1000)
        events = [{"timestamp": at, "message": json.dumps({"errorCode": code})} for code in ("AccessDenied", "Throttling", "AccessDeniedException")]
        aws("logs", "put-log-events", "--log-group-name", "trail", "--log-stream-name", "s", "--log-events", json.dumps(events))
        alarm = self.await_state("denied", "ALARM")
        self.assertRegex(alarm["StateReason"], r"^Threshold Crossed: 1 datapoint \[2\.0 \(\d\d/\d\d/\d\d \d\d:\d\d:00\)\] was greater than or equal to the threshold \(1\.0\)\.$")
        data = json.loads(alarm["StateReasonData"])
        self.assertEqual((data["version"], data["statistic"], data["period"], data["recentDatapoints"], data["threshold"]), ("1.0", "Sum", 300, [2.0], 1.0))
        self.assertEqual((data["evaluatedDatapoints"][0]["value"], data["evaluatedDatapoints"][0]["sampleCount"]), (2.0, 2.0))
        start, end = (now() - datetime.timedelta(minutes=5)).isoformat(), (now() + datetime.timedelta(minutes=1)).isoformat()
        found = json.loads(aws("cloudwatch", "get-metric-statistics", "--namespace", "CIS", "--metric-name", "Denied", "--start-time", start, "--end-time", end,
                               "--period", "60", "--statistics", "Sum", "SampleCount"))
        self.assertEqual([(point["Sum"], point["SampleCount"], point["Unit"]) for point in found["Datapoints"]], [(2.0, 2.0, "None")])
        history = json.loads(aws("cloudwatch", "describe-alarm-history", "--alarm-name", "denied"))["AlarmHistoryItems"]
        self.assertEqual([item["HistorySummary"] for item in history], ["Alarm updated from INSUFFICIENT_DATA to ALARM", 'Alarm "denied" created'])
        state = json.loads(history[0]["HistoryData"])
        self.assertEqual((state["oldState"]["stateValue"], state["newState"]["stateValue"]), ("INSUFFICIENT_DATA", "ALARM"))

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
                for i in range(60):
                    cloudwatch.put_metric_data(Namespace="Kept", MetricData=[{"MetricName": f"m{j}", "Value": 1, "Dimensions": [{"Name": "d", "Value": f"{i}"}]} for j in range(20)]
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

    def test_alarms_of_high_resolution_come_and_go(self):
        put = {"AlarmName": "busy", "Namespace": "Alarms", "MetricName": "load", "Statistic": "Maximum", "Period": 10, "EvaluationPeriods": 1, "DatapointsToAlarm": 1,
               "Threshold": 5, "ComparisonOperator": "GreaterThanThreshold", "TreatMissingData": "missing"}
        self.cloudwatch.put_metric_alarm(**put)
        self.put("Alarms", "load", 9, StorageResolution=1)
        alarm = self.await_state("busy", "ALARM")
        self.assertRegex(alarm["StateReason"], r"^Threshold Crossed: 1 out of the last 1 datapoints \[9\.0 \(.*\)\] was greater than the threshold \(5\.0\) "
                                               r"\(minimum 1 datapoint for OK -> ALARM transition\)\.$")

    def test_state_set_by_hand(self):
        self.cloudwatch.put_metric_alarm(AlarmName="hand", Namespace="Hand", MetricName="m", Statistic="Sum", Period=60, EvaluationPeriods=1, Threshold=1,
                                         ComparisonOperator="GreaterThanThreshold", Tags=[{"Key": "team", "Value": "blue"}])
        arn = self.state_of("hand")["MetricAlarms"][0]["AlarmArn"]
        self.assertEqual(arn, "arn:aws:cloudwatch:us-east-1:000000000000:alarm:hand")
        self.assertEqual(self.cloudwatch.list_tags_for_resource(ResourceARN=arn)["Tags"], [{"Key": "team", "Value": "blue"}])
        self.cloudwatch.tag_resource(ResourceARN=arn, Tags=[{"Key": "a", "Value": "b"}])
        self.cloudwatch.untag_resource(ResourceARN=arn, TagKeys=["team"])
        self.assertEqual(self.cloudwatch.list_tags_for_resource(ResourceARN=arn)["Tags"], [{"Key": "a", "Value": "b"}])
        self.cloudwatch.set_alarm_state(AlarmName="hand", StateValue="ALARM", StateReason="trying", StateReasonData='{"a":1}')
        alarm = self.await_state("hand", "ALARM")
        self.assertEqual((alarm["StateReason"], alarm["StateReasonData"]), ("trying", '{"a":1}'))
        self.assertEqual(code_of(self.cloudwatch.set_alarm_state, AlarmName="none", StateValue="OK", StateReason="x"), "ResourceNotFound")
        self.assertEqual(code_of(self.cloudwatch.set_alarm_state, AlarmName="hand", StateValue="BAD", StateReason="x"), "ValidationError")
        self.cloudwatch.disable_alarm_actions(AlarmNames=["hand"])
        self.assertFalse(self.state_of("hand")["MetricAlarms"][0]["ActionsEnabled"])
        self.cloudwatch.enable_alarm_actions(AlarmNames=["hand"])
        self.assertTrue(self.state_of("hand")["MetricAlarms"][0]["ActionsEnabled"])
        found = self.cloudwatch.describe_alarms_for_metric(Namespace="Hand", MetricName="m")["MetricAlarms"]
        self.assertEqual([each["AlarmName"] for each in found], ["hand"])
        self.cloudwatch.delete_alarms(AlarmNames=["hand"])
        self.assertEqual(self.state_of("hand")["MetricAlarms"], [])
        self.assertEqual(code_of(self.cloudwatch.delete_alarms, AlarmNames=["hand"]), "ResourceNotFound")
        summaries = [item["HistorySummary"] for item in self.cloudwatch.describe_alarm_history(AlarmName="hand", ScanBy="TimestampAscending")["AlarmHistoryItems"]]
        self.assertEqual((summaries[0], summaries[1], summaries[-1]),
                         ('Alarm "hand" created', "Alarm updated from INSUFFICIENT_DATA to ALARM", 'Alarm "hand" deleted'))

    def test_alarms_that_are_refused(self):
        good = {"AlarmName": "no", "Namespace": "N", "MetricName": "m", "Statistic": "Sum", "Period": 60, "EvaluationPeriods": 1, "Threshold": 1,
                "ComparisonOperator": "GreaterThanThreshold"}
        for wrong, code in (({"Period": 45}, "ValidationError"), ({"EvaluationPeriods": 1441}, "ValidationError"), ({"DatapointsToAlarm": 2}, "ValidationError"),
                            ({"TreatMissingData": "panic"}, "ValidationError"), ({"ComparisonOperator": "GreaterThanUpperThreshold"}, "NotImplemented"),
                            ({"Statistic": None}, "ValidationError"), ({"Statistic": None, "ExtendedStatistic": "x99"}, "ValidationError"),
                            ({"AlarmActions": ["arn:aws:lambda:us-east-1:000000000000:function:f"]}, "NotImplemented")):
            wanted = {key: value for key, value in {**good, **wrong}.items() if value is not None}
            self.assertEqual(code_of(self.cloudwatch.put_metric_alarm, **wanted), code, wrong)

    def test_alarm_on_metric_math(self):
        queries = [{"Id": "rate", "Expression": "errors / requests * 100", "Label": "rate"}]
        queries += [{"Id": name, "ReturnData": False, "MetricStat": {"Metric": {"Namespace": "Rate", "MetricName": name}, "Period": 60, "Stat": "Sum"}} for name in ("errors", "requests")]
        self.cloudwatch.put_metric_alarm(AlarmName="rate", Metrics=queries, EvaluationPeriods=1, Threshold=10, ComparisonOperator="GreaterThanThreshold")
        before = now() - datetime.timedelta(minutes=2)
        self.put("Rate", "requests", 100, at=before)
        self.put("Rate", "errors", 20, at=before)
        alarm = self.await_state("rate", "ALARM")
        self.assertIn("[20.0 (", alarm["StateReason"])
        self.assertEqual(len(alarm["Metrics"]), 3)

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
