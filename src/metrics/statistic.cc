#include "metrics/statistic.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"

namespace cairn::metrics {
namespace {

std::optional<double> percent(std::string_view text) {
  if (text.empty() || text.find_first_not_of("0123456789.") != std::string_view::npos) return std::nullopt;
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value > 100) return std::nullopt;
  return value;
}

/// How many of the values, in their order, and what they add up to, between two shares of their number; a value at an edge counts in part.
struct Part {
  double count = 0, sum = 0, least = 0, most = 0;
};
Part part_of(const Summary& summary, double low, double high) {
  const double begin = summary.count() * low / 100, end = summary.count() * high / 100;
  Part part;
  double at = 0;
  for (const auto& [value, count] : summary.values()) {
    const double taken = std::min(at + count, end) - std::max(at, begin);
    at += count;
    if (taken <= 0) continue;
    if (part.count == 0) part.least = value;
    part.most = value;
    part.count += taken;
    part.sum += taken * value;
  }
  return part;
}

}  // namespace

Result<Statistic> Statistic::parse(std::string_view name) {
  struct Named {
    std::string_view name;
    Kind kind;
  };
  constexpr Named kBasic[] = {{"SampleCount", Kind::kSampleCount},
                              {"Average", Kind::kAverage},
                              {"Sum", Kind::kSum},
                              {"Minimum", Kind::kMinimum},
                              {"Maximum", Kind::kMaximum}};
  constexpr Named kExtended[] = {{"p", Kind::kPercentile},
                                 {"tm", Kind::kTrimmedMean},
                                 {"wm", Kind::kWinsorizedMean},
                                 {"tc", Kind::kTrimmedCount},
                                 {"ts", Kind::kTrimmedSum}};
  Statistic statistic;
  statistic.name_ = std::string(name);
  for (const Named& basic : kBasic)
    if (name == basic.name) return statistic.kind_ = basic.kind, statistic;
  if (text::equals_ignoring_case(name, "IQM")) {
    statistic.kind_ = Kind::kTrimmedMean;
    statistic.low_ = 25;
    statistic.high_ = 75;
    return statistic;
  }
  for (const Named& extended : kExtended) {
    if (!text::equals_ignoring_case(name.substr(0, extended.name.size()), extended.name)) continue;
    std::string_view rest = name.substr(extended.name.size());
    statistic.kind_ = extended.kind;
    if (const std::optional<double> high = percent(rest)) {
      statistic.high_ = *high;
      return statistic;
    }
    if (extended.kind == Kind::kPercentile || !rest.starts_with('(') || !rest.ends_with(')')) continue;
    rest = rest.substr(1, rest.size() - 2);
    const size_t colon = rest.find(':');
    if (colon == std::string_view::npos) continue;
    const auto bound = [](std::string_view text, double otherwise) -> std::optional<double> {
      if (text.empty()) return otherwise;
      if (!text.ends_with('%')) return std::nullopt;  // bounds that are values, not shares
      return percent(text.substr(0, text.size() - 1));
    };
    const std::optional<double> low = bound(rest.substr(0, colon), 0), high = bound(rest.substr(colon + 1), 100);
    if (!low || !high || *low >= *high) continue;
    statistic.low_ = *low;
    statistic.high_ = *high;
    return statistic;
  }
  return failure("{} is no statistic", name);
}

std::optional<double> Statistic::of(const Summary& summary) const {
  if (summary.count() <= 0) return std::nullopt;
  switch (kind_) {
    case Kind::kSampleCount:
      return summary.count();
    case Kind::kSum:
      return summary.sum();
    case Kind::kAverage:
      return summary.sum() / summary.count();
    case Kind::kMinimum:
      return summary.minimum();
    case Kind::kMaximum:
      return summary.maximum();
    default:
      break;
  }
  if (!summary.knows_values() || summary.minimum() < 0) return std::nullopt;  // negative ones have no percentiles on AWS either
  if (kind_ == Kind::kPercentile) {
    double at = 0;
    for (const auto& [value, count] : summary.values()) {
      at += count;
      if (at >= summary.count() * high_ / 100) return value;
    }
    return summary.maximum();
  }
  const Part part = part_of(summary, low_, high_);
  if (part.count <= 0) return std::nullopt;
  switch (kind_) {
    case Kind::kTrimmedMean:
      return part.sum / part.count;
    case Kind::kTrimmedCount:
      return part.count;
    case Kind::kTrimmedSum:
      return part.sum;
    default:  // winsorized: what lies outside counts as the nearest value inside
      return (part.sum + part.least * summary.count() * low_ / 100 + part.most * summary.count() * (100 - high_) / 100) / summary.count();
  }
}

}  // namespace cairn::metrics
