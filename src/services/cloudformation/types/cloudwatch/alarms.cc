#include "services/cloudformation/types/cloudwatch/alarms.h"

namespace cairn::cloudformation {
namespace {

void put_alarm(Doing& doing, std::string_view put, const std::string& name, bool is_new) {
  Json in = doing.wanted;
  in.erase("Tags");
  if (is_new && !doing.tags().empty()) in["Tags"] = doing.tags();
  in["AlarmName"] = name;
  doing.call("monitoring", put, std::move(in));
}

bool is_there(Doing& doing, const std::string& name) {
  const Json found =
      doing.call("monitoring", "DescribeAlarms", {{"AlarmNames", {name}}, {"AlarmTypes", {"MetricAlarm", "CompositeAlarm"}}});
  const Json none = Json::array();
  return !found.value("MetricAlarms", none).empty() || !found.value("CompositeAlarms", none).empty();
}

}  // namespace

void create_alarm(Doing& doing, std::string_view put) {
  const std::string name = doing.name("AlarmName", {.characters_max = 255});
  // `put` would overwrite it.
  if (doing.is_named("AlarmName") && is_there(doing, name)) throw Failed{fmt::format("{} already exists", name)};
  put_alarm(doing, put, name, true);
  doing.physical = name;
  doing.attributes["Arn"] = fmt::format("arn:aws:cloudwatch:{}:{}:alarm:{}", doing.where().region.str(), doing.where().account.str(), name);
}

void update_alarm(Doing& doing, std::string_view put) {
  put_alarm(doing, put, doing.physical, false);
  tag_alarm(doing);
}

void tag_alarm(Doing& doing) { retag(doing, {.service = "monitoring", .id_member = "ResourceARN"}, doing.attributes.value("Arn", "")); }

bool find_alarm(Doing& doing, const char* list) {
  const Json found = doing.call("monitoring", "DescribeAlarms",
                                {{"AlarmNames", {doing.id("AlarmName")}}, {"AlarmTypes", {"MetricAlarm", "CompositeAlarm"}}});
  const Json alarms = found.value(list, Json::array());
  if (alarms.empty()) return false;
  doing.physical = alarms.at(0).at("AlarmName").get<std::string>();
  doing.attributes["Arn"] = alarms.at(0).at("AlarmArn");
  return true;
}

void remove_alarm(Doing& doing) {
  doing.call_unless({"ResourceNotFound", "ResourceNotFoundException"}, "monitoring", "DeleteAlarms", {{"AlarmNames", {doing.physical}}});
}

void read_alarm(Doing& doing, const char* list) {
  const Json found =
      doing.call("monitoring", "DescribeAlarms", {{"AlarmNames", {doing.physical}}, {"AlarmTypes", {"MetricAlarm", "CompositeAlarm"}}});
  const Json alarms = found.value(list, Json::array());
  doing.is_gone = alarms.empty();
  if (doing.is_gone) return;
  for (const auto& [name, value] : doing.wanted.items()) {
    if (name == "Tags") continue;
    const auto live = alarms.at(0).find(name);
    doing.live[name] = live == alarms.at(0).end() ? Json() : *live;
  }
  if (doing.has("Tags"))
    read_tags(doing, doing.call("monitoring", "ListTagsForResource", {{"ResourceARN", doing.attributes.value("Arn", "")}}).at("Tags"));
}

}  // namespace cairn::cloudformation
