#include "services/monitoring/actions.h"

#include <algorithm>
#include <array>

#include "aws/names.h"
#include "base/text.h"
#include "outbox/item.h"
#include "services/monitoring/errors.h"
#include "services/monitoring/history.h"
#include "services/monitoring/region_name.h"
#include "services/monitoring/threshold.h"

namespace cairn::cloudwatch {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kService = "cloudwatch.amazonaws.com";
constexpr size_t kSummaryMax = 250;  // bytes; AWS's has at most 255 characters
constexpr size_t kSubjectMax = 100;  // characters that SNS takes

std::string_view actions_for(std::string_view state) {
  return state == "OK" ? "OKActions" : state == "ALARM" ? "AlarmActions" : "InsufficientDataActions";
}

Json actions_of(const Alarm& alarm, const char* member) { return alarm.config.value(member, Json::array()); }

/// Dimensions as this message has them.
Json small_dimensions(const Json& in) {
  Json out = Json::array();
  if (const auto dimensions = in.find("Dimensions"); dimensions != in.end())
    for (const Json& each : *dimensions) out.push_back({{"value", each.at("Value")}, {"name", each.at("Name")}});
  return out;
}

std::string capitals(const std::string& statistic) {
  if (statistic == "SampleCount") return "SAMPLE_COUNT";
  std::string out = statistic;
  std::ranges::transform(out, out.begin(), [](char c) { return static_cast<char>(std::toupper(c)); });
  return out;
}

Json trigger_of(const Json& config) {
  Json trigger = Json::object();
  const bool is_math = config.contains("Metrics");
  if (!is_math) {
    trigger["MetricName"] = config.at("MetricName");
    trigger["Namespace"] = config.at("Namespace");
    const bool is_basic = config.contains("Statistic");
    trigger["StatisticType"] = is_basic ? "Statistic" : "ExtendedStatistic";
    if (is_basic) trigger["Statistic"] = capitals(config.at("Statistic").get<std::string>());
    else trigger["ExtendedStatistic"] = config.at("ExtendedStatistic");
    trigger["Unit"] = config.value("Unit", Json());
    trigger["Dimensions"] = small_dimensions(config);
    trigger["Period"] = config.at("Period");
  }
  trigger["EvaluationPeriods"] = config.at("EvaluationPeriods");
  if (config.contains("DatapointsToAlarm")) trigger["DatapointsToAlarm"] = config.at("DatapointsToAlarm");
  trigger["ComparisonOperator"] = config.at("ComparisonOperator");
  trigger["Threshold"] = config.at("Threshold");
  trigger["TreatMissingData"] = config.value("TreatMissingData", "");
  trigger["EvaluateLowSampleCountPercentile"] = config.value("EvaluateLowSampleCountPercentile", "");
  if (!is_math) return trigger;
  for (Json query : config.at("Metrics")) {
    if (query.contains("MetricStat")) {
      Json& metric = query["MetricStat"]["Metric"];
      metric["Dimensions"] = small_dimensions(metric);
    }
    trigger["Metrics"].push_back(std::move(query));
  }
  return trigger;
}

Json triggering_children(const Alarm& alarm) {
  Json children = Json::array();
  const Result<Json> data = json::parse(alarm.reason_data);
  static const Json::json_pointer kAll("/triggeringAlarms"), kArn("/arn"), kValue("/state/value"), kTime("/state/timestamp");
  if (!data || !data->contains(kAll) || !data->at(kAll).is_array()) return children;
  for (const Json& each : data->at(kAll)) {
    if (!each.contains(kArn) || !each.contains(kValue) || !each.contains(kTime)) continue;  // SetAlarmState takes any JSON
    children.push_back({{"Arn", each.at(kArn)}, {"State", {{"Value", each.at(kValue)}, {"Timestamp", each.at(kTime)}}}});
  }
  return children;
}

}  // namespace

void check_action(std::string_view arn) {
  const std::vector<std::string_view> parts = text::split(arn, ':');
  if (parts.size() == 6 && parts[0] == "arn" && parts[2] == "sns" && aws::is_region(parts[3]) && aws::is_account_id(parts[4]) &&
      !parts[5].empty() && parts[5].find('/') == std::string_view::npos)
    return;
  if (parts.size() < 6 || parts[0] != "arn" || parts[2] == "sns") throw Error(kValidationError, "Invalid ARN: {}", arn);
  throw Error(aws::kNotImplemented, "Only topics of SNS can be actions of alarms: {} is not implemented.", arn);
}

std::string subject_of(const Alarm& alarm) {
  const std::string subject = fmt::format("{}: \"{}\" in {}", alarm.state, alarm.name, region_name(alarm.region));
  if (text::code_points(subject) <= kSubjectMax) return subject;
  size_t end = kSubjectMax - 3;
  while (end > 0 && (static_cast<unsigned char>(subject[end]) & 0xc0) == 0x80) --end;  // not within a character
  return subject.substr(0, end) + "...";
}

std::string message_of(const Alarm& alarm, std::string_view before) {
  Json message{{"AlarmName", alarm.name},
               {"AlarmDescription", alarm.config.value("AlarmDescription", Json())},
               {"AWSAccountId", alarm.account.str()}};
  if (!alarm.is_composite) message["AlarmConfigurationUpdatedTimestamp"] = java_time(alarm.configured);
  message["NewStateValue"] = alarm.state;
  message["NewStateReason"] = alarm.reason;
  message["StateChangeTime"] = java_time(alarm.updated);
  message["Region"] = region_name(alarm.region);
  message["AlarmArn"] = alarm.arn();
  if (!alarm.is_composite) message["OldStateValue"] = before;
  for (const char* member : {"OKActions", "AlarmActions", "InsufficientDataActions"}) message[member] = actions_of(alarm, member);
  if (!alarm.is_composite) {
    message["Trigger"] = trigger_of(alarm.config);
    return json::dump(message);
  }
  message["OldStateValue"] = before;
  message["AlarmRule"] = alarm.config.at("AlarmRule");
  message["TriggeringChildren"] = triggering_children(alarm);
  return json::dump(message);
}

void put_actions(state::Transaction& state, env::Random& random, const Alarm& alarm, std::string_view before, Time now) {
  if (!alarm.has_actions()) return;
  const Json actions = actions_of(alarm, std::string(actions_for(alarm.state)).c_str());
  if (actions.empty()) return;
  const std::string message = message_of(alarm, before), subject = subject_of(alarm);
  for (const Json& action : actions) {
    const std::string topic = action.get<std::string>();
    const aws::Region region(std::string(text::split(topic, ':')[3]));
    outbox::Call publish{.service = "sns", .region = region};
    publish.headers = {{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}};
    publish.body = fmt::format("Action=Publish&Version=2010-03-31&TopicArn={}&Subject={}&Message={}", text::percent_encode(topic),
                               text::percent_encode(subject), text::percent_encode(message));
    outbox::Item item;
    item.lane = fmt::format("{}.{}", kActionOwner, topic);
    item.owner = kActionOwner;
    item.what = std::move(publish);
    item.retry = {
        .immediate = 1, .growing = 20, .least = 1s, .most = 300s, .backoff = outbox::RetryPolicy::Backoff::kExponential, .age_max = 1h};
    item.sender = {.service = std::string(kService), .source_arn = alarm.arn(), .source_account = alarm.account};
    outbox::put(state, random, now, std::move(item));
  }
}

void AlarmActions::told(state::Transaction& state, const outbox::Item& item, const outbox::Told& told) {
  if (told.what == outbox::Told::What::kFailed) return;  // it is tried again
  const std::string arn = item.sender.source_arn;
  constexpr std::string_view kType = ":alarm:";
  const std::string name = arn.substr(arn.find(kType) + kType.size());
  const aws::Region region(std::string(text::split(arn, ':')[3]));
  const std::optional<Alarm> alarm = find_alarm(state, documents::alarm(item.sender.source_account, region, name));
  if (!alarm) return;
  const std::string topic = item.lane.substr(kActionOwner.size() + 1);
  const bool arrived = told.what == outbox::Told::What::kArrived;
  Json data{{"actionState", arrived ? "Succeeded" : "Failed"}, {"notificationResource", topic}, {"version", "1.0"}};
  if (!arrived) data["error"] = told.message;
  std::string summary = arrived ? fmt::format("Successfully executed action {}", topic)
                                : fmt::format("Failed to execute action {}. Received error: \"{}\"", topic, told.message);
  if (summary.size() > kSummaryMax) summary = text::replace_invalid_utf8(summary.substr(0, kSummaryMax - 3)) + "...";
  note_history(state, *alarm, Happened::kAction, std::move(summary), data, clock_.now());
}

}  // namespace cairn::cloudwatch
