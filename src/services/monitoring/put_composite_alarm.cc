#include <array>
#include <set>

#include "api/operation.h"
#include "services/monitoring/composite.h"
#include "services/monitoring/errors.h"
#include "services/monitoring/new_alarm.h"
#include "services/monitoring/rule.h"

/// PutCompositeAlarm.
namespace cairn::cloudwatch {
namespace {

void refuse_unknown(const Json& in) {
  for (const char* member : {"ActionsSuppressor", "ActionsSuppressorWaitPeriod", "ActionsSuppressorExtensionPeriod", "ActionConfiguration"})
    if (in.contains(member)) throw Error(aws::kNotImplemented, "{} is not implemented: leave it out.", member);
}

/// Whether the state of any of these alarms depends on that of `wanted`.
bool depend_on(api::Call& call, std::vector<std::string> open, const std::string& wanted) {
  std::set<std::string> seen;
  while (!open.empty()) {
    const std::string next = std::move(open.back());
    open.pop_back();
    if (next == wanted) return true;
    if (!seen.insert(next).second) continue;
    const std::optional<Alarm> alarm = find_alarm(*call.state, next);
    if (!alarm || !alarm->is_composite) continue;
    for (std::string& child : children_of(*alarm)) open.push_back(std::move(child));
  }
  return false;
}

/// Differs from AWS: rules that depend on themselves are refused, and suppressors.
void put_composite_alarm(api::Call& call) {
  refuse_unknown(call.in);
  const Result<AlarmRule, AlarmRule::Refusal> rule = AlarmRule::read(call.in.at("AlarmRule").get<std::string>());
  if (!rule) throw Error(kValidationError, "Invalid AlarmRule: {} (at character {})", rule.error().message, rule.error().offset + 1);
  Alarm self;
  self.name = call.in.at("AlarmName").get<std::string>();
  self.account = call.account;
  self.region = call.region;
  std::vector<std::string> keys, missing;
  for (const std::string& named : rule->children()) {
    keys.push_back(child_key(self, named));
    if (keys.back().empty() || !call.state->exists(keys.back())) missing.push_back(named);
  }
  if (depend_on(call, std::move(keys), documents::alarm(self.account, self.region, self.name)))
    throw Error(kValidationError, "The alarm {} would depend on itself.", self.name);
  if (!missing.empty())
    throw Error(kValidationError, "Could not save the composite alarm as alarms [{}] in the alarm rule do not exist",
                fmt::join(missing, ", "));
  put_configuration(call, true);
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"PutCompositeAlarm", put_composite_alarm},
});

}  // namespace
}  // namespace cairn::cloudwatch

namespace cairn::services {
extern const api::Family monitoring_put_composite_alarm;
const api::Family monitoring_put_composite_alarm{.service = "monitoring", .operations = cloudwatch::kOperations};
}  // namespace cairn::services
