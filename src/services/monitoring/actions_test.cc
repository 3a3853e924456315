#include "services/monitoring/actions.h"

#include <gtest/gtest.h>

#include "aws/error.h"
#include "env/sim/clock.h"

namespace cairn::cloudwatch {
namespace {

const Time kAt = Time(std::chrono::seconds(1'767'225'600)) + std::chrono::milliseconds(53);  // 2026-01-01T00:00:00.053Z

Alarm alarm(const Json& config) {
  Alarm alarm;
  alarm.name = "cpu";
  alarm.account = aws::AccountId("111122223333");
  alarm.region = aws::Region("us-east-1");
  alarm.config = config;
  alarm.configured = alarm.updated = alarm.transitioned = kAt;
  alarm.state = "ALARM";
  alarm.reason = "because";
  return alarm;
}

// Member by member what AWS sent, as others have recorded it.
TEST(AlarmActions, the_message_of_a_metric_alarm) {
  const Json config{{"AlarmDescription", "testing"},
                    {"OKActions", Json::array({"arn:aws:sns:us-east-1:111122223333:t"})},
                    {"AlarmActions", Json::array({"arn:aws:sns:us-east-1:111122223333:t"})},
                    {"MetricName", "my-metric"},
                    {"Namespace", "n"},
                    {"Statistic", "Average"},
                    {"Dimensions", Json::array({{{"Name", "InstanceId"}, {"Value", "abc"}}})},
                    {"Period", 10},
                    {"Unit", "Seconds"},
                    {"EvaluationPeriods", 2},
                    {"Threshold", 2.0},
                    {"ComparisonOperator", "GreaterThanThreshold"},
                    {"TreatMissingData", "ignore"}};
  EXPECT_EQ(
      message_of(alarm(config), "INSUFFICIENT_DATA"),
      R"({"AlarmName":"cpu","AlarmDescription":"testing","AWSAccountId":"111122223333",)"
      R"("AlarmConfigurationUpdatedTimestamp":"2026-01-01T00:00:00.053+0000","NewStateValue":"ALARM","NewStateReason":"because",)"
      R"x("StateChangeTime":"2026-01-01T00:00:00.053+0000","Region":"US East (N. Virginia)",)x"
      R"("AlarmArn":"arn:aws:cloudwatch:us-east-1:111122223333:alarm:cpu","OldStateValue":"INSUFFICIENT_DATA",)"
      R"("OKActions":["arn:aws:sns:us-east-1:111122223333:t"],"AlarmActions":["arn:aws:sns:us-east-1:111122223333:t"],)"
      R"("InsufficientDataActions":[],"Trigger":{"MetricName":"my-metric","Namespace":"n","StatisticType":"Statistic","Statistic":"AVERAGE",)"
      R"("Unit":"Seconds","Dimensions":[{"value":"abc","name":"InstanceId"}],"Period":10,"EvaluationPeriods":2,)"
      R"("ComparisonOperator":"GreaterThanThreshold","Threshold":2.0,"TreatMissingData":"ignore","EvaluateLowSampleCountPercentile":""}})");
  EXPECT_EQ(subject_of(alarm(config)), "ALARM: \"cpu\" in US East (N. Virginia)");
}

TEST(AlarmActions, the_message_of_a_composite_alarm) {
  Alarm composite = alarm({{"AlarmRule", "ALARM(a)"}});
  composite.is_composite = true;
  composite.reason_data =
      R"({"triggeringAlarms":[{"arn":"arn:aws:cloudwatch:us-east-1:111122223333:alarm:a","state":{"value":"ALARM","timestamp":"2026-01-01T00:00:00.000+0000"}}]})";
  const Json message = json::parse(message_of(composite, "OK")).value();
  EXPECT_EQ(message["AlarmRule"], "ALARM(a)");
  EXPECT_EQ(
      json::dump(message["TriggeringChildren"]),
      R"([{"Arn":"arn:aws:cloudwatch:us-east-1:111122223333:alarm:a","State":{"Value":"ALARM","Timestamp":"2026-01-01T00:00:00.000+0000"}}])");
  EXPECT_FALSE(message.contains("Trigger"));
  for (const char* by_hand : {"", "5", "[]", R"({"triggeringAlarms":5})", R"({"triggeringAlarms":[5,{},{"arn":"a","state":"OK"}]})"}) {
    composite.reason_data = by_hand;
    EXPECT_EQ(json::parse(message_of(composite, "OK")).value()["TriggeringChildren"], Json::array()) << by_hand;
  }
}

TEST(AlarmActions, subjects_are_cut_to_what_a_topic_takes) {
  Alarm long_name = alarm({});
  long_name.name = std::string(200, 'x');
  EXPECT_EQ(subject_of(long_name).size(), 100u);
  EXPECT_TRUE(subject_of(long_name).ends_with("..."));
}

TEST(AlarmActions, topics_only) {
  EXPECT_NO_THROW(check_action("arn:aws:sns:us-east-1:111122223333:t"));
  for (const char* other : {"arn:aws:automate:us-east-1:ec2:stop", "arn:aws:lambda:us-east-1:111122223333:function:f", "t", "arn:aws:sns"})
    EXPECT_THROW(check_action(other), aws::Error) << other;
}

}  // namespace
}  // namespace cairn::cloudwatch
