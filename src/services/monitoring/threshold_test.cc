#include "services/monitoring/threshold.h"

#include <gtest/gtest.h>

#include "services/monitoring/java_number.h"

namespace cairn::cloudwatch {
namespace {

// 2023-10-26T16:42:00Z and the half minutes after it.
constexpr int64_t kStart = 1'698'338'520;
const Time kNow = Time(std::chrono::seconds(kStart + 300)) + std::chrono::milliseconds(53);

Json config(const Json& more = Json::object()) {
  Json config{{"Statistic", "Average"},
              {"Period", 30},
              {"EvaluationPeriods", 1},
              {"Threshold", 2.0},
              {"ComparisonOperator", "GreaterThanThreshold"},
              {"Unit", "Seconds"}};
  if (!more.is_null()) config.update(more);
  return config;
}

std::vector<Observed> range(const std::vector<std::optional<double>>& values) {
  std::vector<Observed> out;
  for (const auto& value : values)
    out.push_back({.time = kStart + 30 * static_cast<int64_t>(out.size()), .value = value, .samples = value ? 2.0 : 0.0});
  return out;
}

Judgement judged(const Json& more, const std::vector<std::optional<double>>& values) {
  return judge(threshold_of(config(more)), range(values), kNow);
}

constexpr auto kNone = std::nullopt;

// Sentences as AWS wrote them: recorded in tests of other projects and in users' tickets.
TEST(Threshold, reasons_without_datapoints_to_alarm) {
  const Judgement alarm = judged({}, {21.5, kNone, kNone});
  EXPECT_EQ(alarm.verdict, Verdict::kAlarm);
  EXPECT_EQ(alarm.reason, "Threshold Crossed: 1 datapoint [21.5 (26/10/23 16:42:00)] was greater than the threshold (2.0).");
  EXPECT_EQ(alarm.reason_data,
            R"({"version":"1.0","queryDate":"2023-10-26T16:47:00.053+0000","startDate":"2023-10-26T16:42:00.000+0000","unit":"Seconds",)"
            R"("statistic":"Average","period":30,"recentDatapoints":[21.5],"threshold":2.0,)"
            R"("evaluatedDatapoints":[{"timestamp":"2023-10-26T16:42:00.000+0000","sampleCount":2.0,"value":21.5}]})");
  EXPECT_EQ(judged({{"EvaluationPeriods", 2}}, {kNone, kNone, 3.0, 4.25}).reason,
            "Threshold Crossed: 2 datapoints [4.25 (26/10/23 16:43:30), 3.0 (26/10/23 16:43:00)] were greater than the threshold (2.0).");
  EXPECT_EQ(judged({}, {kNone, kNone, 1.0}).reason,
            "Threshold Crossed: 1 datapoint [1.0 (26/10/23 16:43:00)] was not greater than the threshold (2.0).");
}

TEST(Threshold, reasons_with_datapoints_to_alarm) {
  EXPECT_EQ(judged({{"DatapointsToAlarm", 1}, {"ComparisonOperator", "GreaterThanOrEqualToThreshold"}, {"Threshold", 90.0}},
                   {kNone, kNone, 1.0166666666666666})
                .reason,
            "Threshold Crossed: 1 out of the last 1 datapoints [1.0166666666666666 (26/10/23 16:43:00)] was not greater than or equal to "
            "the threshold "
            "(90.0) (minimum 1 datapoint for ALARM -> OK transition).");
  EXPECT_EQ(judged({{"EvaluationPeriods", 4}, {"DatapointsToAlarm", 2}}, {kNone, kNone, 10.5, 1.0, 1.5, 10.25}).reason,
            "Threshold Crossed: 2 out of the last 4 datapoints [10.25 (26/10/23 16:44:30), 10.5 (26/10/23 16:43:00)] were greater than the "
            "threshold "
            "(2.0) (minimum 2 datapoints for OK -> ALARM transition).");
  EXPECT_EQ(judged({{"EvaluationPeriods", 5}, {"DatapointsToAlarm", 5}, {"Threshold", 400000.0}},
                   {kNone, kNone, 500000., 600000., 700000., 800000., 12345678.})
                .reason,
            "Threshold Crossed: 5 out of the last 5 datapoints were greater than the threshold (400000.0). The most recent datapoints "
            "which crossed the "
            "threshold: [1.2345678E7 (26/10/23 16:45:00), 800000.0 (26/10/23 16:44:30), 700000.0 (26/10/23 16:44:00), 600000.0 (26/10/23 "
            "16:43:30), "
            "500000.0 (26/10/23 16:43:00)] (minimum 5 datapoints for OK -> ALARM transition).");
}

TEST(Threshold, reasons_of_missing_data) {
  const Judgement good = judged({{"TreatMissingData", "notBreaching"}}, {kNone, kNone, kNone});
  EXPECT_EQ(good.reason,
            "Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was treated as [NonBreaching].");
  EXPECT_EQ(
      good.reason_data,
      R"({"version":"1.0","queryDate":"2023-10-26T16:47:00.053+0000","unit":"Seconds","statistic":"Average","period":30,"recentDatapoints":[],)"
      R"("threshold":2.0,"evaluatedDatapoints":[{"timestamp":"2023-10-26T16:43:00.000+0000"}]})");
  EXPECT_EQ(judged({{"TreatMissingData", "breaching"}, {"EvaluationPeriods", 2}}, {kNone, kNone, kNone, kNone}).reason,
            "Threshold Crossed: no datapoints were received for 2 periods and 2 missing datapoints were treated as [Breaching].");
  EXPECT_EQ(
      judged({{"TreatMissingData", "breaching"}, {"EvaluationPeriods", 3}, {"DatapointsToAlarm", 2}}, {kNone, kNone, kNone, kNone, 1.0})
          .reason,
      "Threshold Crossed: 1 datapoint was received for 3 periods and 2 missing datapoints were treated as [Breaching].");
  EXPECT_EQ(judged({}, {kNone, kNone, kNone}).reason, "Insufficient Data: 1 datapoint was unknown.");
  EXPECT_EQ(judged({{"EvaluationPeriods", 3}}, {kNone, kNone, kNone, kNone, kNone}).reason,
            "Insufficient Data: 3 datapoints were unknown.");
}

TEST(Threshold, numbers_as_java_writes_them) {
  EXPECT_EQ(java_number(0), "0.0");
  EXPECT_EQ(java_number(-1), "-1.0");
  EXPECT_EQ(java_number(0.001), "0.001");
  EXPECT_EQ(java_number(0.0001), "1.0E-4");
  EXPECT_EQ(java_number(9999999), "9999999.0");
  EXPECT_EQ(java_number(1e7), "1.0E7");
  EXPECT_EQ(java_number(1.5e300), "1.5E300");
  EXPECT_EQ(java_number(0.1), "0.1");
}

}  // namespace
}  // namespace cairn::cloudwatch
