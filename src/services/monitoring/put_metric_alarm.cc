#include <algorithm>
#include <array>

#include "api/operation.h"
#include "services/monitoring/errors.h"
#include "services/monitoring/evaluation.h"
#include "services/monitoring/history.h"
#include "services/monitoring/metric.h"
#include "services/monitoring/new_alarm.h"
#include "services/monitoring/series.h"
#include "services/monitoring/threshold.h"
#include "metrics/statistic.h"

/// PutMetricAlarm.
namespace cairn::cloudwatch {
namespace {

constexpr size_t kMetricsMax = 10;
constexpr int64_t kDay = 86'400, kWeek = 7 * kDay;

void refuse_unknown(const Json& in) {
  for (const char* member : {"EvaluationWindow", "WarmUpConfiguration", "EvaluationCriteria", "EvaluationInterval", "ActionConfiguration"})
    if (in.contains(member)) throw Error(aws::kNotImplemented, "{} is not implemented: leave it out.", member);
  if (in.contains("ThresholdMetricId"))
    throw Error(aws::kNotImplemented, "Anomaly detection is not implemented: leave out ThresholdMetricId.");
  const std::string op = in.value("ComparisonOperator", "");
  if (op.find("Lower") != std::string::npos || op.find("Upper") != std::string::npos)
    throw Error(aws::kNotImplemented, "Anomaly detection is not implemented, nor the comparison {}.", op);
}

void check_period(int64_t period, int64_t periods) {
  if (period != 10 && period != 20 && period != 30 && (period <= 0 || period % 60 != 0))
    throw Error(kValidationError, "Period must be 10, 20, 30 or a multiple of 60");
  if (period * periods > (period >= 3600 ? kWeek : kDay))
    throw Error(kValidationError, "Metrics cannot be checked across more than {}",
                period >= 3600 ? "seven days (EvaluationPeriods * Period must be <= 604800)"
                               : "a day (EvaluationPeriods * Period must be <= 86400)");
}

void check_statistic(const Json& in) {
  const bool basic = in.contains("Statistic"), extended = in.contains("ExtendedStatistic");
  if (basic && extended) throw Error(kInvalidCombination, "The parameters Statistic and ExtendedStatistic are mutually exclusive.");
  if (!basic && !extended) throw Error(kValidationError, "Either Statistic or ExtendedStatistic must be given.");
  const std::string name = in.at(basic ? "Statistic" : "ExtendedStatistic").get<std::string>();
  const Result<metrics::Statistic> statistic = metrics::Statistic::parse(name);
  if (!statistic || statistic->is_basic() != basic)
    throw Error(kValidationError, "The value {} for parameter ExtendedStatistic is not supported.", name);
}

void check_queries(const Json& in, const std::string& scope, int64_t periods) {
  for (const char* member : {"Namespace", "MetricName", "Dimensions", "Period", "Unit", "Statistic", "ExtendedStatistic"})
    if (in.contains(member)) throw Error(kValidationError, "Parameters Metrics and {} are mutually exclusive.", member);
  const Queries queries(in.at("Metrics"), scope);
  const Queries::Query* returned = nullptr;
  size_t metrics = 0;
  for (const Queries::Query& query : queries.all()) {
    if (query.is_returned && std::exchange(returned, &query) != nullptr)
      throw Error(kValidationError, "Exactly one element of the metrics list should return data.");
    if (!query.is_metric()) continue;
    ++metrics;
    if (query.period != period_of(queries)) throw Error(kValidationError, "All metrics of an alarm must have the same period.");
  }
  if (returned == nullptr) throw Error(kValidationError, "Exactly one element of the metrics list should return data.");
  if (metrics == 0 || metrics > kMetricsMax) throw Error(kValidationError, "An alarm must look at 1 to {} metrics.", kMetricsMax);
  check_period(period_of(queries), periods);
  // What cannot be evaluated without data cannot be with it.
  QueryRun run(
      queries, [](const auto&...) { return std::vector<metrics::Bucket>(); }, 0, period_of(queries), std::nullopt);
  if (run.result(*returned).size() != 1) throw Error(kValidationError, "The expression of an alarm must give a single time series.");
}

void check(const Json& in, const std::string& scope) {
  refuse_unknown(in);
  for (const char* member : {"ComparisonOperator", "EvaluationPeriods", "Threshold"})
    if (!in.contains(member)) throw Error(kValidationError, "The parameter {} is required.", member);
  const auto periods = in.at("EvaluationPeriods").get<int64_t>();
  if (in.value("DatapointsToAlarm", int64_t{1}) > periods)
    throw Error(kValidationError, "DatapointsToAlarm must be less than or equal to EvaluationPeriods.");
  if (const std::string text = in.value("TreatMissingData", "missing"); !missing_of(text))
    throw Error(
        kValidationError,
        "Value '{}' at 'treatMissingData' failed to satisfy constraint: Member must be one of [breaching, notBreaching, ignore, missing]",
        text);
  if (in.contains("EvaluateLowSampleCountPercentile") && in.at("EvaluateLowSampleCountPercentile") != "evaluate")
    throw Error(aws::kNotImplemented, "EvaluateLowSampleCountPercentile can only be evaluate.");
  if (in.contains("Metrics")) return check_queries(in, scope, periods);
  for (const char* member : {"Namespace", "MetricName", "Period"})
    if (!in.contains(member)) throw Error(kValidationError, "The parameter {} is required.", member);
  check_statistic(in);
  check_period(in.at("Period").get<int64_t>(), periods);
}

/// Differs from AWS: no anomaly detection; actions are messages to topics of SNS; an alarm goes off at the measurement that crosses.
void put_metric_alarm(api::Call& call) {
  check(call.in, scope_of(call));
  put_configuration(call, false);
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"PutMetricAlarm", put_metric_alarm},
});

}  // namespace
}  // namespace cairn::cloudwatch

namespace cairn::services {
extern const api::Family monitoring_put_metric_alarm;
const api::Family monitoring_put_metric_alarm{.service = "monitoring", .operations = cloudwatch::kOperations};
}  // namespace cairn::services
