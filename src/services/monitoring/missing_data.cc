#include "services/monitoring/missing_data.h"

namespace cairn::cloudwatch {

std::optional<Missing> missing_of(std::string_view text) {
  if (text.empty() || text == "missing") return Missing::kMissing;
  if (text == "ignore") return Missing::kIgnore;
  if (text == "breaching") return Missing::kBreaching;
  if (text == "notBreaching") return Missing::kNotBreaching;
  return std::nullopt;
}

Verdict judge(std::span<const Datum> range, Demand demand, Missing missing) {
  size_t there = 0, breaching = 0, oldest_breaching = 0;  // the last as a number of periods ago, from 1
  for (size_t ago = 1; ago <= range.size() && there < demand.periods; ++ago) {
    const Datum datum = range[range.size() - ago];
    if (datum == Datum::kNone) continue;
    ++there;
    if (datum != Datum::kBreaching) continue;
    ++breaching;
    oldest_breaching = ago;
  }
  if (breaching >= demand.breaching) return Verdict::kAlarm;
  if (there == demand.periods) return Verdict::kOk;
  const size_t filled = demand.periods - there;
  if (missing == Missing::kBreaching) return breaching + filled >= demand.breaching ? Verdict::kAlarm : Verdict::kOk;
  if (missing == Missing::kNotBreaching) return Verdict::kOk;
  if (there > breaching) return Verdict::kOk;
  // Nothing is within the threshold. What began to breach just now may still turn out to be the exception.
  if (missing == Missing::kIgnore) return Verdict::kAsBefore;
  return breaching > 0 && oldest_breaching >= demand.breaching ? Verdict::kAlarm : Verdict::kInsufficientData;
}

}  // namespace cairn::cloudwatch
