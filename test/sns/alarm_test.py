"""An alarm tells a topic: from a log event to the message that AWS's alarms send, and what the alarm's history says of it."""
import json
import time
import unittest

from receiver import Receiver
from server import Server, eventually

ACCOUNT = "000000000000"
TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:told"


class AlarmAction(unittest.TestCase):
    def test_a_topic_is_told_and_a_missing_one_is_not(self):
        with Receiver() as receiver, Server() as server:
            sns, logs, cloudwatch = server.client("sns"), server.client("logs"), server.client("cloudwatch")
            sns.create_topic(Name="told")
            sns.subscribe(TopicArn=TOPIC, Protocol="http", Endpoint=receiver.url + "/t")
            sns.confirm_subscription(TopicArn=TOPIC, Token=json.loads(eventually(lambda: receiver.got("/t"))[0]["body"])["Token"])
            logs.create_log_group(logGroupName="g")
            logs.create_log_stream(logGroupName="g", logStreamName="s")
            logs.put_metric_filter(logGroupName="g", filterName="f", filterPattern="ERROR",
                                   metricTransformations=[{"metricName": "errors", "metricNamespace": "n", "metricValue": "1"}])
            alarm = {"Namespace": "n", "MetricName": "errors", "Statistic": "Sum", "Period": 300, "EvaluationPeriods": 1, "Threshold": 1,
                     "ComparisonOperator": "GreaterThanOrEqualToThreshold", "TreatMissingData": "notBreaching"}
            cloudwatch.put_metric_alarm(AlarmName="errors", AlarmDescription="d", AlarmActions=[TOPIC], **alarm)
            cloudwatch.put_metric_alarm(AlarmName="nobody", AlarmActions=[TOPIC + "-absent"], **alarm)
            logs.put_log_events(logGroupName="g", logStreamName="s", logEvents=[{"timestamp": int(time.time() * 1000), "message": "ERROR"}])

            def notifications():
                bodies = [json.loads(request["body"]) for request in receiver.got("/t")]
                return [body for body in bodies if body["Type"] == "Notification"]
            (body,) = eventually(notifications)
            self.assertEqual((body["TopicArn"], body["Subject"]), (TOPIC, 'ALARM: "errors" in US East (N. Virginia)'))
            message = json.loads(body["Message"])
            self.assertEqual((message["AlarmName"], message["AlarmDescription"], message["NewStateValue"], message["AWSAccountId"]), ("errors", "d", "ALARM", ACCOUNT))
            self.assertEqual((message["Trigger"]["MetricName"], message["Trigger"]["Statistic"], message["Trigger"]["Threshold"]), ("errors", "SUM", 1.0))

            def actions(name):
                return cloudwatch.describe_alarm_history(AlarmName=name, HistoryItemType="Action")["AlarmHistoryItems"]
            (item,) = eventually(lambda: actions("errors"))
            self.assertEqual(item["HistorySummary"], f"Successfully executed action {TOPIC}")
            (item,) = eventually(lambda: actions("nobody"))
            self.assertTrue(item["HistorySummary"].startswith(f"Failed to execute action {TOPIC}-absent."), item)
            server.settle()
            found = server.client("cloudtrail").lookup_events(LookupAttributes=[{"AttributeKey": "EventName", "AttributeValue": "SetAlarmState"}])["Events"]
            self.assertEqual(found, [], "an alarm's own changes are no calls")


if __name__ == "__main__":
    unittest.main()
