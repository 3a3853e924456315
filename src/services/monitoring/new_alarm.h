#pragma once
#include "services/monitoring/alarm.h"

namespace cairn::cloudwatch {

/// What PutMetricAlarm and PutCompositeAlarm do with a configuration that is sound: an alarm of that name is given it, and keeps its state,
/// or there is a new one. Throws for actions that cannot be done, and where there are too many alarms or tags.
Alarm put_configuration(api::Call& call, bool is_composite);

}  // namespace cairn::cloudwatch
