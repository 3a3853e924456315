#include <algorithm>
#include <array>

#include "api/operation.h"
#include "base/text.h"
#include "services/monitoring/alarm.h"
#include "services/monitoring/errors.h"
#include "services/monitoring/metric.h"

/// DescribeAlarms, DescribeAlarmsForMetric.
namespace cairn::cloudwatch {
namespace {

constexpr size_t kRecordsMax = 100;  // in one answer, unless the call asks for fewer: AWS gives 50 then
constexpr size_t kRecordsUsual = 50;

/// Composite alarms are there only if asked for.
bool wants_type(const Json& in, const Alarm& alarm) {
  const auto types = in.find("AlarmTypes");
  if (types == in.end() || types->empty()) return !alarm.is_composite;
  return std::ranges::any_of(*types, [&](const Json& type) { return type == alarm.type(); });
}

bool has_action(const Alarm& alarm, const std::string& prefix) {
  for (const char* member : {"OKActions", "AlarmActions", "InsufficientDataActions"})
    if (const auto actions = alarm.config.find(member); actions != alarm.config.end())
      for (const Json& action : *actions)
        if (action.get<std::string>().starts_with(prefix)) return true;
  return false;
}

bool is_wanted(const Json& in, const Alarm& alarm) {
  if (!wants_type(in, alarm)) return false;
  if (in.contains("StateValue") && in.at("StateValue") != alarm.state) return false;
  return !in.contains("ActionPrefix") || has_action(alarm, in.at("ActionPrefix").get<std::string>());
}

void show(api::Call& call, const Alarm& alarm) {
  call.out[alarm.is_composite ? "CompositeAlarms" : "MetricAlarms"].push_back(shown(alarm));
}

void describe_alarms(api::Call& call) {
  const Json& in = call.in;
  if (in.contains("AlarmNames") && in.contains("AlarmNamePrefix"))
    throw Error(kInvalidCombination, "AlarmNames and AlarmNamePrefix are mutually exclusive.");
  if (in.contains("ChildrenOfAlarmName") || in.contains("ParentsOfAlarmName"))
    throw Error(aws::kNotImplemented, "ChildrenOfAlarmName and ParentsOfAlarmName are not implemented.");
  call.out["CompositeAlarms"] = Json::array();
  call.out["MetricAlarms"] = Json::array();
  if (const auto names = in.find("AlarmNames"); names != in.end() && !names->empty()) {
    for (const Json& name : *names)
      if (const std::optional<Alarm> alarm = find_alarm(call, name.get<std::string>()); alarm && is_wanted(in, *alarm)) show(call, *alarm);
    return;
  }
  const std::string folder = documents::alarms_in(call.account, call.region);
  const size_t limit = std::min(in.value("MaxRecords", kRecordsUsual), kRecordsMax);
  std::string after;
  if (const auto token = in.find("NextToken"); token != in.end()) {
    const std::optional<std::string> name = text::from_base64(token->get<std::string>());
    if (!name || name->empty()) throw Error(kInvalidNextToken, "The next token is invalid.");
    after = folder + *name;
  }
  size_t count = 0;
  bool more = true;
  while (more && count < limit) {
    const state::Page page = call.state->list(folder + in.value("AlarmNamePrefix", ""), after, limit - count);
    more = page.more;
    for (const state::Item& item : page.items) {
      after = item.key;
      const Alarm alarm = decode_alarm(item.value);
      if (!is_wanted(in, alarm)) continue;
      show(call, alarm);
      ++count;
    }
  }
  if (more) call.out["NextToken"] = text::base64(after.substr(folder.size()));
}

void describe_alarms_for_metric(api::Call& call) {
  const Json& in = call.in;
  const std::string scope = scope_of(call), wanted = metrics::key_of(metric_of(scope, in));
  const auto fits = [&](const Json& config) {
    if (metrics::key_of(metric_of(scope, config)) != wanted) return false;
    return std::ranges::all_of(std::array{"Statistic", "ExtendedStatistic", "Period", "Unit"}, [&](const char* member) {
      return !in.contains(member) || (config.contains(member) && config.at(member) == in.at(member));
    });
  };
  call.out["MetricAlarms"] = Json::array();
  const std::string folder = documents::alarms_in(call.account, call.region);
  std::string after;
  for (bool more = true; more;) {
    const state::Page page = call.state->list(folder, after, 1000);
    more = page.more;
    for (const state::Item& item : page.items) {
      after = item.key;
      const Alarm alarm = decode_alarm(item.value);
      if (!alarm.is_composite && !alarm.config.contains("Metrics") && fits(alarm.config)) call.out["MetricAlarms"].push_back(shown(alarm));
    }
  }
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"DescribeAlarms", describe_alarms},
    {"DescribeAlarmsForMetric", describe_alarms_for_metric},
});

}  // namespace
}  // namespace cairn::cloudwatch

namespace cairn::services {
extern const api::Family monitoring_describe_alarms;
const api::Family monitoring_describe_alarms{.service = "monitoring", .operations = cloudwatch::kOperations};
}  // namespace cairn::services
