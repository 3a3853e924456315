#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "aws/names.h"
#include "base/json.h"
#include "base/time.h"
#include "state/store.h"

/// Event buses and their rules, as the state's documents tell them. docs/formats/state.md.
namespace cairn::rules {

using Tags = std::map<std::string, std::string>;

inline constexpr std::string_view kDefaultBus = "default", kServicePrincipal = "events.amazonaws.com";

/// Which event bus: there is a default one in every account and region.
struct BusName {
  aws::AccountId account;
  aws::Region region;
  std::string name;

  std::string arn() const;
  std::string key() const;  // ACCOUNT/REGION/NAME
  auto operator<=>(const BusName&) const = default;
};
std::optional<BusName> parse_bus_arn(std::string_view arn);

/// A bus that was made, or the default one if something was set for it.
struct Bus {
  BusName at;
  Time created, modified;
  std::string description;
  std::string policy;       // "": none
  std::string dead_letter;  // ARN of a queue; kept for UpdateEventBus, as nothing here fails for want of a key
  Tags tags;
};
std::string encode(const Bus& bus);
Bus decode_bus(const BusName& at, std::string_view document);
/// nullopt: there is none. The default one is always there.
std::optional<Bus> find_bus(state::Transaction& state, const BusName& at);

enum class RuleState { kDisabled, kEnabled, kEnabledWithReads };
std::string_view name_of(RuleState state);  // ENABLED ...
RuleState parse_rule_state(std::string_view name);

struct Rule {
  BusName bus;
  std::string name;
  std::string pattern, schedule;  // JSON; rate(...) or cron(...). At least one
  RuleState state = RuleState::kEnabled;
  std::string description, role;
  uint64_t since = 0;  // entries of the journal up to here are not for it
  Time start;          // since when it is as it is: what its rate counts from
  Tags tags;
  Json targets = Json::array();  // by the API's member names, in the order in which they came

  std::string arn() const;
};
std::string encode(const Rule& rule);
Rule decode_rule(const BusName& bus, std::string_view name, std::string_view document);
std::optional<Rule> find_rule(state::Transaction& state, const BusName& bus, std::string_view name);
void put(state::Transaction& state, const Rule& rule);

namespace keys {
inline const std::string kBuses = "events/bus/", kRules = "events/rule/", kFired = "events/fired/";
inline const std::string kCursor = "events/cursor";
inline const std::string kLostStreams = "events/lost-stream/";  // and the lane of a log group's target whose stream is gone
std::string buses_in(const aws::AccountId& account, const aws::Region& region);
std::string bus(const BusName& at);
std::string rules_of(const BusName& bus);
std::string rule(const BusName& bus, std::string_view name);
/// When a schedule was last kept, or the rule got its first target, in milliseconds, in text.
std::string fired(const BusName& bus, std::string_view name);
struct RuleKey {
  BusName bus;
  std::string name;
};
RuleKey split_rule(std::string_view key);
}  // namespace keys

}  // namespace cairn::rules
