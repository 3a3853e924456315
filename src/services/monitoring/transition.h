#pragma once
#include <string>

#include "env/random.h"
#include "services/monitoring/alarm.h"

namespace cairn::cloudwatch {

struct NewState {
  std::string value;  // OK, ALARM, INSUFFICIENT_DATA
  std::string reason, reason_data;
};

/// Gives an alarm a state, in `alarm` and in its document, with all that follows if the value is another than before: an item of its
/// history, its actions, and an event on the default bus.
void change_state(state::Transaction& state, env::Random& random, Alarm& alarm, NewState next, Time now);

}  // namespace cairn::cloudwatch
