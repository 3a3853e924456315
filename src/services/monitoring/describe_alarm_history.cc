#include <algorithm>
#include <array>

#include "api/operation.h"
#include "base/text.h"
#include "services/monitoring/errors.h"
#include "services/monitoring/history.h"
#include "services/monitoring/metric.h"

/// DescribeAlarmHistory.
namespace cairn::cloudwatch {
namespace {

constexpr size_t kRecordsUsual = 100;
constexpr size_t kAtOnce = 1000;  // documents read together

bool is_wanted(const Json& in, const Json& item) {
  if (in.contains("AlarmName") && item.at("AlarmName") != in.at("AlarmName")) return false;
  if (in.contains("HistoryItemType") && item.at("HistoryItemType") != in.at("HistoryItemType")) return false;
  const auto types = in.find("AlarmTypes");
  if (types == in.end() || types->empty()) return item.at("AlarmType") == "MetricAlarm" || in.contains("AlarmName");
  return std::ranges::find(*types, item.at("AlarmType")) != types->end();
}

/// The keys of the history between two times, oldest first.
std::vector<std::string> keys_between(api::Call& call, const std::string& folder, const std::string& first, const std::string& behind) {
  std::vector<std::string> keys;
  std::string after = folder + first;
  for (bool more = true; more;) {
    const state::Page page = call.state->list(folder, after, kAtOnce);
    more = page.more;
    for (const state::Item& item : page.items) {
      if (item.key >= folder + behind) return keys;
      keys.push_back(after = item.key);
    }
  }
  return keys;
}

void describe_alarm_history(api::Call& call) {
  const Json& in = call.in;
  if (in.contains("AlarmContributorId")) throw Error(aws::kNotImplemented, "AlarmContributorId is not implemented.");
  const std::string folder = documents::history_in(call.account, call.region);
  const Time start = in.contains("StartDate") ? time_of(in.at("StartDate")) : call.now - kHistoryKept;
  const Time end = in.contains("EndDate") ? time_of(in.at("EndDate")) : call.now;
  std::vector<std::string> keys =
      keys_between(call, folder, documents::history_at(start), documents::history_at(end + std::chrono::milliseconds(1)));
  const bool newest_first = in.value("ScanBy", "TimestampDescending") == "TimestampDescending";
  if (newest_first) std::ranges::reverse(keys);
  auto at = keys.begin();
  if (const auto token = in.find("NextToken"); token != in.end()) {
    const std::optional<std::string> name = text::from_base64(token->get<std::string>());
    if (!name) throw Error(kInvalidNextToken, "The next token is invalid.");
    at = std::ranges::find_if(keys, [&](const std::string& key) { return newest_first ? key < folder + *name : key > folder + *name; });
  }
  const size_t limit = in.value("MaxRecords", kRecordsUsual);
  Json& items = call.out["AlarmHistoryItems"] = Json::array();
  for (; at != keys.end(); ++at) {
    const std::optional<std::string> document = call.state->get(*at);
    if (!document) continue;
    Json item = json::parse(*document).value();  // we wrote it
    if (!is_wanted(in, item)) continue;
    if (items.size() == limit) {
      call.out["NextToken"] = text::base64((at - 1)->substr(folder.size()));
      return;
    }
    items.push_back(std::move(item));
  }
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"DescribeAlarmHistory", describe_alarm_history, api::Runs::kPool},
});

}  // namespace
}  // namespace cairn::cloudwatch

namespace cairn::services {
extern const api::Family monitoring_describe_alarm_history;
const api::Family monitoring_describe_alarm_history{.service = "monitoring", .operations = cloudwatch::kOperations};
}  // namespace cairn::services
