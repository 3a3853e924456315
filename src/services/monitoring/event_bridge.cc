#include "services/monitoring/event_bridge.h"

#include "rules/posted.h"
#include "services/monitoring/threshold.h"

/// After "Alarm events and EventBridge" in CloudWatch's User Guide.
namespace cairn::cloudwatch {
namespace {

void copy(const Json& from, const char* member, Json& to, const char* name) {
  if (const auto found = from.find(member); found != from.end()) to[name] = *found;
}

/// `metric` has Dimensions, MetricName and Namespace; `how` Period and Unit.
Json metric_stat(const Json& metric, const Json& how, const Json& stat) {
  Json dimensions = Json::object();
  for (const Json& each : metric.value("Dimensions", Json::array())) dimensions[each.at("Name").get<std::string>()] = each.at("Value");
  Json out{{"metric", {{"dimensions", std::move(dimensions)}, {"name", metric.at("MetricName")}}}};
  copy(metric, "Namespace", out["metric"], "namespace");
  out["period"] = how.at("Period");
  out["stat"] = stat;
  copy(how, "Unit", out, "unit");
  return out;
}

Json query_of(const Json& query) {
  Json out = Json::object();
  copy(query, "AccountId", out, "accountId");
  copy(query, "Expression", out, "expression");
  out["id"] = query.at("Id");
  copy(query, "Label", out, "label");
  if (const auto stat = query.find("MetricStat"); stat != query.end())
    out["metricStat"] = metric_stat(stat->at("Metric"), *stat, stat->at("Stat"));
  copy(query, "Period", out, "period");
  out["returnData"] = query.value("ReturnData", true);
  return out;
}

Json configuration_of(const Alarm& alarm, std::string_view metric_id) {
  Json out = Json::object();
  if (alarm.is_composite) out["alarmRule"] = alarm.config.at("AlarmRule");
  copy(alarm.config, "AlarmDescription", out, "description");
  if (alarm.is_composite) return out;
  Json metrics = Json::array();
  if (const auto queries = alarm.config.find("Metrics"); queries != alarm.config.end()) {
    for (const Json& query : *queries) metrics.push_back(query_of(query));
  } else {
    const Json& stat = alarm.config.at(alarm.config.contains("Statistic") ? "Statistic" : "ExtendedStatistic");
    metrics.push_back({{"id", metric_id}, {"metricStat", metric_stat(alarm.config, alarm.config, stat)}, {"returnData", true}});
  }
  out["metrics"] = std::move(metrics);
  return out;
}

Json state_of(const Alarm& alarm) {
  Json out{{"reason", alarm.reason}};
  if (!alarm.reason_data.empty()) out["reasonData"] = alarm.reason_data;
  out["timestamp"] = java_time(alarm.updated);
  out["value"] = alarm.state;
  return out;
}

}  // namespace

Json change_of(const Alarm& alarm, const Alarm& before, std::string_view metric_id) {
  return {{"alarmName", alarm.name},
          {"configuration", configuration_of(alarm, metric_id)},
          {"previousState", state_of(before)},
          {"state", state_of(alarm)}};
}

void post_change(state::Transaction& state, env::Random& random, const Alarm& alarm, const Alarm& before, Time now) {
  const std::string resources[] = {alarm.arn()};
  const std::string id = random.uuid(), detail = json::dump(change_of(alarm, before, random.uuid()));
  (void)rules::post(state, {.id = id,
                            .detail_type = "CloudWatch Alarm State Change",
                            .source = "aws.cloudwatch",
                            .account = alarm.account,
                            .time = now,
                            .region = alarm.region,
                            .resources = resources,
                            .detail = detail});
}

}  // namespace cairn::cloudwatch
