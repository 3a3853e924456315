#pragma once
#include <string>
#include <string_view>

#include "env/random.h"
#include "services/monitoring/alarm.h"

namespace cairn::cloudwatch {

/// Puts "CloudWatch Alarm State Change" on the default event bus of the alarm's account, in the same entry of the journal as the change.
/// `before`: the alarm as it was.
void post_change(state::Transaction& state, env::Random& random, const Alarm& alarm, const Alarm& before, Time now);

/// The event's detail. `metric_id`: what the metric of an alarm without metric math is called.
Json change_of(const Alarm& alarm, const Alarm& before, std::string_view metric_id);

}  // namespace cairn::cloudwatch
