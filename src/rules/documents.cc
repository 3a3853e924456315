#include "rules/documents.h"

#include <array>

#include "base/text.h"

namespace cairn::rules {
namespace {

constexpr auto kStates = std::to_array<std::string_view>({"DISABLED", "ENABLED", "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"});

int64_t millis(Time time) { return time.time_since_epoch().count(); }
Time time_of(const Json& document, const char* name) { return Time(std::chrono::milliseconds(document.value(name, int64_t{0}))); }

void put_text(Json& document, const char* name, const std::string& text) {
  if (!text.empty()) document[name] = text;
}

Tags tags_of(const Json& document) {
  Tags tags;
  if (const auto found = document.find("tags"); found != document.end())
    for (const auto& [key, value] : found->items()) tags[key] = value.get<std::string>();
  return tags;
}

}  // namespace

std::string BusName::arn() const { return fmt::format("arn:aws:events:{}:{}:event-bus/{}", region.str(), account.str(), name); }
std::string BusName::key() const { return fmt::format("{}/{}/{}", account.str(), region.str(), name); }

std::optional<BusName> parse_bus_arn(std::string_view arn) {
  constexpr std::string_view kType = "event-bus/";
  const std::vector<std::string_view> parts = text::split(arn, ':');
  if (parts.size() != 6 || parts[0] != "arn" || parts[2] != "events" || !parts[5].starts_with(kType)) return std::nullopt;
  const std::string_view name = parts[5].substr(kType.size());
  if (!aws::is_region(parts[3]) || !aws::is_account_id(parts[4]) || name.empty() || name.find('/') != std::string_view::npos)
    return std::nullopt;
  return BusName{aws::AccountId(std::string(parts[4])), aws::Region(std::string(parts[3])), std::string(name)};
}

std::string encode(const Bus& bus) {
  Json document{{"created", millis(bus.created)}, {"modified", millis(bus.modified)}};
  put_text(document, "description", bus.description);
  put_text(document, "policy", bus.policy);
  put_text(document, "deadLetter", bus.dead_letter);
  if (!bus.tags.empty()) document["tags"] = bus.tags;
  return json::dump(document);
}

Bus decode_bus(const BusName& at, std::string_view text) {
  const Json document = json::parse(text).value();  // we wrote it
  return {.at = at,
          .created = time_of(document, "created"),
          .modified = time_of(document, "modified"),
          .description = document.value("description", ""),
          .policy = document.value("policy", ""),
          .dead_letter = document.value("deadLetter", ""),
          .tags = tags_of(document)};
}

std::optional<Bus> find_bus(state::Transaction& state, const BusName& at) {
  if (const std::optional<std::string> document = state.get(keys::bus(at))) return decode_bus(at, *document);
  if (at.name == kDefaultBus)
    return Bus{.at = at, .created = {}, .modified = {}, .description = {}, .policy = {}, .dead_letter = {}, .tags = {}};
  return std::nullopt;
}

std::string_view name_of(RuleState state) { return kStates[static_cast<size_t>(state)]; }

RuleState parse_rule_state(std::string_view name) {
  for (size_t i = 0; i < kStates.size(); ++i)
    if (kStates[i] == name) return static_cast<RuleState>(i);
  return RuleState::kEnabled;
}

std::string Rule::arn() const {
  return fmt::format("arn:aws:events:{}:{}:rule/{}{}{}", bus.region.str(), bus.account.str(), bus.name == kDefaultBus ? "" : bus.name,
                     bus.name == kDefaultBus ? "" : "/", name);
}

std::string encode(const Rule& rule) {
  Json document{{"state", name_of(rule.state)}, {"since", rule.since}, {"start", millis(rule.start)}};
  put_text(document, "pattern", rule.pattern);
  put_text(document, "schedule", rule.schedule);
  put_text(document, "description", rule.description);
  put_text(document, "role", rule.role);
  if (!rule.tags.empty()) document["tags"] = rule.tags;
  if (!rule.targets.empty()) document["targets"] = rule.targets;
  return json::dump(document);
}

Rule decode_rule(const BusName& bus, std::string_view name, std::string_view text) {
  const Json document = json::parse(text).value();  // we wrote it
  return {.bus = bus,
          .name = std::string(name),
          .pattern = document.value("pattern", ""),
          .schedule = document.value("schedule", ""),
          .state = parse_rule_state(document.at("state").get<std::string>()),
          .description = document.value("description", ""),
          .role = document.value("role", ""),
          .since = document.at("since").get<uint64_t>(),
          .start = time_of(document, "start"),
          .tags = tags_of(document),
          .targets = document.value("targets", Json::array())};
}

std::optional<Rule> find_rule(state::Transaction& state, const BusName& bus, std::string_view name) {
  const std::optional<std::string> document = state.get(keys::rule(bus, name));
  if (!document) return std::nullopt;
  return decode_rule(bus, name, *document);
}

void put(state::Transaction& state, const Rule& rule) { state.put(keys::rule(rule.bus, rule.name), encode(rule)); }

namespace keys {

std::string buses_in(const aws::AccountId& account, const aws::Region& region) {
  return fmt::format("{}{}/{}/", kBuses, account.str(), region.str());
}
std::string bus(const BusName& at) { return kBuses + at.key(); }
std::string rules_of(const BusName& bus) { return kRules + bus.key() + "/"; }
std::string rule(const BusName& bus, std::string_view name) { return rules_of(bus).append(name); }
std::string fired(const BusName& bus, std::string_view name) { return (kFired + bus.key() + "/").append(name); }

RuleKey split_rule(std::string_view key) {
  const std::vector<std::string_view> parts = text::split(key.substr(kRules.size()), '/');
  return {{aws::AccountId(std::string(parts.at(0))), aws::Region(std::string(parts.at(1))), std::string(parts.at(2))},
          std::string(parts.at(3))};
}

}  // namespace keys
}  // namespace cairn::rules
