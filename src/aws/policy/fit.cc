#include "aws/policy/fit.h"

#include <algorithm>

namespace cairn::aws::policy {

Question::Question(const Request& of) : request(of), action(of.action), resource(of.resource) {}

NamedAs fits_principal(const Policy& policy, const Statement& statement, const Question& question) {
  if (policy.kind() != Kind::kResource && policy.kind() != Kind::kTrust) return NamedAs::kDirectly;
  return statement.principals.applies(question.request.caller, statement.allows);
}

bool fits_action(const Statement& statement, const Question& question) {
  return statement.actions.contain(question.action) != statement.not_action;
}

/// A variable without a value keeps a resource from being listed, and a statement with NotResource from applying.
bool fits_resource(const Statement& statement, const Question& question) {
  if (statement.resources.empty()) return true;
  bool unresolved = false;
  for (const ArnPattern& pattern : statement.resources) {
    const Match match = pattern.match(question.resource, question.request.context);
    if (match == Match::kYes) return !statement.not_resource;
    unresolved = unresolved || match == Match::kUnresolved;
  }
  return statement.not_resource && !unresolved;
}

bool fits_conditions(const Statement& statement, const Question& question) {
  return std::ranges::all_of(statement.conditions, [&](const Condition& condition) { return condition.holds(question.request.context); });
}

}  // namespace cairn::aws::policy
