#include "services/monitoring/event_bridge.h"

#include <gtest/gtest.h>

namespace cairn::cloudwatch {
namespace {

Time at(std::string_view text) { return *timestamps::parse_iso8601(text); }

Alarm alarm(const char* name, const Json& config) {
  Alarm alarm;
  alarm.name = name;
  alarm.account = aws::AccountId("123456789012");
  alarm.region = aws::Region("us-east-1");
  alarm.config = config;
  return alarm;
}
Alarm in_state(Alarm alarm, const char* value, const char* reason, const char* data, std::string_view time) {
  alarm.state = value;
  alarm.reason = reason;
  alarm.reason_data = data;
  alarm.updated = at(time);
  return alarm;
}
Json metric(const char* id, const char* name) {
  return {{"Id", id},
          {"MetricStat",
           {{"Metric",
             {{"Namespace", "AWS/EC2"},
              {"MetricName", name},
              {"Dimensions", Json::array({{{"Name", "InstanceId"}, {"Value", "i-12345678901234567"}}})}}},
            {"Period", 300},
            {"Stat", "Maximum"}}},
          {"ReturnData", false}};
}

// The events of CloudWatch's User Guide, "Alarm events and EventBridge".
TEST(AlarmEvents, OfAMetricAlarm) {
  const Alarm cpu = alarm("ServerCpuTooHigh", {{"AlarmDescription", "Goes into alarm when server CPU utilization is too high!"},
                                               {"MetricName", "CPUUtilization"},
                                               {"Namespace", "AWS/EC2"},
                                               {"Statistic", "Average"},
                                               {"Dimensions", Json::array({{{"Name", "InstanceId"}, {"Value", "i-12345678901234567"}}})},
                                               {"Period", 300},
                                               {"EvaluationPeriods", 1},
                                               {"Threshold", 50.0},
                                               {"ComparisonOperator", "GreaterThanThreshold"}});
  const Alarm before = in_state(cpu, "OK", "was not greater", R"({"version":"1.0"})", "2019-10-01T13:56:40.987Z");
  const Alarm after = in_state(cpu, "ALARM", "was greater", R"({"period":300})", "2019-10-02T17:04:40.989Z");
  EXPECT_EQ(json::dump(change_of(after, before, "30b6c6b2-a864-43a2-4877-c09a1afc3b87")),
            R"({"alarmName":"ServerCpuTooHigh",)"
            R"("configuration":{"description":"Goes into alarm when server CPU utilization is too high!",)"
            R"("metrics":[{"id":"30b6c6b2-a864-43a2-4877-c09a1afc3b87","metricStat":{"metric":{)"
            R"("dimensions":{"InstanceId":"i-12345678901234567"},"name":"CPUUtilization","namespace":"AWS/EC2"},)"
            R"("period":300,"stat":"Average"},"returnData":true}]},)"
            R"("previousState":{"reason":"was not greater","reasonData":"{\"version\":\"1.0\"}",)"
            R"("timestamp":"2019-10-01T13:56:40.987+0000","value":"OK"},)"
            R"("state":{"reason":"was greater","reasonData":"{\"period\":300}",)"
            R"("timestamp":"2019-10-02T17:04:40.989+0000","value":"ALARM"}})");
}

TEST(AlarmEvents, OfMetricMath) {
  const Json sum{{"Id", "e1"}, {"Expression", "SUM(METRICS())"}, {"Label", "Total Network Traffic"}, {"ReturnData", true}};
  const Alarm traffic = alarm("TotalNetworkTrafficTooHigh", {{"AlarmDescription", "Goes into alarm if total network traffic exceeds 10Kb"},
                                                             {"Metrics", Json::array({sum, metric("m1", "NetworkIn")})},
                                                             {"EvaluationPeriods", 1}});
  const Alarm before = in_state(traffic, "INSUFFICIENT_DATA", "Unchecked: Initial alarm creation", "", "2019-10-02T17:20:03.642Z");
  const Json change = change_of(in_state(traffic, "ALARM", "was greater", "{}", "2019-10-02T17:20:48.554Z"), before, "unused");
  EXPECT_EQ(json::dump(change["configuration"]["metrics"]),
            R"x([{"expression":"SUM(METRICS())","id":"e1","label":"Total Network Traffic","returnData":true},)x"
            R"({"id":"m1","metricStat":{"metric":{"dimensions":{"InstanceId":"i-12345678901234567"},"name":"NetworkIn",)"
            R"("namespace":"AWS/EC2"},"period":300,"stat":"Maximum"},"returnData":false}])");
  EXPECT_EQ(json::dump(change["previousState"]),
            R"({"reason":"Unchecked: Initial alarm creation","timestamp":"2019-10-02T17:20:03.642+0000","value":"INSUFFICIENT_DATA"})");
}

TEST(AlarmEvents, OfACompositeAlarm) {
  Alarm composite = alarm("ServiceAggregatedAlarm", {{"AlarmRule", "ALARM(ServerCpuTooHigh) OR ALARM(TotalNetworkTrafficTooHigh)"}});
  composite.is_composite = true;
  EXPECT_EQ(json::dump(change_of(composite, composite, "unused")["configuration"]),
            R"x({"alarmRule":"ALARM(ServerCpuTooHigh) OR ALARM(TotalNetworkTrafficTooHigh)"})x");
}

}  // namespace
}  // namespace cairn::cloudwatch
