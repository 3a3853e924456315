#pragma once
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/json.h"
#include "metrics/statistic.h"
#include "metrics/store.h"
#include "services/monitoring/math.h"
#include "services/monitoring/series.h"

namespace cairn::cloudwatch {

/// The MetricDataQueries of GetMetricData and of alarms: metrics and expressions on them, by their ids.
class Queries {
 public:
  struct Query {
    std::string id, label;
    bool has_label = false, is_returned = true;
    int64_t period = 60;
    // of a metric:
    std::string metric;  // its key; "": an expression
    std::string metric_name, unit;
    std::vector<std::string> dimension_values;
    std::optional<metrics::Statistic> statistic;
    Expression expression;
    bool is_metric() const { return !metric.empty(); }
  };

  /// Throws ValidationError in words that name the query, or NotImplemented.
  Queries(const Json& queries, const std::string& scope);

  const std::vector<Query>& all() const { return queries_; }
  const Query* find(std::string_view id) const;

 private:
  void read_metric(Query& query, const Json& in, const std::string& scope);
  void check_ids() const;
  void give_labels();

  std::vector<Query> queries_;
};

/// The values of queries over one span of time. Not thread-safe.
class QueryRun {
 public:
  using Read = std::function<std::vector<metrics::Bucket>(const std::string& metric, int64_t start, int64_t end, metrics::Detail)>;
  /// `now`: spans are rounded as for clients (series.h); nullopt: they are taken as they are.
  QueryRun(const Queries& queries, Read read, int64_t start, int64_t end, std::optional<int64_t> now)
      : queries_(queries), read_(std::move(read)), start_(start), end_(end), now_(now) {}

  /// Throws ValidationError, or NotImplemented, for an expression that cannot be evaluated.
  std::vector<Series> result(const Queries::Query& query);
  /// The units that a metric came in, if there were several: the first counts.
  std::vector<std::string_view> units(const std::string& id) const;

 private:
  Value value(const Queries::Query& query);
  Series series(const Queries::Query& query);

  const Queries& queries_;
  const Read read_;
  const int64_t start_, end_;
  const std::optional<int64_t> now_;
  std::map<std::string, Value> known_;
  std::set<std::string> under_way_;
  std::map<std::string, std::vector<std::string_view>> units_;
  const std::shared_ptr<Effort> effort_ = std::make_shared<Effort>();
};

}  // namespace cairn::cloudwatch
