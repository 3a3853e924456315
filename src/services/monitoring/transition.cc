#include "services/monitoring/transition.h"

#include "services/monitoring/actions.h"
#include "services/monitoring/event_bridge.h"
#include "services/monitoring/history.h"

namespace cairn::cloudwatch {
namespace {

Json state_of(const Alarm& alarm) {
  Json state{{"stateValue", alarm.state}, {"stateReason", alarm.reason}};
  if (const Result<Json> data = json::parse(alarm.reason_data); data) state["stateReasonData"] = *data;
  return state;
}

}  // namespace

void change_state(state::Transaction& state, env::Random& random, Alarm& alarm, NewState next, Time now) {
  const Alarm before = alarm;
  alarm.state = std::move(next.value);
  alarm.reason = std::move(next.reason);
  alarm.reason_data = std::move(next.reason_data);
  alarm.updated = now;
  if (alarm.state != before.state) {
    alarm.transitioned = now;
    const Json history{{"version", "1.0"}, {"oldState", state_of(before)}, {"newState", state_of(alarm)}};
    note_history(state, alarm, Happened::kStateUpdate, fmt::format("Alarm updated from {} to {}", before.state, alarm.state), history, now);
    put_actions(state, random, alarm, before.state, now);
    post_change(state, random, alarm, before, now);
  }
  put_alarm(state, alarm);
}

}  // namespace cairn::cloudwatch
