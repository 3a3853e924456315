#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "metrics/store.h"
#include "services/monitoring/alarm.h"
#include "services/monitoring/queries.h"
#include "services/monitoring/threshold.h"

namespace cairn::cloudwatch {

/// How often an alarm of this period is looked at while time passes, in seconds.
int64_t step_of(int64_t period);
/// Measurements of a span of time are waited for so long after its end, in seconds, before it is taken as whole.
int64_t grace_of(int64_t step);

/// The period of the metrics of an alarm on metric math, which is the same for all.
int64_t period_of(const Queries& queries);

/// The keys of the metrics that a metric alarm looks at.
std::vector<std::string> metrics_of(const Alarm& alarm);

/// The period of any metric alarm, in seconds.
int64_t period_of(const Alarm& alarm);

struct Evaluation {
  Judgement judgement;
  bool has_data = false;  // within what is looked at, or still to come into it
};
/// The state of a metric alarm at a moment. Periods slide: the newest ends with the last whole step. Where what is still to come of the
/// present step cannot undo it, a threshold that is crossed already counts at once.
Result<Evaluation> evaluate(const Alarm& alarm, metrics::Store& store, Time now);

}  // namespace cairn::cloudwatch
