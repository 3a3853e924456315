#pragma once
#include <string>
#include <vector>

#include "services/monitoring/alarm.h"
#include "services/monitoring/transition.h"

namespace cairn::cloudwatch {

/// The documents of the alarms that a composite alarm's rule names.
std::vector<std::string> children_of(const Alarm& composite);
/// The document of an alarm that a rule names, by its name or ARN; "": it is of another account or region.
std::string child_key(const Alarm& composite, const std::string& named);

/// What the rule says now. `cause`: the document of the alarm whose change made it be looked at; "": the rule itself is new.
NewState evaluate_rule(state::Transaction& state, const Alarm& composite, const std::string& cause);

}  // namespace cairn::cloudwatch
