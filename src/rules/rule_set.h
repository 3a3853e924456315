#pragma once
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "patterns/event/event_matcher.h"
#include "rules/documents.h"
#include "rules/schedule.h"
#include "rules/target.h"

namespace cairn::rules {

/// A rule ready for work. Immutable.
struct CompiledRule {
  Rule rule;  // without its targets' documents
  std::optional<patterns::EventPattern> pattern;
  std::optional<Schedule> schedule;
  std::vector<Target> targets;
};
std::shared_ptr<const CompiledRule> compile(Rule rule);

/// The rules that are at work: enabled, with targets. Those of a bus are one matcher, made anew when one of them has changed. One thread.
class RuleSet {
 public:
  /// What the state holds.
  void load(state::Transaction& state);
  /// A change of a rule's document.
  void take_change(std::string_view key, std::optional<std::string_view> document);

  bool empty() const { return buses_.empty(); }
  bool has(const BusName& bus) const { return buses_.contains(bus); }
  /// The rules of a bus that an event matches.
  void match(const BusName& bus, std::string_view event, std::vector<std::shared_ptr<const CompiledRule>>& found);
  /// Calls `f(rule)` for each with a schedule.
  template <class F>
  void each_schedule(F&& f) const {
    for (const auto& [name, bus] : buses_)
      for (const auto& [rule_name, rule] : bus.rules)
        if (rule->schedule) f(rule);
  }
  uint64_t version() const { return version_; }  // another one after each change

 private:
  struct BusRules {
    std::map<std::string, std::shared_ptr<const CompiledRule>> rules;
    std::vector<std::shared_ptr<const CompiledRule>> matched;  // of those with patterns, as the matcher numbers them
    std::optional<patterns::EventMatcher> matcher;             // none: to be made
  };
  std::map<BusName, BusRules> buses_;  // those that have rules at work
  patterns::EventMatcher::Work work_;
  std::vector<uint32_t> numbers_;
  uint64_t version_ = 0;
};

}  // namespace cairn::rules
