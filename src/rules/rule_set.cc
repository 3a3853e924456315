#include "rules/rule_set.h"

#include "base/log.h"

namespace cairn::rules {

std::shared_ptr<const CompiledRule> compile(Rule rule) {
  auto compiled = std::make_shared<CompiledRule>();
  for (const Json& target : rule.targets) compiled->targets.emplace_back(target);
  rule.targets = Json::array();
  if (!rule.pattern.empty()) {
    auto pattern = patterns::EventPattern::read(rule.pattern);
    if (pattern) compiled->pattern = std::move(*pattern);
    else
      log::error("The pattern of a rule cannot be read; it matches nothing.", {{"rule", rule.arn()}, {"error", pattern.error().message}});
  }
  if (!rule.schedule.empty()) compiled->schedule = Schedule::parse(rule.schedule);
  compiled->rule = std::move(rule);
  return compiled;
}

void RuleSet::load(state::Transaction& state) {
  for (std::string after;;) {
    const state::Page page = state.list(keys::kRules, after, state::Transaction::kListMax);
    for (const state::Item& item : page.items) take_change(item.key, item.value);
    if (!page.more) return;
    after = page.items.back().key;
  }
}

void RuleSet::take_change(std::string_view key, std::optional<std::string_view> document) {
  ++version_;
  const keys::RuleKey at = keys::split_rule(key);
  std::shared_ptr<const CompiledRule> compiled;
  if (document) {
    Rule rule = decode_rule(at.bus, at.name, *document);
    if (rule.state != RuleState::kDisabled && !rule.targets.empty()) compiled = compile(std::move(rule));
  }
  const auto bus = buses_.find(at.bus);
  if (!compiled && bus == buses_.end()) return;
  BusRules& rules = bus != buses_.end() ? bus->second : buses_[at.bus];
  rules.matcher.reset();
  if (compiled) rules.rules[at.name] = std::move(compiled);
  else rules.rules.erase(at.name);
  if (rules.rules.empty()) buses_.erase(at.bus);
}

void RuleSet::match(const BusName& name, std::string_view event, std::vector<std::shared_ptr<const CompiledRule>>& found) {
  found.clear();
  const auto bus = buses_.find(name);
  if (bus == buses_.end()) return;
  BusRules& rules = bus->second;
  if (!rules.matcher) {
    rules.matched.clear();
    std::vector<const patterns::EventPattern*> patterns;
    for (const auto& [rule_name, rule] : rules.rules) {
      if (!rule->pattern) continue;
      rules.matched.push_back(rule);
      patterns.push_back(&*rule->pattern);
    }
    rules.matcher.emplace(patterns);
  }
  (void)rules.matcher->match(event, work_, numbers_);
  for (const uint32_t number : numbers_) found.push_back(rules.matched[number]);
}

}  // namespace cairn::rules
