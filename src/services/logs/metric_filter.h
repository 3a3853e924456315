#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"
#include "base/time.h"
#include "metrics/metric.h"
#include "metrics/row.h"
#include "patterns/filter/filter_pattern.h"
#include "services/logs/group.h"

namespace cairn::logs_service {

/// A metric filter as its document tells it.
struct MetricFilter {
  std::string name, group, group_id;
  std::string scope;  // of its metric: account and region
  std::string pattern;
  Time created;
  Json transformation;  // as PutMetricFilter took it
};

std::string encode(const MetricFilter& filter);
MetricFilter decode_metric_filter(std::string_view document);

namespace documents {
inline constexpr std::string_view kMetricFilters = "logs/metric-filter/";
std::string metric_filters_in(const aws::AccountId& account, const aws::Region& region);
std::string metric_filters_of(const Group& group);
std::string metric_filter(const Group& group, std::string_view name);
}  // namespace documents

/// A filter at work: what a log event that it matches adds to its metric. Immutable.
class CompiledFilter {
 public:
  static Result<CompiledFilter, patterns::Refusal> compile(const MetricFilter& filter);

  struct Contribution {
    std::string metric;  // its key
    double value = 0;
  };
  const patterns::FilterPattern& pattern() const { return pattern_; }
  /// Of an event that the pattern matches. nullopt: it is without a number, or without a dimension that the filter wants.
  std::optional<Contribution> contribution(std::string_view message) const;
  /// What it adds for a minute with events none of which matched.
  std::optional<Contribution> otherwise() const;

  const MetricFilter& filter() const { return filter_; }
  metrics::Unit unit() const { return unit_; }
  size_t regex_count() const { return pattern_.regex_count(); }

 private:
  CompiledFilter(MetricFilter filter, patterns::FilterPattern pattern) : filter_(std::move(filter)), pattern_(std::move(pattern)) {}

  MetricFilter filter_;
  patterns::FilterPattern pattern_;
  std::optional<double> value_;  // none: the first of the pattern's fields
  std::optional<double> default_value_;
  metrics::Metric metric_;  // its dimensions are names still to be given values
  std::string key_;         // of a metric without dimensions
  metrics::Unit unit_ = 0;
};

}  // namespace cairn::logs_service
