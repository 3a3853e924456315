#include "services/monitoring/queries.h"

#include <algorithm>

#include "services/monitoring/errors.h"
#include "services/monitoring/metric.h"

namespace cairn::cloudwatch {
namespace {

bool is_id(std::string_view id) {
  if (id.empty() || id[0] < 'a' || id[0] > 'z') return false;
  return std::ranges::all_of(id,
                             [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; });
}

/// Words of the language that look like ids.
bool is_word(const std::string& name) { return name == "REPEAT" || name == "LINEAR"; }

Error invalid(const std::string& id, std::string_view what) { return Error(kValidationError, "Error in expression '{}': {}", id, what); }

}  // namespace

Queries::Queries(const Json& queries, const std::string& scope) {
  for (const Json& in : queries) {
    Query query{.id = in.at("Id").get<std::string>(), .label = in.value("Label", "")};
    query.has_label = in.contains("Label");
    query.is_returned = in.value("ReturnData", true);
    if (!is_id(query.id))
      throw Error(kValidationError,
                  "Invalid id '{}': it must begin with a lowercase letter and hold letters, numbers and underscores only.", query.id);
    if (find(query.id) != nullptr)
      throw Error(kValidationError, "The values for parameter id in parameter MetricDataQueries are not unique.");
    if (query.label.find("${") != std::string::npos)
      throw Error(aws::kNotImplemented, "Dynamic labels are not implemented: {}", query.label);
    if (in.contains("AccountId") && in.at("AccountId") != scope.substr(0, scope.find('/')))
      throw Error(aws::kNotImplemented, "Metrics of other accounts are not implemented: leave out AccountId.");
    if (in.contains("MetricStat") == in.contains("Expression"))
      throw Error(kValidationError, "Query {} must have either MetricStat or Expression.", query.id);
    if (in.contains("MetricStat")) {
      read_metric(query, in.at("MetricStat"), scope);
    } else {
      Result<Expression, ExpressionError> expression = read_expression(in.at("Expression").get<std::string>());
      if (!expression)
        throw invalid(query.id, fmt::format("{} (at character {})", expression.error().message, expression.error().offset + 1));
      if (calls(*expression, "ANOMALY_DETECTION_BAND"))
        throw Error(aws::kNotImplemented, "Anomaly detection is not implemented, nor ANOMALY_DETECTION_BAND.");
      query.expression = std::move(*expression);
      query.period = in.value("Period", int64_t{0});
    }
    queries_.push_back(std::move(query));
  }
  check_ids();
  give_labels();
}

void Queries::read_metric(Query& query, const Json& in, const std::string& scope) {
  const Json& named = in.at("Metric");
  const metrics::Metric metric = metric_of(scope, named);
  if (metric.space.empty() || metric.name.empty())
    throw Error(kValidationError, "The metric of query {} must have a Namespace and a MetricName.", query.id);
  query.metric = metrics::key_of(metric);
  query.metric_name = metric.name;
  for (const auto& [name, value] : metric.dimensions) query.dimension_values.push_back(value);
  query.unit = in.value("Unit", "");
  query.period = in.at("Period").get<int64_t>();
  if (!is_period(query.period))
    throw Error(kValidationError, "The period of query {} must be 1, 5, 10, 20, 30 or a multiple of 60.", query.id);
  const std::string name = in.at("Stat").get<std::string>();
  Result<metrics::Statistic> statistic = metrics::Statistic::parse(name);
  if (!statistic) throw Error(kValidationError, "The value {} for parameter Stat of query {} is not supported.", name, query.id);
  query.statistic = std::move(*statistic);
}

void Queries::check_ids() const {
  for (const Query& query : queries_)
    each_id(query.expression, [&](const std::string& id) {
      if (!is_word(id) && find(id) == nullptr) throw invalid(query.id, fmt::format("Unrecognized id {}", id));
    });
}

/// What tells metrics apart is in their names: the statistic, the period, if there are different ones.
void Queries::give_labels() {
  const auto differ = [&](auto&& of) {
    const Query* first = nullptr;
    for (const Query& query : queries_) {
      if (!query.is_metric() || !query.is_returned) continue;
      if (first != nullptr && of(query) != of(*first)) return true;
      first = &query;
    }
    return false;
  };
  const bool statistics = differ([](const Query& query) { return query.statistic->name(); });
  const bool periods = differ([](const Query& query) { return query.period; });
  const bool names = differ([](const Query& query) { return query.metric_name; });
  const bool dimensions = !names && differ([](const Query& query) { return query.dimension_values; });
  for (Query& query : queries_) {
    if (query.has_label) continue;
    if (!query.is_metric()) {
      query.label = query.id;
      continue;
    }
    query.label = query.metric_name;
    if (dimensions) query.label = fmt::format("{}", fmt::join(query.dimension_values, " "));
    if (statistics) query.label += " " + query.statistic->name();
    if (periods) query.label += fmt::format(" {}", query.period);
  }
}

const Queries::Query* Queries::find(std::string_view id) const {
  const auto at = std::ranges::find(queries_, id, &Query::id);
  return at == queries_.end() ? nullptr : &*at;
}

Series QueryRun::series(const Queries::Query& query) {
  Series series{.id = query.id, .label = query.label, .start = start_, .end = end_, .period = query.period, .points = {}};
  Span span{.start = start_, .end = end_, .period = query.period};
  if (now_) {
    const std::optional<Span> kept = rounded(span, *now_);
    if (!kept) return series;
    span = *kept;
    series.start = span.start;
  }
  const metrics::Detail detail = query.statistic->is_basic() ? metrics::Detail::kBasic : metrics::Detail::kAll;
  const std::map<metrics::Unit, Periods> found = gather(read_(query.metric, span.start, span.end, detail), span);
  const Periods* periods = nullptr;
  std::vector<std::string_view> names;
  for (const auto& [unit, each] : found) names.push_back(metrics::name_of_unit(unit));
  std::ranges::sort(names);
  const std::string_view wanted = !query.unit.empty() ? std::string_view(query.unit) : names.empty() ? std::string_view() : names.front();
  for (const auto& [unit, each] : found)
    if (metrics::name_of_unit(unit) == wanted) periods = &each;
  if (query.unit.empty() && names.size() > 1) units_[query.id] = names;
  if (periods == nullptr) return series;
  for (const auto& [time, summary] : *periods)
    if (const std::optional<double> value = query.statistic->of(summary)) series.points[time] = *value;
  return series;
}

Value QueryRun::value(const Queries::Query& query) {
  if (const auto known = known_.find(query.id); known != known_.end()) return known->second;
  if (!under_way_.insert(query.id).second) throw MathError{fmt::format("{} depends on itself", query.id)};
  Value found;
  if (query.is_metric()) {
    found = series(query);
  } else {
    Surroundings surroundings{.value_of = {}, .metrics = {}, .start = start_, .end = end_, .period = 60, .effort = effort_};
    for (const Queries::Query& each : queries_.all())
      if (each.is_metric()) surroundings.period = each.period;
    surroundings.value_of = [this](const std::string& id) {
      const Queries::Query* named = queries_.find(id);
      if (named == nullptr) throw MathError{fmt::format("{} is no value", id)};  // REPEAT, LINEAR
      return value(*named);
    };
    surroundings.metrics = [this](const std::string& part) {
      std::vector<Series> all;
      for (const Queries::Query& each : queries_.all())
        if (each.is_metric() && each.id.find(part) != std::string::npos) all.push_back(std::get<Series>(value(each)));
      return all;
    };
    found = evaluate(query.expression, surroundings);
  }
  under_way_.erase(query.id);
  known_[query.id] = found;
  return found;
}

std::vector<Series> QueryRun::result(const Queries::Query& query) {
  Value found;
  try {
    found = value(query);
  } catch (const MathError& error) {
    if (error.is_unknown) throw Error(aws::kNotImplemented, "{}", error.message);
    throw invalid(query.id, error.message);
  }
  if (std::holds_alternative<double>(found)) throw invalid(query.id, "The expression must give a time series, not a single number");
  std::vector<Series> all;
  if (Series* one = std::get_if<Series>(&found)) {
    one->label = query.label;
    all.push_back(std::move(*one));
  } else {
    all = std::move(std::get<std::vector<Series>>(found));
    for (Series& each : all)
      if (query.has_label) each.label = fmt::format("{} {}", query.label, each.label);
  }
  for (Series& each : all) each.id = query.id;
  return all;
}

std::vector<std::string_view> QueryRun::units(const std::string& id) const {
  const auto found = units_.find(id);
  return found == units_.end() ? std::vector<std::string_view>() : found->second;
}

}  // namespace cairn::cloudwatch
