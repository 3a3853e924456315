#include "services/monitoring/series.h"

#include "metrics/retention.h"

namespace cairn::cloudwatch {

std::map<metrics::Unit, Periods> gather(const std::vector<metrics::Bucket>& buckets, const Span& span) {
  std::map<metrics::Unit, Periods> found;
  for (const metrics::Bucket& bucket : buckets) {
    if (bucket.slot.time < span.start || bucket.slot.time >= span.end) continue;
    const int64_t begin = bucket.slot.time - (bucket.slot.time - span.start) % span.period;
    found[bucket.slot.unit][begin].add(bucket.summary);
  }
  return found;
}

bool is_period(int64_t seconds) {
  if (seconds == 1 || seconds == 5 || seconds == 10 || seconds == 20 || seconds == 30) return true;
  return seconds > 0 && seconds % 60 == 0;
}

std::optional<Span> rounded(Span span, int64_t now) {
  const std::optional<uint32_t> finest = metrics::resolution_at(now - span.start);
  const int64_t grain = finest.value_or(3600);
  if (span.period % grain != 0) return std::nullopt;
  const int64_t unit = span.period < 60 ? span.period : std::max<int64_t>(60, grain);
  span.start -= (span.start % unit + unit) % unit;
  return span;
}

}  // namespace cairn::cloudwatch
