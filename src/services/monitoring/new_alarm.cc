#include "services/monitoring/new_alarm.h"

#include <algorithm>

#include "api/authorize.h"
#include "api/system_tags.h"
#include "services/monitoring/actions.h"
#include "services/monitoring/errors.h"
#include "services/monitoring/history.h"
#include "services/monitoring/tag_set.h"

namespace cairn::cloudwatch {
namespace {

constexpr size_t kConfigBytesMax = 48 << 10;  // messages hold it, too, and go with the change of a state in one entry of the journal

void check_actions(const Json& in) {
  for (const char* member : {"OKActions", "AlarmActions", "InsufficientDataActions"})
    if (const auto actions = in.find(member); actions != in.end())
      for (const Json& action : *actions) check_action(action.get<std::string>());
}

}  // namespace

Alarm put_configuration(api::Call& call, bool is_composite) {
  const Json& in = call.in;
  const std::string name = in.at("AlarmName").get<std::string>();
  // On AWS, too; and no subject of a message may have them.
  if (std::ranges::any_of(name, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7f; }))
    throw Error(kValidationError, "The name of an alarm must not contain control characters.");
  check_actions(in);
  std::optional<Alarm> before = find_alarm(call, name);
  if (before && before->is_composite != is_composite) throw Error(kValidationError, "An alarm of another type named {} exists.", name);
  Alarm alarm;
  if (before) {
    alarm = *before;
  } else {
    alarm.name = name;
    alarm.account = call.account;
    alarm.region = call.region;
    alarm.is_composite = is_composite;
    alarm.updated = alarm.transitioned = call.now;
    if (const auto tags = in.find("Tags"); tags != in.end() && !tags->empty()) {
      if (api::has_own_tags(call, *tags)) api::require(call, {.action = "cloudwatch:TagResource", .resource = alarm.arn()});
      add_tags(call, alarm.tags, *tags);
    }
  }
  alarm.config = in;
  alarm.config.erase("Tags");
  alarm.config.erase("AlarmName");
  if (json::dump(alarm.config).size() > kConfigBytesMax)
    throw Error(kValidationError, "The configuration of an alarm can have at most {} bytes.", kConfigBytesMax);
  alarm.configured = call.now;
  put_alarm(*call.state, alarm);
  const char* what = before ? "updated" : "created";
  Json data{{"version", "1.0"}, {"type", before ? "Update" : "Create"}, {before ? "updatedAlarm" : "createdAlarm", shown(alarm)}};
  note_history(*call.state, alarm, Happened::kConfigurationUpdate, fmt::format("Alarm \"{}\" {}", name, what), data, call.now);
  return alarm;
}

}  // namespace cairn::cloudwatch
