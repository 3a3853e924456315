#include <algorithm>
#include <array>

#include "api/operation.h"
#include "api/ports.h"
#include "base/text.h"
#include "metrics/retention.h"
#include "metrics/store.h"
#include "services/monitoring/errors.h"
#include "services/monitoring/metric.h"

/// ListMetrics: those that got data within two weeks.
namespace cairn::cloudwatch {
namespace {

constexpr size_t kListedMax = 500;
constexpr size_t kLookedAtMax = 20'000;  // then the page ends, however few there were, and its token goes on
constexpr int64_t kListedFor = 14 * metrics::kDay, kRecently = 3 * metrics::kHour;

bool has_dimensions(const metrics::Metric& metric, const Json& filters) {
  return std::ranges::all_of(filters, [&](const Json& filter) {
    return std::ranges::any_of(metric.dimensions, [&](const auto& dimension) {
      return filter.at("Name") == dimension.first && (!filter.contains("Value") || filter.at("Value") == dimension.second);
    });
  });
}

void list_metrics(api::Call& call) {
  const Json& in = call.in;
  if (in.value("IncludeLinkedAccounts", false) || in.contains("OwningAccount"))
    throw Error(aws::kNotImplemented, "Metrics of linked accounts are not implemented.");
  const std::string space = in.value("Namespace", ""), name = in.value("MetricName", "");
  const Json filters = in.value("Dimensions", Json::array());
  const int64_t oldest = seconds_of(call.now) - (in.contains("RecentlyActive") ? kRecently : kListedFor);
  std::string after;
  if (const auto token = in.find("NextToken"); token != in.end()) {
    const std::optional<std::string> key = text::from_base64(token->get<std::string>());
    if (!key || !key->starts_with(metrics::prefix_of(scope_of(call))))
      throw Error(kInvalidValue, "The value {} for parameter NextToken is invalid.", token->get<std::string>());
    after = *key;
  }
  Json& shown = call.out["Metrics"] = Json::array();
  size_t looked_at = 0;
  std::string last;
  bool more = false;
  const Result<void> listed =
      call.ports->metrics->list(metrics::prefix_of(scope_of(call), space, name), after, [&](const std::string& key, int64_t newest) {
        more = shown.size() == kListedMax || looked_at == kLookedAtMax;
        if (more) return false;
        ++looked_at;
        last = key;
        const Result<metrics::Metric> metric = metrics::metric_of(key);
        if (!metric || newest < oldest || (!name.empty() && metric->name != name) || !has_dimensions(*metric, filters)) return true;
        shown.push_back({{"Namespace", metric->space}, {"MetricName", metric->name}, {"Dimensions", dimensions_of(*metric)}});
        return true;
      });
  if (!listed) throw Error(aws::kInternalFailure, "{}", listed.error().message);
  if (more) call.out["NextToken"] = text::base64(last);
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"ListMetrics", list_metrics, api::Runs::kPool},
});

}  // namespace
}  // namespace cairn::cloudwatch

namespace cairn::services {
extern const api::Family monitoring_list_metrics;
const api::Family monitoring_list_metrics{.service = "monitoring", .operations = cloudwatch::kOperations};
}  // namespace cairn::services
