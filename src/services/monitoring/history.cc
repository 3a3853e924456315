#include "services/monitoring/history.h"

#include "base/crypto.h"

namespace cairn::cloudwatch {

namespace {

constexpr size_t kDataBytesMax = 4095;

/// What does not fit goes without its largest members.
std::string short_text(Json data) {
  std::string text = json::dump(data);
  for (const char* member : {"createdAlarm", "updatedAlarm", "deletedAlarm"})
    if (text.size() > kDataBytesMax && data.erase(member) > 0) text = json::dump(data);
  for (const char* member : {"oldState", "newState"})
    if (text.size() > kDataBytesMax && data.contains(member) && data[member].erase("stateReasonData") > 0) text = json::dump(data);
  return text;
}

}  // namespace

std::string_view name_of(Happened happened) {
  switch (happened) {
    case Happened::kConfigurationUpdate:
      return "ConfigurationUpdate";
    case Happened::kStateUpdate:
      return "StateUpdate";
    case Happened::kAction:
      return "Action";
  }
  return "";
}

void note_history(state::Transaction& state, const Alarm& alarm, Happened happened, std::string summary, const Json& data, Time now) {
  const Json item{{"AlarmName", alarm.name},
                  {"AlarmType", alarm.type()},
                  {"Timestamp", timestamps::iso8601_millis(now)},
                  {"HistoryItemType", name_of(happened)},
                  {"HistorySummary", std::move(summary)},
                  {"HistoryData", short_text(data)}};
  // The same of one moment is the same item.
  const uint32_t what = crypto::crc32c(item.at("HistorySummary").get_ref<const std::string&>());
  state.put(fmt::format("{}{}/{}/{:08x}", documents::history_in(alarm.account, alarm.region), documents::history_at(now), alarm.name, what),
            json::dump(item));
}

namespace documents {

std::string history_in(const aws::AccountId& account, const aws::Region& region) {
  return fmt::format("{}{}/{}/", kHistory, account.str(), region.str());
}
std::string history_at(Time time) { return fmt::format("{:016}", time.time_since_epoch().count()); }

}  // namespace documents

}  // namespace cairn::cloudwatch
