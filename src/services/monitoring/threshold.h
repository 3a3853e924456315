#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/time.h"
#include "services/monitoring/missing_data.h"

namespace cairn::cloudwatch {

/// What a metric alarm holds its values against.
struct Threshold {
  enum class Op { kGreater, kGreaterOrEqual, kLess, kLessOrEqual };
  Op op = Op::kGreater;
  double value = 0;
  Demand demand;
  bool names_demand = false;  // DatapointsToAlarm was given
  Missing missing = Missing::kMissing;
  int64_t period = 60;
  std::string statistic, unit;  // "": of a metric-math alarm; none was given

  bool breaches(double v) const;
  bool wants_more() const { return op == Op::kGreater || op == Op::kGreaterOrEqual; }
};
Threshold threshold_of(const Json& config);  // of a metric alarm's document

/// The value of one period; none: without data.
struct Observed {
  int64_t time = 0;  // when it begins, seconds since 1970
  std::optional<double> value;
  double samples = 0;
};

struct Judgement {
  Verdict verdict = Verdict::kAsBefore;
  std::string reason, reason_data;  // in AWS's words
};
/// `range`: the last N + kMorePeriods periods, oldest first.
Judgement judge(const Threshold& threshold, const std::vector<Observed>& range, Time now);

/// 2018-09-16T00:22:56.053+0000, as CloudWatch writes times within texts.
std::string java_time(Time time);

}  // namespace cairn::cloudwatch
