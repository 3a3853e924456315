#pragma once
#include <string>
#include <string_view>

#include "services/monitoring/alarm.h"

namespace cairn::cloudwatch {

constexpr auto kHistoryKept = std::chrono::hours(24 * 30);

enum class Happened { kConfigurationUpdate, kStateUpdate, kAction };
std::string_view name_of(Happened happened);

/// What DescribeAlarmHistory shows of one thing that happened to an alarm.
void note_history(state::Transaction& state, const Alarm& alarm, Happened happened, std::string summary, const Json& data, Time now);

namespace documents {
inline constexpr std::string_view kHistory = "cloudwatch/history/";
std::string history_in(const aws::AccountId& account, const aws::Region& region);
std::string history_at(Time time);  // what names of items of that time begin with
}  // namespace documents

}  // namespace cairn::cloudwatch
