#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "metrics/statistic.h"
#include "metrics/store.h"

namespace cairn::cloudwatch {

/// What was measured of a metric, put together by periods.
struct Span {
  int64_t start = 0, end = 0;  // seconds since 1970, start <= time < end
  int64_t period = 60;         // seconds
  int64_t periods() const { return end > start ? (end - start + period - 1) / period : 0; }
};

/// By the time that a period begins. Of each unit apart, as AWS never mixes them.
using Periods = std::map<int64_t, metrics::Summary>;
std::map<metrics::Unit, Periods> gather(const std::vector<metrics::Bucket>& buckets, const Span& span);

/// What a client may ask for as a period: 1, 5, 10, 20, 30 or a multiple of 60.
bool is_period(int64_t seconds);

/// A client's time span as AWS takes it: the start rounded down, to seconds for the shortest periods, else to minutes, or, for what is long
/// ago, to the grain that is left. nullopt: nothing is kept in such short periods from so long ago.
std::optional<Span> rounded(Span span, int64_t now);

}  // namespace cairn::cloudwatch
