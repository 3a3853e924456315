#include <algorithm>
#include <array>

#include "api/operation.h"
#include "api/pass_role.h"
#include "rules/schedule.h"
#include "services/events/door.h"
#include "services/events/errors.h"

/// Rules: which events, or which times, are for their targets.
namespace cairn::events_service {
namespace {

using rules::BusName;
using rules::Rule;
using rules::RuleState;

constexpr size_t kRulesMax = 300;  // of a bus

std::string text_of(const Json& in, const char* member) { return in.value(member, ""); }

void check(api::Call& call, const BusName& bus, const Rule& rule) {
  if (rule.pattern.empty() && rule.schedule.empty())
    throw Error(aws::kValidation, "Parameter(s) EventPattern or ScheduleExpression must be specified.");
  if (!rule.schedule.empty()) {
    if (bus.name != rules::kDefaultBus) throw Error(aws::kValidation, "ScheduleExpression is supported only on the default event bus.");
    if (!rules::Schedule::parse(rule.schedule)) throw Error(aws::kValidation, "Parameter ScheduleExpression is not valid.");
  }
  if (!rule.pattern.empty()) check_pattern(rule.pattern);
  if (!rule.role.empty()) api::require_pass_role(call, rule.role, rules::kServicePrincipal);
}

/// A rule that is there gets a new pattern, schedule, state, description and role; its tags and targets stay.
/// Differs from AWS: a rule is only for events that come after it was made or got another pattern; on AWS it may take a while longer.
void put_rule(api::Call& call) {
  const BusName bus = open_bus(call, named_bus(call)).at;
  const std::string name = call.in.at("Name").get<std::string>();
  const std::optional<Rule> before = rules::find_rule(*call.state, bus, name);
  Rule rule = before ? *before : Rule{.bus = bus, .name = name};
  rule.pattern = text_of(call.in, "EventPattern");
  rule.schedule = text_of(call.in, "ScheduleExpression");
  rule.description = text_of(call.in, "Description");
  rule.role = text_of(call.in, "RoleArn");
  rule.state = rules::parse_rule_state(call.in.value("State", "ENABLED"));
  check(call, bus, rule);
  if (!before) {
    if (call.state->list(rules::keys::rules_of(bus), "", kRulesMax).items.size() >= kRulesMax) throw limit_exceeded();
    rule.tags = read_tags(call, call.in.value("Tags", Json::array()));
  }
  const bool was_at_work = before && before->state != RuleState::kDisabled;
  if (!was_at_work || before->pattern != rule.pattern || before->state != rule.state) rule.since = call.state->base().seq;
  if (!was_at_work || before->schedule != rule.schedule) rule.start = call.now;
  rules::put(*call.state, rule);
  call.out["RuleArn"] = rule.arn();
}

Json shown(const Rule& rule) {
  Json out{{"Name", rule.name}, {"Arn", rule.arn()}};
  if (!rule.pattern.empty()) out["EventPattern"] = rule.pattern;
  out["State"] = rules::name_of(rule.state);
  if (!rule.description.empty()) out["Description"] = rule.description;
  if (!rule.schedule.empty()) out["ScheduleExpression"] = rule.schedule;
  if (!rule.role.empty()) out["RoleArn"] = rule.role;
  out["EventBusName"] = rule.bus.name;
  return out;
}

void describe_rule(api::Call& call) {
  const Rule rule = open_rule(call, "Name");
  call.out = shown(rule);
  call.out["CreatedBy"] = rule.bus.account.str();
}

void list_rules(api::Call& call) {
  const BusName bus = open_bus(call, named_bus(call)).at;
  call.out["Rules"] = Json::array();
  each_of_page(call, rules::keys::rules_of(bus), call.in.value("NamePrefix", ""),
               [&](const std::string& name, const std::string& document) {
                 call.out["Rules"].push_back(shown(rules::decode_rule(bus, name, document)));
                 return true;
               });
}

void list_rule_names_by_target(api::Call& call) {
  const BusName bus = open_bus(call, named_bus(call)).at;
  const std::string arn = call.in.at("TargetArn").get<std::string>();
  call.out["RuleNames"] = Json::array();
  each_of_page(call, rules::keys::rules_of(bus), "", [&](const std::string& name, const std::string& document) {
    const Rule rule = rules::decode_rule(bus, name, document);
    if (std::ranges::none_of(rule.targets, [&](const Json& target) { return target.value("Arn", "") == arn; })) return false;
    call.out["RuleNames"].push_back(name);
    return true;
  });
}

void enable_rule(api::Call& call) {
  Rule rule = open_rule(call, "Name");
  if (rule.state != RuleState::kDisabled) return;
  rule.state = RuleState::kEnabled;
  rule.since = call.state->base().seq;
  rule.start = call.now;
  rules::put(*call.state, rule);
}

void disable_rule(api::Call& call) {
  Rule rule = open_rule(call, "Name");
  rule.state = RuleState::kDisabled;
  rules::put(*call.state, rule);
}

/// A rule that is not there is deleted, too.
void delete_rule(api::Call& call) {
  const BusName bus = open_bus(call, named_bus(call)).at;
  const std::string name = call.in.at("Name").get<std::string>();
  const std::optional<Rule> rule = rules::find_rule(*call.state, bus, name);
  if (!rule) return;
  if (!rule->targets.empty()) throw Error(aws::kValidation, "Rule can't be deleted since it has targets.");
  call.state->erase(rules::keys::rule(bus, name));
  if (call.state->exists(rules::keys::fired(bus, name))) call.state->erase(rules::keys::fired(bus, name));
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"DeleteRule", delete_rule},
    {"DescribeRule", describe_rule},
    {"DisableRule", disable_rule},
    {"EnableRule", enable_rule},
    {"ListRuleNamesByTarget", list_rule_names_by_target, api::Runs::kPool},
    {"ListRules", list_rules, api::Runs::kPool},
    {"PutRule", put_rule},
});

}  // namespace
}  // namespace cairn::events_service

namespace cairn::services {
extern const api::Family events_event_rules;
const api::Family events_event_rules{.service = "events", .operations = events_service::kOperations};
}  // namespace cairn::services
