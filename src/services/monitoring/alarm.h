#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "api/call.h"

namespace cairn::cloudwatch {

/// An alarm as its document tells it.
struct Alarm {
  std::string name;
  aws::AccountId account;
  aws::Region region;
  bool is_composite = false;
  Json config;  // what PutMetricAlarm or PutCompositeAlarm took, by the model's names, without tags
  Time configured;
  std::string state = "INSUFFICIENT_DATA";
  std::string reason = "Unchecked: Initial alarm creation";
  std::string reason_data;  // JSON; "": none
  Time updated, transitioned;
  std::map<std::string, std::string> tags;

  std::string arn() const;
  bool has_actions() const { return config.value("ActionsEnabled", true); }
  std::string_view type() const { return is_composite ? "CompositeAlarm" : "MetricAlarm"; }
};

std::string encode(const Alarm& alarm);
Alarm decode_alarm(std::string_view document);
/// As DescribeAlarms gives it.
Json shown(const Alarm& alarm);

namespace documents {
inline constexpr std::string_view kAlarms = "cloudwatch/alarm/";
std::string alarms_in(const aws::AccountId& account, const aws::Region& region);
std::string alarm(const aws::AccountId& account, const aws::Region& region, std::string_view name);
}  // namespace documents

std::optional<Alarm> find_alarm(state::Transaction& state, const std::string& key);
void put_alarm(state::Transaction& state, const Alarm& alarm);
/// The alarm of the caller's account and region with this name.
std::optional<Alarm> find_alarm(api::Call& call, std::string_view name);

}  // namespace cairn::cloudwatch
