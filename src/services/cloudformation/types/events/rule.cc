#include <algorithm>
#include <array>

#include "services/cloudformation/resource_type.h"

namespace cairn::cloudformation {
namespace {

constexpr auto kProperties = std::to_array<Property>({
    {"Description"},
    {"EventBusName", On::kReplace},
    {"EventPattern"},
    {"Name", On::kReplace},
    {"RoleArn"},
    {"ScheduleExpression"},
    {"State"},
    {"Tags"},
    {"Targets"},
});
constexpr std::array<std::string_view, 1> kAttributes = {"Arn"};
constexpr std::array<std::string_view, 1> kIdentifiers = {"Arn"};

Json targets_of(const Json& properties) {
  const auto it = properties.find("Targets");
  return it == properties.end() ? Json::array() : *it;
}

/// Physical: NAME, or BUS|NAME on another bus than the default one.
Json place_of(const Doing& doing, const char* member) {
  const size_t bar = doing.physical.find('|');
  Json in{{member, doing.physical.substr(bar == std::string::npos ? 0 : bar + 1)}};
  if (doing.has("EventBusName")) in["EventBusName"] = doing.get("EventBusName");
  return in;
}

void check_entries(const Json& out) {
  if (out.value("FailedEntryCount", 0) == 0) return;
  const Json& entry = out.at("FailedEntries").at(0);
  throw Failed{fmt::format("The target {} cannot be put: {}", entry.value("TargetId", ""), entry.value("ErrorMessage", ""))};
}

/// A call takes ten at most.
void put_targets(Doing& doing) {
  constexpr size_t kAtOnce = 10;
  const Json all = targets_of(doing.wanted);
  for (size_t at = 0; at < all.size(); at += kAtOnce) {
    Json in = place_of(doing, "Rule");
    in["Targets"] = Json::array();
    for (size_t i = at; i < std::min(all.size(), at + kAtOnce); ++i) in["Targets"].push_back(all[i]);
    check_entries(doing.call("events", "PutTargets", std::move(in)));
  }
}

void put_rule(Doing& doing) {
  Json in = doing.members({{"Description"}, {"EventPattern"}, {"RoleArn"}, {"ScheduleExpression"}, {"State"}});
  in.update(place_of(doing, "Name"));
  if (doing.before.empty() && !doing.tags().empty()) in["Tags"] = doing.tags();
  doing.attributes["Arn"] = doing.call("events", "PutRule", std::move(in)).at("RuleArn");
}

void create(Doing& doing) {
  const std::string name = doing.name("Name");
  std::string bus = doing.text("EventBusName", "default");
  bus = bus.substr(bus.rfind('/') + 1);
  const std::string physical = bus == "default" ? name : bus + "|" + name;
  doing.physical = physical;
  if (doing.is_named("Name")) {  // PutRule would overwrite it
    Json in = place_of(doing, "Name");
    doing.physical.clear();
    if (doing.call_unless({"ResourceNotFoundException"}, "events", "DescribeRule", std::move(in)))
      throw Failed{fmt::format("{} already exists", physical)};
    doing.physical = physical;
  }
  try {
    put_rule(doing);
  } catch (...) {
    doing.physical.clear();
    throw;
  }
  put_targets(doing);
}

void drop_targets(Doing& doing, const Json& kept) {
  Json ids = Json::array();
  for (const Json& target : targets_of(doing.before.empty() ? doing.wanted : doing.before))
    if (std::ranges::none_of(kept, [&](const Json& each) { return each.at("Id") == target.at("Id"); })) ids.push_back(target.at("Id"));
  if (ids.empty()) return;
  Json in = place_of(doing, "Rule");
  in["Ids"] = std::move(ids);
  doing.call_unless({"ResourceNotFoundException"}, "events", "RemoveTargets", std::move(in));
}

void tag(Doing& doing) { retag(doing, {.service = "events", .id_member = "ResourceARN"}, doing.attributes.value("Arn", "")); }

void update(Doing& doing) {
  put_rule(doing);
  if (doing.changed("Targets")) {
    drop_targets(doing, targets_of(doing.wanted));
    put_targets(doing);
  }
  tag(doing);
}

void remove(Doing& doing) {
  drop_targets(doing, Json::array());
  doing.call_unless({"ResourceNotFoundException"}, "events", "DeleteRule", place_of(doing, "Name"));
}

void read(Doing& doing) {
  const auto found = doing.call_unless({"ResourceNotFoundException"}, "events", "DescribeRule", place_of(doing, "Name"));
  doing.is_gone = !found;
  if (!found) return;
  read_members(doing, *found, {{"Description"}, {"RoleArn"}, {"ScheduleExpression"}, {"State"}});
  if (doing.has("EventPattern")) doing.live["EventPattern"] = document_of(found->value("EventPattern", Json()));
  if (doing.has("Targets"))
    doing.live["Targets"] = doing.call("events", "ListTargetsByRule", place_of(doing, "Rule")).value("Targets", Json::array());
  if (doing.has("Tags"))
    read_tags(doing, doing.call("events", "ListTagsForResource", {{"ResourceARN", doing.attributes.value("Arn", "")}}).at("Tags"));
}

/// arn:aws:events:REGION:ACCOUNT:rule/NAME, or rule/BUS/NAME.
bool find(Doing& doing) {
  const std::string arn = doing.id("Arn"),
                    start = fmt::format("arn:aws:events:{}:{}:rule/", doing.where().region.str(), doing.where().account.str());
  if (!arn.starts_with(start)) return false;
  const std::string place = arn.substr(start.size());
  const size_t slash = place.rfind('/');
  Json in{{"Name", place.substr(slash == std::string::npos ? 0 : slash + 1)}};
  if (slash != std::string::npos) in["EventBusName"] = place.substr(0, slash);
  const auto found = doing.call_unless({"ResourceNotFoundException"}, "events", "DescribeRule", std::move(in));
  if (!found) return false;
  doing.physical = slash == std::string::npos ? place : place.substr(0, slash) + "|" + place.substr(slash + 1);
  doing.attributes["Arn"] = found->at("Arn");
  return true;
}

}  // namespace

extern const ResourceType events_rule;
const ResourceType events_rule{.name = "AWS::Events::Rule",
                               .properties = kProperties,
                               .create = create,
                               .update = update,
                               .remove = remove,
                               .read = read,
                               .find = find,
                               .identifiers = kIdentifiers,
                               .tag = tag,
                               .attributes = kAttributes};

}  // namespace cairn::cloudformation
