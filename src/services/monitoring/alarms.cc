#include <array>

#include "api/operation.h"
#include "api/ports.h"
#include "services/monitoring/errors.h"
#include "services/monitoring/history.h"
#include "services/monitoring/transition.h"

/// What is done with alarms that there are: DeleteAlarms, EnableAlarmActions, DisableAlarmActions, SetAlarmState.
namespace cairn::cloudwatch {
namespace {

constexpr size_t kChangedBytesMax = 400'000;  // of documents in one call: all of it is one entry of the journal

/// Those that are there go, as on AWS; none at all is an error.
void delete_alarms(api::Call& call) {
  std::vector<std::string> missing;
  const Json& names = call.in.at("AlarmNames");
  for (const Json& name : names) {
    const std::optional<Alarm> alarm = find_alarm(call, name.get<std::string>());
    if (!alarm) {
      missing.push_back(name.get<std::string>());
      continue;
    }
    call.state->erase(documents::alarm(alarm->account, alarm->region, alarm->name));
    note_history(*call.state, *alarm, Happened::kConfigurationUpdate, fmt::format("Alarm \"{}\" deleted", alarm->name),
                 {{"version", "1.0"}, {"type", "Delete"}, {"deletedAlarm", shown(*alarm)}}, call.now);
  }
  if (!missing.empty() && missing.size() == names.size()) throw Error(kNotFound, "Alarm {} does not exist", fmt::join(missing, ", "));
}

void set_actions(api::Call& call, bool enabled) {
  size_t bytes = 0;
  for (const Json& name : call.in.at("AlarmNames")) {
    std::optional<Alarm> alarm = find_alarm(call, name.get<std::string>());
    if (!alarm || alarm->has_actions() == enabled) continue;
    alarm->config["ActionsEnabled"] = enabled;
    alarm->configured = call.now;
    put_alarm(*call.state, *alarm);
    bytes += encode(*alarm).size();
    if (bytes > kChangedBytesMax) throw Error(kValidationError, "The alarms are too large to be changed in one call: name fewer.");
    note_history(*call.state, *alarm, Happened::kConfigurationUpdate, fmt::format("Alarm \"{}\" updated", alarm->name),
                 {{"version", "1.0"}, {"type", "Update"}, {"updatedAlarm", shown(*alarm)}}, call.now);
  }
}

void disable_alarm_actions(api::Call& call) { set_actions(call, false); }
void enable_alarm_actions(api::Call& call) { set_actions(call, true); }

void set_alarm_state(api::Call& call) {
  const Json& in = call.in;
  std::optional<Alarm> alarm = find_alarm(call, in.at("AlarmName").get<std::string>());
  if (!alarm) throw Error(kNotFound, "");
  const std::string data = in.value("StateReasonData", "");
  if (!data.empty() && !json::parse(data)) throw Error(kInvalidFormat, "StateReasonData is not valid JSON.");
  change_state(*call.state, *call.ports->random, *alarm,
               {in.at("StateValue").get<std::string>(), in.at("StateReason").get<std::string>(), data}, call.now);
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"DeleteAlarms", delete_alarms},
    {"DisableAlarmActions", disable_alarm_actions},
    {"EnableAlarmActions", enable_alarm_actions},
    {"SetAlarmState", set_alarm_state},
});

}  // namespace
}  // namespace cairn::cloudwatch

namespace cairn::services {
extern const api::Family monitoring_alarms;
const api::Family monitoring_alarms{.service = "monitoring", .operations = cloudwatch::kOperations};
}  // namespace cairn::services
