"""What the tests of metrics and alarms share: a server, measurements, states that are waited for."""
import datetime
import unittest

from server import Server, eventually

UTC = datetime.timezone.utc


def now():
    return datetime.datetime.now(UTC)


class Watched(unittest.TestCase):
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
