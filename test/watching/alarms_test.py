"""Metric filters and alarms as their users know them; by boto3 and the AWS CLI."""
import datetime
import json
import pathlib
import sys
import time
import unittest

from server import Server, code_of, eventually

sys.path.append(str(pathlib.Path(__file__).resolve().parent))
from watched import Watched, now  # noqa: E402


class Alarms(Watched):
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
        self.assertIn(alarm["StateValue"], ("INSUFFICIENT_DATA", "OK"))
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
        before = "OK" if len(history) == 3 else "INSUFFICIENT_DATA"  # a minute may have ended on the way
        self.assertEqual((history[0]["HistorySummary"], history[-1]["HistorySummary"]), (f"Alarm updated from {before} to ALARM", 'Alarm "denied" created'))
        state = json.loads(history[0]["HistoryData"])
        self.assertEqual((state["oldState"]["stateValue"], state["newState"]["stateValue"]), (before, "ALARM"))

    def test_alarms_of_high_resolution_come_and_go(self):
        put = {"AlarmName": "busy", "Namespace": "Alarms", "MetricName": "load", "Statistic": "Maximum", "Period": 10, "EvaluationPeriods": 1, "DatapointsToAlarm": 1,
               "Threshold": 5, "ComparisonOperator": "GreaterThanThreshold", "TreatMissingData": "missing"}
        self.cloudwatch.put_metric_alarm(**put)
        self.put("Alarms", "load", 9, StorageResolution=1)
        alarm = self.await_state("busy", "ALARM")
        self.assertRegex(alarm["StateReason"], r"^Threshold Crossed: 1 out of the last 1 datapoints \[9\.0 \(.*\)\] was greater than the threshold \(5\.0\) "
                                               r"\(minimum 1 datapoint for OK -> ALARM transition\)\.$")

    def test_a_new_state_is_an_event_for_rules(self):
        events, sqs = self.server.client("events"), self.server.client("sqs")
        arn = "arn:aws:sqs:us-east-1:000000000000:states"
        policy = {"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}, "Action": "sqs:SendMessage", "Resource": arn}]}
        queue = sqs.create_queue(QueueName="states", Attributes={"Policy": json.dumps(policy)})["QueueUrl"]
        events.put_rule(Name="states", EventPattern=json.dumps({"source": ["aws.cloudwatch"], "detail-type": ["CloudWatch Alarm State Change"],
                                                                "detail": {"alarmName": ["states"], "state": {"value": ["ALARM"]}}}))
        events.put_targets(Rule="states", Targets=[{"Id": "1", "Arn": arn}])
        self.cloudwatch.put_metric_alarm(AlarmName="states", Namespace="Told", MetricName="m", Statistic="Sum", Period=60, EvaluationPeriods=1, Threshold=1,
                                         TreatMissingData="ignore", ComparisonOperator="GreaterThanThreshold", ActionsEnabled=False)
        self.cloudwatch.set_alarm_state(AlarmName="states", StateValue="ALARM", StateReason="trying")
        messages = eventually(lambda: sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=1).get("Messages"))
        self.assertTrue(messages, "no event came")
        event = json.loads(messages[0]["Body"])
        self.assertEqual(event["resources"], ["arn:aws:cloudwatch:us-east-1:000000000000:alarm:states"])
        self.assertEqual((event["detail"]["state"]["reason"], event["detail"]["previousState"]["value"]), ("trying", "INSUFFICIENT_DATA"))

    def test_state_set_by_hand(self):
        self.cloudwatch.put_metric_alarm(AlarmName="hand", Namespace="Hand", MetricName="m", Statistic="Sum", Period=60, EvaluationPeriods=1, Threshold=1,
                                         TreatMissingData="ignore", ComparisonOperator="GreaterThanThreshold", Tags=[{"Key": "team", "Value": "blue"}])
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
                            ({"AlarmName": "two\nlines"}, "ValidationError"), ({"TreatMissingData": "panic"}, "ValidationError"), ({"ComparisonOperator": "GreaterThanUpperThreshold"}, "NotImplemented"),
                            ({"Statistic": None}, "ValidationError"), ({"Statistic": None, "ExtendedStatistic": "x99"}, "ValidationError"),
                            ({"AlarmActions": ["arn:aws:lambda:us-east-1:000000000000:function:f"]}, "NotImplemented")):
            wanted = {key: value for key, value in {**good, **wrong}.items() if value is not None}
            self.assertEqual(code_of(self.cloudwatch.put_metric_alarm, **wanted), code, wrong)

    def test_who_may_do_what(self):
        iam = self.server.client("iam")
        iam.create_user(UserName="watcher")
        key = iam.create_access_key(UserName="watcher")["AccessKey"]
        topic = "arn:aws:sns:us-east-1:000000000000:told"
        iam.put_user_policy(UserName="watcher", PolicyName="p", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": ["cloudwatch:PutMetricData", "cloudwatch:PutMetricAlarm"], "Resource": "*"},
            {"Effect": "Deny", "Action": "cloudwatch:PutMetricData", "Resource": "*", "Condition": {"StringEquals": {"cloudwatch:namespace": "Theirs"}}},
            {"Effect": "Deny", "Action": "cloudwatch:PutMetricAlarm", "Resource": "*", "Condition": {"ForAnyValue:StringEquals": {"cloudwatch:AlarmActions": [topic]}}}]}))
        watcher = self.server.client("cloudwatch", access_key=key["AccessKeyId"], secret_key=key["SecretAccessKey"])
        for space, code in (("Ours", None), ("Theirs", "AccessDenied")):
            self.assertEqual(code_of(watcher.put_metric_data, Namespace=space, MetricData=[{"MetricName": "m", "Value": 1}]), code, space)
        alarm = {"AlarmName": "ours", "Namespace": "Ours", "MetricName": "m", "Statistic": "Sum", "Period": 60, "EvaluationPeriods": 1, "Threshold": 1,
                 "ComparisonOperator": "GreaterThanThreshold"}
        for more, code in (({"Tags": [{"Key": "a", "Value": "b"}]}, "AccessDenied"), ({"AlarmActions": [topic]}, "AccessDenied"), ({}, None)):
            self.assertEqual(code_of(watcher.put_metric_alarm, **{**alarm, **more}), code, more)

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

    def test_composite_alarms(self):
        for name in ("one", "two"):
            self.cloudwatch.put_metric_alarm(AlarmName=name, Namespace="Composite", MetricName=name, Statistic="Sum", Period=60, EvaluationPeriods=1, Threshold=1,
                                             ComparisonOperator="GreaterThanOrEqualToThreshold")
        self.cloudwatch.put_composite_alarm(AlarmName="both", AlarmRule='ALARM("one") AND ALARM(two)', AlarmDescription="d")
        self.await_state("both", "OK")
        self.put("Composite", "one", 1)
        self.await_state("one", "ALARM")
        self.put("Composite", "two", 1)
        alarm = self.await_state("both", "ALARM")
        self.assertRegex(alarm["StateReason"], r"^arn:aws:cloudwatch:us-east-1:000000000000:alarm:(one|two) transitioned to ALARM at \w+ \d\d \w+, \d{4} \d\d:\d\d:\d\d UTC$")
        self.assertEqual(self.cloudwatch.describe_alarms(AlarmNames=["both"])["MetricAlarms"], [], "composite alarms are shown only when asked for")
        self.cloudwatch.put_composite_alarm(AlarmName="told", AlarmRule="FALSE", AlarmActions=["arn:aws:sns:us-east-1:000000000000:told"])
        self.cloudwatch.set_alarm_state(AlarmName="told", StateValue="ALARM", StateReason="by hand", StateReasonData='{"triggeringAlarms":[{}]}')
        for rule, code in (("ALARM(one", "ValidationError"), ("ALARM(absent)", "ValidationError"), ("ALARM(both)", "ValidationError")):
            self.assertEqual(code_of(self.cloudwatch.put_composite_alarm, AlarmName="both", AlarmRule=rule), code, rule)
        self.assertEqual(code_of(self.cloudwatch.put_composite_alarm, AlarmName="x", AlarmRule="TRUE", ActionsSuppressor="one", ActionsSuppressorWaitPeriod=1,
                                 ActionsSuppressorExtensionPeriod=1), "NotImplemented")

    def test_metric_filters(self):
        group = "filters"
        self.logs.create_log_group(logGroupName=group)
        put = {"logGroupName": group, "filterName": "a", "filterPattern": "{ $.latency > 0 }",
               "metricTransformations": [{"metricName": "m", "metricNamespace": "Filters", "metricValue": "$.latency", "unit": "Milliseconds", "dimensions": {"Host": "$.host"}}]}
        self.logs.put_metric_filter(**put)
        self.logs.put_metric_filter(**{**put, "filterName": "b", "filterPattern": "ERROR", "metricTransformations": [
            {"metricName": "errors", "metricNamespace": "Filters", "metricValue": "1", "defaultValue": 0.0}]})
        found = self.logs.describe_metric_filters(logGroupName=group)["metricFilters"]
        self.assertEqual([each["filterName"] for each in found], ["a", "b"])
        self.assertEqual((found[0]["metricTransformations"], found[0]["logGroupName"]), (put["metricTransformations"], group))
        self.assertEqual([each["filterName"] for each in self.logs.describe_metric_filters(metricName="errors", metricNamespace="Filters")["metricFilters"]], ["b"])
        self.assertEqual([each["filterName"] for each in self.logs.describe_metric_filters(filterNamePrefix="a", logGroupName=group)["metricFilters"]], ["a"])
        self.assertEqual(self.logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"][0]["metricFilterCount"], 2)
        for wrong, code in (({"filterPattern": "{ $.a = }"}, "InvalidParameterException"), ({"logGroupName": "absent"}, "ResourceNotFoundException"),
                            ({"metricTransformations": [{**put["metricTransformations"][0], "defaultValue": 1.0}]}, "InvalidParameterException"),
                            ({"metricTransformations": [{**put["metricTransformations"][0], "metricValue": "many"}]}, "InvalidParameterException"),
                            ({"metricTransformations": [{**put["metricTransformations"][0], "dimensions": {str(i): "$.host" for i in range(4)}}]}, "InvalidParameterException"),
                            ({"metricTransformations": put["metricTransformations"] * 2}, "InvalidParameterException")):
            self.assertEqual(code_of(self.logs.put_metric_filter, **{**put, **wrong}), code, wrong)
        self.logs.create_log_stream(logGroupName=group, logStreamName="s")
        at = int(time.time() * 1000)
        messages = [json.dumps({"latency": 20.5, "host": "h1"}), json.dumps({"latency": 10, "host": "h1"}), "ERROR", json.dumps({"latency": 7})]
        self.logs.put_log_events(logGroupName=group, logStreamName="s", logEvents=[{"timestamp": at, "message": message} for message in messages])
        (point,) = self.statistics("Filters", "m", 2, Dimensions=[{"Name": "Host", "Value": "h1"}])
        self.assertEqual((point["Sum"], point["SampleCount"], point["Unit"]), (30.5, 2, "Milliseconds"))
        points = self.statistics("Filters", "errors", 1)
        self.assertEqual(sum(point["Sum"] for point in points), 1)
        tested = self.logs.test_metric_filter(filterPattern="[ip, code=4*, size]", logEventMessages=["10.0.0.1 404 7", "10.0.0.1 200 7"])["matches"]
        self.assertEqual(tested, [{"eventNumber": 1, "eventMessage": "10.0.0.1 404 7", "extractedValues": {"$ip": "10.0.0.1", "$code": "404", "$size": "7"}}])
        self.logs.delete_metric_filter(logGroupName=group, filterName="a")
        self.assertEqual(code_of(self.logs.delete_metric_filter, logGroupName=group, filterName="a"), "ResourceNotFoundException")
        for i in range(99):
            self.logs.put_metric_filter(**{**put, "filterName": f"f{i}"})
        self.assertEqual(code_of(self.logs.put_metric_filter, **put), "LimitExceededException")
        self.logs.delete_log_group(logGroupName=group)
        self.logs.create_log_group(logGroupName=group)
        self.assertEqual(self.logs.describe_metric_filters(logGroupName=group)["metricFilters"], [])

    def test_no_event_is_lost_or_counted_twice_by_a_kill(self):
        with Server("--set", "metrics.tail_bytes=64KB", "--set", "journal.segment_bytes=4MB") as server:
            logs = server.client("logs")
            logs.create_log_group(logGroupName="g")
            logs.create_log_stream(logGroupName="g", logStreamName="s")
            logs.put_metric_filter(logGroupName="g", filterName="all", filterPattern="", metricTransformations=[
                {"metricName": "all", "metricNamespace": "Kill", "metricValue": "1"}])
            sent = 0
            for round in range(4):
                logs = server.client("logs")
                for i in range(20):
                    logs.put_log_events(logGroupName="g", logStreamName="s", logEvents=[{"timestamp": int(time.time() * 1000), "message": "x" * 500}] * 30)
                    sent += 30
                server.kill()
                server.start()

            def total():
                points = server.client("cloudwatch").get_metric_statistics(Namespace="Kill", MetricName="all", StartTime=now() - datetime.timedelta(hours=1),
                                                                           EndTime=now() + datetime.timedelta(minutes=1), Period=60, Statistics=["Sum"])["Datapoints"]
                return sum(point["Sum"] for point in points)
            self.assertTrue(eventually(lambda: total() >= sent), (total(), sent))
            # They are counted in their order: with a last one, whatever came twice is there, too.
            server.client("logs").put_log_events(logGroupName="g", logStreamName="s", logEvents=[{"timestamp": int(time.time() * 1000), "message": "last"}])
            self.assertTrue(eventually(lambda: total() > sent))
            self.assertEqual(total(), sent + 1)


if __name__ == "__main__":
    unittest.main()
