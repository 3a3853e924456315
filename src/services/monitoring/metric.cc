#include "services/monitoring/metric.h"

#include <algorithm>

#include "api/protocols/scalar.h"
#include "services/monitoring/errors.h"

namespace cairn::cloudwatch {

std::string scope_of(const aws::AccountId& account, const aws::Region& region) { return fmt::format("{}/{}", account.str(), region.str()); }
std::string scope_of(const api::Call& call) { return scope_of(call.account, call.region); }

metrics::Metric metric_of(const std::string& scope, const Json& in) {
  metrics::Metric metric{.scope = scope, .space = in.value("Namespace", ""), .name = in.value("MetricName", ""), .dimensions = {}};
  if (const auto dimensions = in.find("Dimensions"); dimensions != in.end())
    for (const Json& each : *dimensions) metric.dimensions.emplace_back(each.at("Name").get<std::string>(), each.value("Value", ""));
  std::ranges::sort(metric.dimensions);
  return metric;
}

Json dimensions_of(const metrics::Metric& metric) {
  Json dimensions = Json::array();
  for (const auto& [name, value] : metric.dimensions) dimensions.push_back({{"Name", name}, {"Value", value}});
  return dimensions;
}

Time time_of(const Json& value) {
  const std::optional<Time> time = api::time_of(value);
  if (!time) throw Error(kInvalidValue, "The value {} is no timestamp.", json::dump(value));
  return *time;
}

int64_t seconds_of(Time time) { return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count(); }

}  // namespace cairn::cloudwatch
