#include "services/monitoring/evaluation.h"

#include <algorithm>
#include <limits>

#include "aws/error.h"
#include "services/monitoring/metric.h"
#include "services/monitoring/series.h"

namespace cairn::cloudwatch {
namespace {

constexpr int64_t kMinute = 60, kShortStep = 10;

/// Metrics are published in one unit mostly. Of several, the first by name counts, as in GetMetricData.
std::vector<metrics::Bucket> of_one_unit(std::vector<metrics::Bucket> buckets, std::string_view unit) {
  std::string_view first = unit;
  if (first.empty())
    for (const metrics::Bucket& bucket : buckets)
      if (const std::string_view name = metrics::name_of_unit(bucket.slot.unit); first.empty() || name < first) first = name;
  std::erase_if(buckets, [&](const metrics::Bucket& bucket) { return metrics::name_of_unit(bucket.slot.unit) != first; });
  return buckets;
}

std::vector<Observed> range_until(const std::vector<metrics::Bucket>& buckets, const metrics::Statistic& statistic,
                                  const Threshold& threshold, int64_t end) {
  const auto count = static_cast<int64_t>(threshold.demand.periods + kMorePeriods);
  const Span span{.start = end - count * threshold.period, .end = end, .period = threshold.period};
  Periods periods;
  for (auto& [unit, found] : gather(buckets, span)) periods = std::move(found);
  std::vector<Observed> range;
  for (int64_t time = span.start; time < end; time += threshold.period) {
    Observed observed{.time = time, .value = std::nullopt, .samples = 0};
    if (const auto at = periods.find(time); at != periods.end()) {
      observed.value = statistic.of(at->second);
      observed.samples = at->second.count();
    }
    range.push_back(observed);
  }
  return range;
}

/// When the last whole step ended, taken with the patience for what comes late.
int64_t whole_until(int64_t period, Time now) {
  const int64_t step = step_of(period), whole = seconds_of(now) - grace_of(step);
  return whole - whole % step;
}

int64_t length_of(const Threshold& threshold) { return static_cast<int64_t>(threshold.demand.periods + kMorePeriods) * threshold.period; }

struct OneMetric {
  std::string key, unit;
  metrics::Statistic statistic;
};

Result<Evaluation> of_metric(const OneMetric& metric, const Threshold& threshold, metrics::Store& store, Time now) {
  const int64_t end = whole_until(threshold.period, now), step = step_of(threshold.period);
  Result<std::vector<metrics::Bucket>> read = store.read(metric.key, end - length_of(threshold), std::numeric_limits<int64_t>::max(),
                                                         metric.statistic.is_basic() ? metrics::Detail::kBasic : metrics::Detail::kAll);
  if (!read) return tl::unexpected(read.error());
  const std::vector<metrics::Bucket> buckets = of_one_unit(std::move(*read), metric.unit);
  Evaluation evaluation{.judgement = {}, .has_data = !buckets.empty()};
  const bool stays_crossed = threshold.wants_more() ? metric.statistic.only_rises() : metric.statistic.only_falls();
  for (int64_t open = end + step; stays_crossed && open < seconds_of(now) + step; open += step) {
    if (buckets.empty() || buckets.back().slot.time < open - step) continue;
    evaluation.judgement = judge(threshold, range_until(buckets, metric.statistic, threshold, open), now);
    if (evaluation.judgement.verdict == Verdict::kAlarm) return evaluation;
  }
  evaluation.judgement = judge(threshold, range_until(buckets, metric.statistic, threshold, end), now);
  return evaluation;
}

Result<Evaluation> of_expression(const Queries& queries, const Queries::Query& returned, const Threshold& threshold, metrics::Store& store,
                                 Time now) {
  const int64_t end = whole_until(threshold.period, now), start = end - length_of(threshold);
  Evaluation evaluation;
  std::string problem;
  QueryRun run(
      queries,
      [&](const std::string& metric, int64_t from, int64_t until, metrics::Detail detail) {
        auto buckets = store.read(metric, from, std::numeric_limits<int64_t>::max(), detail);
        if (!buckets) {
          problem = buckets.error().message;
          return std::vector<metrics::Bucket>();
        }
        evaluation.has_data = evaluation.has_data || !buckets->empty();
        std::erase_if(*buckets, [&](const metrics::Bucket& bucket) { return bucket.slot.time >= until; });
        return std::move(*buckets);
      },
      start, end, std::nullopt);
  std::vector<Observed> range;
  try {
    const std::vector<Series> found = run.result(returned);
    if (found.size() != 1) return failure("the expression of {} gives {} time series", returned.id, found.size());
    for (int64_t time = start; time < end; time += threshold.period) {
      const auto point = found[0].points.find(time);
      range.push_back({.time = time, .value = point == found[0].points.end() ? std::nullopt : std::optional(point->second), .samples = 0});
    }
  } catch (const aws::Error& error) {
    problem = error.message;
  }
  if (!problem.empty()) return failure("{}", problem);
  evaluation.judgement = judge(threshold, range, now);
  return evaluation;
}

}  // namespace

int64_t step_of(int64_t period) { return period < kMinute ? kShortStep : kMinute; }
int64_t grace_of(int64_t step) { return step == kShortStep ? 1 : 5; }

std::vector<std::string> metrics_of(const Alarm& alarm) {
  const std::string scope = scope_of(alarm.account, alarm.region);
  if (!alarm.config.contains("Metrics")) return {metrics::key_of(metric_of(scope, alarm.config))};
  const Queries queries(alarm.config.at("Metrics"), scope);
  std::vector<std::string> keys;
  for (const Queries::Query& query : queries.all())
    if (query.is_metric()) keys.push_back(query.metric);
  return keys;
}

Result<Evaluation> evaluate(const Alarm& alarm, metrics::Store& store, Time now) {
  const std::string scope = scope_of(alarm.account, alarm.region);
  if (!alarm.config.contains("Metrics")) {
    const Threshold threshold = threshold_of(alarm.config);
    Result<metrics::Statistic> statistic = metrics::Statistic::parse(threshold.statistic);
    if (!statistic) return tl::unexpected(statistic.error());
    return of_metric({metrics::key_of(metric_of(scope, alarm.config)), threshold.unit, *statistic}, threshold, store, now);
  }
  const Queries queries(alarm.config.at("Metrics"), scope);
  Threshold threshold = threshold_of(alarm.config);
  const Queries::Query& returned = *std::ranges::find(queries.all(), true, &Queries::Query::is_returned);
  threshold.period = period_of(queries);
  if (returned.is_metric()) return of_metric({returned.metric, returned.unit, *returned.statistic}, threshold, store, now);
  return of_expression(queries, returned, threshold, store, now);
}

int64_t period_of(const Queries& queries) {
  for (const Queries::Query& query : queries.all())
    if (query.is_metric()) return query.period;
  return kMinute;
}

int64_t period_of(const Alarm& alarm) {
  if (!alarm.config.contains("Metrics")) return alarm.config.at("Period").get<int64_t>();
  return period_of(Queries(alarm.config.at("Metrics"), scope_of(alarm.account, alarm.region)));
}

}  // namespace cairn::cloudwatch
