#include <array>

#include "api/operation.h"
#include "api/ports.h"
#include "base/text.h"
#include "services/monitoring/errors.h"
#include "services/monitoring/metric.h"
#include "services/monitoring/queries.h"

/// GetMetricData: many metrics, and expressions on them.
namespace cairn::cloudwatch {
namespace {

constexpr size_t kQueriesMax = 500;
constexpr int64_t kDatapointsMax = 100'800;     // in one answer
constexpr int64_t kPointsInAllMax = 2'000'000;  // of the whole call, over all of its pages

/// How many datapoints earlier pages gave.
size_t given_before(const Json& in) {
  const auto token = in.find("NextToken");
  if (token == in.end()) return 0;
  const std::optional<std::string> text = text::from_base64(token->get<std::string>());
  const std::optional<uint64_t> number = text ? text::to_uint(*text) : std::nullopt;
  if (!number) throw Error(kInvalidNextToken, "The next token is invalid.");
  return *number;
}

void check_size(const Queries& queries, int64_t start, int64_t end) {
  int64_t points = 0;
  for (const Queries::Query& query : queries.all())
    if (query.is_metric()) points += Span{.start = start, .end = end, .period = query.period}.periods();
  if (points > kPointsInAllMax)
    throw Error(kValidationError, "The call asks for up to {} datapoints, which exceeds the limit of {}.", points, kPointsInAllMax);
}

/// Differs from AWS: no SEARCH, and other functions of metric math are missing (docs/differences.md).
void get_metric_data(api::Call& call) {
  const Json& in = call.in;
  if (in.contains("LabelOptions")) throw Error(aws::kNotImplemented, "LabelOptions are not implemented.");
  if (in.at("MetricDataQueries").size() > kQueriesMax)
    throw Error(kValidationError, "The collection MetricDataQueries must not have a size greater than {}.", kQueriesMax);
  const Queries queries(in.at("MetricDataQueries"), scope_of(call));
  const int64_t start = seconds_of(time_of(in.at("StartTime")));
  const int64_t end = std::chrono::ceil<std::chrono::seconds>(time_of(in.at("EndTime"))).time_since_epoch().count();
  if (time_of(in.at("StartTime")) >= time_of(in.at("EndTime")))
    throw Error(kValidationError, "The parameter StartTime must be less than the parameter EndTime.");
  check_size(queries, start, end);
  const bool descending = in.value("ScanBy", "TimestampDescending") == "TimestampDescending";
  const size_t before = given_before(in);
  const auto limit = static_cast<size_t>(std::clamp(in.value("MaxDatapoints", kDatapointsMax), int64_t{1}, kDatapointsMax));

  QueryRun run(
      queries,
      [&](const std::string& metric, int64_t from, int64_t until, metrics::Detail detail) {
        auto buckets = call.ports->metrics->read(metric, from, until, detail);
        if (!buckets) throw Error(aws::kInternalFailure, "{}", buckets.error().message);
        return std::move(*buckets);
      },
      start, end, seconds_of(call.now));

  call.out["Messages"] = Json::array();
  Json& results = call.out["MetricDataResults"] = Json::array();
  size_t seen = 0;
  for (const Queries::Query& query : queries.all()) {
    if (!query.is_returned) continue;
    for (const Series& series : run.result(query)) {
      Json times = Json::array(), values = Json::array();
      const auto add = [&](const auto& point) {
        const size_t number = seen++;
        if (number < before || number >= before + limit) return;
        times.push_back(timestamps::iso8601(Time(std::chrono::seconds(point.first))));
        values.push_back(point.second);
      };
      if (descending) std::for_each(series.points.rbegin(), series.points.rend(), add);
      else std::for_each(series.points.begin(), series.points.end(), add);
      if (times.empty() && !series.points.empty()) continue;  // all of it is in another page
      Json result{{"Id", series.id}, {"Label", series.label}, {"Timestamps", std::move(times)}, {"Values", std::move(values)}};
      result["StatusCode"] = seen > before + limit ? "PartialData" : "Complete";
      if (const auto units = run.units(query.id); !units.empty())
        result["Messages"].push_back(
            {{"Code", "MultipleUnits"}, {"Value", fmt::format("Multiple units returned: '[{}]'", fmt::join(units, ", "))}});
      results.push_back(std::move(result));
    }
  }
  if (seen > before + limit) call.out["NextToken"] = text::base64(std::to_string(before + limit));
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"GetMetricData", get_metric_data, api::Runs::kPool},
});

}  // namespace
}  // namespace cairn::cloudwatch

namespace cairn::services {
extern const api::Family monitoring_get_metric_data;
const api::Family monitoring_get_metric_data{.service = "monitoring", .operations = cloudwatch::kOperations};
}  // namespace cairn::services
