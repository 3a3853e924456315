#include "template/deciding.h"

#include <set>

#include "template/canonical.h"

namespace cairn::cfn {

Decider::Decider(const Scope& scope) : scope_(scope), evaluator_(scope_) {
  scope_.outcome = [this](const std::string& name, const Node& at) { return named(name, at); };
  if (const Node* conditions = scope_.root.member("Conditions"))
    for (size_t i = 0; i < conditions->items.size(); ++i) declared_.emplace(conditions->names[i], &conditions->items[i]);
}

bool Decider::named(const std::string& name, const Node& at) {
  if (const auto known = outcomes_.find(name); known != outcomes_.end()) return known->second;
  const auto declared = declared_.find(name);
  const Node* condition = declared == declared_.end() ? nullptr : declared->second;
  if (!condition) refuse(at, "Template error: unresolved condition dependency {} in Fn::If", name);
  if (std::find(deciding_.begin(), deciding_.end(), name) != deciding_.end())
    refuse(at, "Template format error: Circular dependency between conditions: [{}]", fmt::join(deciding_, ", "));
  if (deciding_.size() == kDepthMax) refuse(at, "Template format error: conditions name each other more than {} deep", kDepthMax);
  deciding_.push_back(name);
  const bool outcome = holds(*condition);
  deciding_.pop_back();
  outcomes_.emplace(name, outcome);
  return outcome;
}

bool Decider::any_or_all(const Node& argument, bool wanted) {
  bool found = false;  // all are looked at: a wrong one is refused wherever it stands
  for (const Node& item : argument.items) found = (holds(item) == wanted) || found;
  return found;
}

/// Refuses the functions that look into an account.
static void check_is_told(const Node& node) {
  const auto function = function_of(node);
  if (function && (function->name == "Fn::RefAll" || function->name == "Fn::ValueOf" || function->name == "Fn::ValueOfAll"))
    refuse(node, "Template error: {} asks for resources of EC2 and Route 53, which are not supported", function->name);
}

std::string Decider::text(const Node& node) {
  check_is_told(node);
  return evaluator_.text(node, "Template error: rule functions compare strings");
}

std::vector<std::string> Decider::list(const Node& node) {
  check_is_told(node);
  const auto value = evaluator_.value(node);
  if (!value || !value->is_array()) refuse(node, "Template error: a rule function requires a list of strings");
  std::vector<std::string> texts;
  for (const Json& element : *value) {
    auto text = scalar_text(element);
    if (!text) refuse(node, "Template error: a rule function requires a list of strings");
    texts.push_back(*std::move(text));
  }
  return texts;
}

bool Decider::holds(const Node& node) {
  const bool names_one = node.is_map() && node.items.size() == 1 && node.names.front() == "Condition";
  if (names_one) return named(node.items.front().text, node);
  const auto function = function_of(node);
  const std::string_view name = function ? function->name : std::string_view();
  const Node& argument = function ? *function->argument : node;
  if (name == "Fn::And") return !any_or_all(argument, false);
  if (name == "Fn::Or") return any_or_all(argument, true);
  if (name == "Fn::Not") return !holds(argument.items[0]);
  if (name == "Fn::Equals") {
    for (const Node& item : argument.items) check_is_told(item);
    const auto a = evaluator_.value(argument.items[0]), b = evaluator_.value(argument.items[1]);
    return a && b ? same(*a, *b) : !a && !b;
  }
  if (name == "Fn::Contains") {
    const auto values = list(argument.items[0]);
    return std::find(values.begin(), values.end(), text(argument.items[1])) != values.end();
  }
  if (name == "Fn::EachMemberEquals") {
    const auto values = list(argument.items[0]);
    const std::string wanted = text(argument.items[1]);
    return std::all_of(values.begin(), values.end(), [&](const std::string& value) { return value == wanted; });
  }
  if (name == "Fn::EachMemberIn") {
    const auto values = list(argument.items[0]), allowed = list(argument.items[1]);
    const std::set<std::string_view> known(allowed.begin(), allowed.end());
    return std::all_of(values.begin(), values.end(), [&](const std::string& value) { return known.contains(value); });
  }
  const auto value = evaluator_.value(node);
  const auto text = value ? scalar_text(*value) : std::nullopt;
  if (!text || (*text != "true" && *text != "false"))
    refuse(node, "Template format error: Conditions can only be boolean operations on parameters and other conditions");
  return *text == "true";
}

Conditions Decider::all() {
  for (const auto& [name, condition] : declared_) (void)named(std::string(name), *condition);
  return outcomes_;
}

void check_rules(const Scope& scope) {
  const Node* rules = scope.root.member("Rules");
  if (!rules) return;
  Decider decider(scope);
  for (size_t i = 0; i < rules->items.size(); ++i) {
    const Node& rule = rules->items[i];
    if (const Node* condition = rule.member("RuleCondition"); condition && !decider.holds(*condition)) continue;
    for (const Node& assertion : rule.member("Assertions")->items) {
      if (decider.holds(*assertion.member("Assert"))) continue;
      const Node* description = assertion.member("AssertDescription");
      refuse(assertion, "Template error: rule {} failed: {}", rules->names[i],
             description ? description->text : "its assertion does not hold");
    }
  }
}

}  // namespace cairn::cfn
