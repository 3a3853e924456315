#include "services/monitoring/alarm.h"

namespace cairn::cloudwatch {
namespace {

int64_t millis(Time time) { return time.time_since_epoch().count(); }
Time time_at(const Json& document, const char* member) { return Time(std::chrono::milliseconds(document.at(member).get<int64_t>())); }

}  // namespace

std::string Alarm::arn() const { return fmt::format("arn:aws:cloudwatch:{}:{}:alarm:{}", region.str(), account.str(), name); }

std::string encode(const Alarm& alarm) {
  Json document{{"name", alarm.name},
                {"account", alarm.account.str()},
                {"region", alarm.region.str()},
                {"composite", alarm.is_composite},
                {"config", alarm.config},
                {"configured", millis(alarm.configured)},
                {"state", alarm.state},
                {"reason", alarm.reason},
                {"reasonData", alarm.reason_data},
                {"updated", millis(alarm.updated)},
                {"transitioned", millis(alarm.transitioned)}};
  if (!alarm.tags.empty()) document["tags"] = alarm.tags;
  return json::dump(document);
}

Alarm decode_alarm(std::string_view text) {
  Json document = json::parse(text).value();  // we wrote it
  Alarm alarm{.name = document.at("name").get<std::string>(),
              .account = aws::AccountId(document.at("account").get<std::string>()),
              .region = aws::Region(document.at("region").get<std::string>()),
              .is_composite = document.at("composite").get<bool>(),
              .config = std::move(document.at("config")),
              .configured = time_at(document, "configured"),
              .state = document.at("state").get<std::string>(),
              .reason = document.at("reason").get<std::string>(),
              .reason_data = document.at("reasonData").get<std::string>(),
              .updated = time_at(document, "updated"),
              .transitioned = time_at(document, "transitioned"),
              .tags = {}};
  if (const auto tags = document.find("tags"); tags != document.end())
    for (const auto& [key, value] : tags->items()) alarm.tags[key] = value.get<std::string>();
  return alarm;
}

Json shown(const Alarm& alarm) {
  Json out = alarm.config;
  out["AlarmName"] = alarm.name;
  out["AlarmArn"] = alarm.arn();
  out["ActionsEnabled"] = alarm.has_actions();
  for (const char* actions : {"OKActions", "AlarmActions", "InsufficientDataActions"})
    if (!out.contains(actions)) out[actions] = Json::array();
  if (!alarm.is_composite && !out.contains("Dimensions") && !out.contains("Metrics")) out["Dimensions"] = Json::array();
  out["AlarmConfigurationUpdatedTimestamp"] = timestamps::iso8601_millis(alarm.configured);
  out["StateValue"] = alarm.state;
  out["StateReason"] = alarm.reason;
  if (!alarm.reason_data.empty()) out["StateReasonData"] = alarm.reason_data;
  out["StateUpdatedTimestamp"] = timestamps::iso8601_millis(alarm.updated);
  out["StateTransitionedTimestamp"] = timestamps::iso8601_millis(alarm.transitioned);
  return out;
}

namespace documents {

std::string alarms_in(const aws::AccountId& account, const aws::Region& region) {
  return fmt::format("{}{}/{}/", kAlarms, account.str(), region.str());
}
std::string alarm(const aws::AccountId& account, const aws::Region& region, std::string_view name) {
  return alarms_in(account, region).append(name);
}

}  // namespace documents

std::optional<Alarm> find_alarm(state::Transaction& state, const std::string& key) {
  const std::optional<std::string> document = state.get(key);
  if (!document) return std::nullopt;
  return decode_alarm(*document);
}

void put_alarm(state::Transaction& state, const Alarm& alarm) {
  state.put(documents::alarm(alarm.account, alarm.region, alarm.name), encode(alarm));
}

std::optional<Alarm> find_alarm(api::Call& call, std::string_view name) {
  return find_alarm(*call.state, documents::alarm(call.account, call.region, name));
}

}  // namespace cairn::cloudwatch
