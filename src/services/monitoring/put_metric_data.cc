#include <array>
#include <cmath>

#include "api/operation.h"
#include "metrics/row.h"
#include "services/monitoring/errors.h"
#include "services/monitoring/metric.h"

/// PutMetricData: measurements come in.
namespace cairn::cloudwatch {
namespace {

using namespace std::chrono_literals;

constexpr size_t kDataMax = 1000;            // in one call
constexpr size_t kValuesMax = 150;           // of one of these
constexpr size_t kNoteBytesMax = 1'000'000;  // as the journal carries them; a call's body is no larger on AWS
constexpr double kValueMax = 0x1p360;
constexpr auto kOldest = 14 * 24h, kNewest = 2h;

double number_at(const Json& datum, const char* member, const std::string& path) {
  const double value = datum.at(member).get<double>();
  if (std::isfinite(value) && std::abs(value) <= kValueMax) return value;
  throw Error(kInvalidValue, "The value {} for parameter {}.{} is invalid.", value, path, member);
}

metrics::Summary values_of(const Json& datum, const std::string& path) {
  const Json& values = datum.at("Values");
  const auto counts = datum.find("Counts");
  if (values.size() > kValuesMax) throw Error(kInvalidValue, "The parameter {}.Values must have at most {} items.", path, kValuesMax);
  if (counts != datum.end() && counts->size() != values.size())
    throw Error(kInvalidValue, "The parameters {0}.Values and {0}.Counts must be of the same size.", path);
  metrics::Summary summary;
  for (size_t i = 0; i < values.size(); ++i) {
    const double value = values[i].get<double>(), count = counts == datum.end() ? 1 : counts->at(i).get<double>();
    if (!std::isfinite(value) || std::abs(value) > kValueMax)
      throw Error(kInvalidValue, "The value {} for parameter {}.Values.member.{} is invalid.", value, path, i + 1);
    if (!std::isfinite(count) || count <= 0 || count > kValueMax)
      throw Error(kInvalidValue, "The value {} for parameter {}.Counts.member.{} is invalid.", count, path, i + 1);
    summary.add(metrics::Summary::of(value, count));
  }
  return summary;
}

metrics::Summary statistics_of(const Json& datum, const std::string& path) {
  const Json& set = datum.at("StatisticValues");
  const std::string inner = path + ".StatisticValues";
  const double count = number_at(set, "SampleCount", inner), sum = number_at(set, "Sum", inner), minimum = number_at(set, "Minimum", inner),
               maximum = number_at(set, "Maximum", inner);
  if (count <= 0) throw Error(kInvalidValue, "The value {} for parameter {}.SampleCount is invalid.", count, inner);
  if (minimum > maximum) throw Error(kInvalidCombination, "The parameter {0}.Maximum must be greater than or equal to {0}.Minimum.", inner);
  return metrics::Summary::of_statistics(count, sum, minimum, maximum);
}

metrics::Summary summary_of(const Json& datum, const std::string& path) {
  constexpr const char* kWays[] = {"Value", "Values", "StatisticValues"};
  std::vector<const char*> given;
  for (const char* way : kWays)
    if (datum.contains(way)) given.push_back(way);
  if (given.empty()) throw Error(kMissingParameter, "At least one of the parameters must be specified.");
  if (given.size() > 1)
    throw Error(kInvalidCombination, "The parameters {0}.{1} and {0}.{2} are mutually exclusive and you have specified both.", path,
                given[0], given[1]);
  if (datum.contains("Value")) return metrics::Summary::of(number_at(datum, "Value", path));
  return datum.contains("Values") ? values_of(datum, path) : statistics_of(datum, path);
}

Time time_of(const api::Call& call, const Json& datum, const std::string& path) {
  if (!datum.contains("Timestamp")) return call.now;
  const Time time = cloudwatch::time_of(datum.at("Timestamp"));
  if (time < call.now - kOldest || time > call.now + kNewest)
    throw Error(kInvalidValue,
                "The parameter {}.Timestamp must specify a time no older than two weeks and no later than two hours from now.", path);
  return time;
}

void check_names(const Json& datum, const std::string& path) {
  const auto check = [&](const std::string& text, const std::string& where) {
    if (std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < ' '; }))
      throw Error(kInvalidValue, "The parameter {} must not contain control characters.", where);
  };
  check(datum.at("MetricName").get<std::string>(), path + ".MetricName");
  const auto dimensions = datum.find("Dimensions");
  if (dimensions == datum.end()) return;
  for (size_t i = 0; i < dimensions->size(); ++i) {
    check(dimensions->at(i).at("Name").get<std::string>(), fmt::format("{}.Dimensions.member.{}.Name", path, i + 1));
    check(dimensions->at(i).at("Value").get<std::string>(), fmt::format("{}.Dimensions.member.{}.Value", path, i + 1));
  }
}

/// Differs from AWS: entities are refused.
void put_metric_data(api::Call& call) {
  const Json& in = call.in;
  const std::string space = in.at("Namespace").get<std::string>();
  if (space.starts_with("AWS/")) throw Error(kInvalidValue, "The value {} for parameter Namespace is invalid.", space);
  if (in.contains("EntityMetricData") || in.contains("StrictEntityValidation"))
    throw Error(aws::kNotImplemented, "Entities are not implemented: leave out EntityMetricData and StrictEntityValidation.");
  const auto data = in.find("MetricData");
  if (data == in.end() || data->empty()) throw Error(kMissingParameter, "The parameter MetricData is required.");
  if (data->size() > kDataMax) throw Error(kInvalidValue, "The collection MetricData must not have a size greater than {}.", kDataMax);
  metrics::Table table;
  for (size_t i = 0; i < data->size(); ++i) {
    const Json& datum = data->at(i);
    const std::string path = fmt::format("MetricData.member.{}", i + 1);
    check_names(datum, path);
    const int64_t resolution = datum.value("StorageResolution", 60);
    if (resolution != 1 && resolution != 60)
      throw Error(kInvalidValue, "The value {} for parameter {}.StorageResolution is invalid.", resolution, path);
    metrics::Metric metric = metric_of(scope_of(call), datum);
    metric.space = space;
    const metrics::Unit unit = metrics::unit_of(datum.value("Unit", "None")).value_or(0);
    table.add(metrics::key_of(metric), metrics::slot_of(seconds_of(time_of(call, datum, path)), static_cast<uint32_t>(resolution), unit),
              summary_of(datum, path));
  }
  std::string note = metrics::encode(table);
  if (note.size() > kNoteBytesMax) throw Error(kInvalidValue, "The measurements of one call are more than {} bytes.", kNoteBytesMax);
  call.state->note(metrics::kNote, std::move(note));
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"PutMetricData", put_metric_data},
});

}  // namespace
}  // namespace cairn::cloudwatch

namespace cairn::services {
extern const api::Family monitoring_put_metric_data;
const api::Family monitoring_put_metric_data{.service = "monitoring", .operations = cloudwatch::kOperations};
}  // namespace cairn::services
