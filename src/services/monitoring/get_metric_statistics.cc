#include <algorithm>
#include <array>

#include "api/operation.h"
#include "api/ports.h"
#include "services/monitoring/errors.h"
#include "services/monitoring/metric.h"
#include "services/monitoring/series.h"

/// GetMetricStatistics: one metric, some statistics.
namespace cairn::cloudwatch {
namespace {

constexpr int64_t kDatapointsMax = 1440;

std::vector<metrics::Statistic> wanted_of(const Json& in) {
  std::vector<metrics::Statistic> wanted;
  for (const char* member : {"Statistics", "ExtendedStatistics"}) {
    const auto given = in.find(member);
    if (given == in.end()) continue;
    for (const Json& name : *given) {
      Result<metrics::Statistic> statistic = metrics::Statistic::parse(name.get<std::string>());
      if (!statistic || statistic->is_basic() != (member == std::string_view("Statistics")))
        throw Error(kInvalidValue, "The value {} for parameter {} is not supported.", name.get<std::string>(), member);
      wanted.push_back(std::move(*statistic));
    }
  }
  if (wanted.empty()) throw Error(kMissingParameter, "At least one of the parameters Statistics and ExtendedStatistics must be specified.");
  return wanted;
}

Json shown(const metrics::Summary& summary, const std::vector<metrics::Statistic>& wanted) {
  Json out = Json::object();
  for (const metrics::Statistic& statistic : wanted) {
    const std::optional<double> value = statistic.of(summary);
    if (!value) continue;
    if (statistic.is_basic()) out[statistic.name()] = *value;
    else out["ExtendedStatistics"][statistic.name()] = *value;
  }
  return out;
}

void get_metric_statistics(api::Call& call) {
  const Json& in = call.in;
  const std::vector<metrics::Statistic> wanted = wanted_of(in);
  const int64_t now = seconds_of(call.now);
  Span span{.start = seconds_of(time_of(in.at("StartTime"))),
            .end = std::chrono::ceil<std::chrono::seconds>(time_of(in.at("EndTime"))).time_since_epoch().count(),
            .period = in.at("Period").get<int64_t>()};
  if (!is_period(span.period)) throw Error(kInvalidValue, "The parameter Period must be 1, 5, 10, 20, 30 or a multiple of 60.");
  if (time_of(in.at("StartTime")) >= time_of(in.at("EndTime")))
    throw Error(kInvalidValue, "The parameter StartTime must be less than the parameter EndTime.");
  if (span.periods() > kDatapointsMax) {
    throw Error(
        kInvalidCombination,
        "You have requested up to {} datapoints, which exceeds the limit of {}. You may reduce the datapoints requested by increasing "
        "Period, or decreasing the time range.",
        span.periods(), kDatapointsMax);
  }
  call.out["Label"] = in.at("MetricName");
  call.out["Datapoints"] = Json::array();
  const std::optional<Span> kept = rounded(span, now);
  if (!kept) return;
  const bool is_basic = std::ranges::all_of(wanted, &metrics::Statistic::is_basic);
  const metrics::Detail detail = is_basic ? metrics::Detail::kBasic : metrics::Detail::kAll;
  const auto buckets = call.ports->metrics->read(metrics::key_of(metric_of(scope_of(call), in)), kept->start, kept->end, detail);
  if (!buckets) throw Error(aws::kInternalFailure, "{}", buckets.error().message);
  const std::string unit = in.value("Unit", "");
  for (const auto& [number, periods] : gather(*buckets, *kept)) {
    if (!unit.empty() && unit != metrics::name_of_unit(number)) continue;
    for (const auto& [begin, summary] : periods) {
      Json datapoint = shown(summary, wanted);
      if (datapoint.empty()) continue;
      datapoint["Timestamp"] = timestamps::iso8601(Time(std::chrono::seconds(begin)));
      datapoint["Unit"] = metrics::name_of_unit(number);
      call.out["Datapoints"].push_back(std::move(datapoint));
    }
  }
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"GetMetricStatistics", get_metric_statistics, api::Runs::kPool},
});

}  // namespace
}  // namespace cairn::cloudwatch

namespace cairn::services {
extern const api::Family monitoring_get_metric_statistics;
const api::Family monitoring_get_metric_statistics{.service = "monitoring", .operations = cloudwatch::kOperations};
}  // namespace cairn::services
