#pragma once
#include <string>

#include "api/call.h"
#include "metrics/metric.h"
#include "metrics/unit.h"

namespace cairn::cloudwatch {

/// Whose metrics are meant.
std::string scope_of(const aws::AccountId& account, const aws::Region& region);
std::string scope_of(const api::Call& call);

/// The metric that `in` names by Namespace, MetricName and Dimensions.
metrics::Metric metric_of(const std::string& scope, const Json& in);
/// [{Name, Value}] as the model has it.
Json dimensions_of(const metrics::Metric& metric);

Time time_of(const Json& value);  // of a parameter
int64_t seconds_of(Time time);    // since 1970, rounded down

}  // namespace cairn::cloudwatch
