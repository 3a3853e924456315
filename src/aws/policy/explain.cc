#include "aws/policy/explain.h"

#include <tuple>

#include "aws/policy/fit.h"

namespace cairn::aws::policy {
namespace {

constexpr size_t kShownMax = 5;  // entries of a list that a message shows

template <class List, class Text>
std::string show_list(const List& list, Text&& text) {
  std::string shown;
  size_t n = 0;
  for (const auto& item : list) {
    if (n == kShownMax) return shown + fmt::format(" or {} more", list.size() - n);
    shown += fmt::format("{}{}", n++ == 0 ? "" : " or ", text(item));
  }
  return shown.empty() ? "nothing" : shown;
}

std::string quoted(const std::string& text) { return fmt::format("\"{}\"", text); }

auto rank(const Gap& gap) {
  return std::tuple(gap.principal_fits, gap.action_fits, gap.resource_fits, -static_cast<int64_t>(gap.unmet.size()));
}

Gap measure(const Policy& policy, size_t index, const Question& question) {
  const Statement& statement = policy.statements()[index];
  Gap gap{.nearest = &statement, .index = index};
  gap.principal_fits = fits_principal(policy, statement, question) != NamedAs::kNot;
  gap.action_fits = fits_action(statement, question);
  gap.resource_fits = fits_resource(statement, question);
  for (const Condition& condition : statement.conditions)
    if (!condition.holds(question.request.context)) gap.unmet.push_back(&condition);
  return gap;
}

std::string show_condition(const Condition& condition, const Context& context) {
  std::string wanted = show_list(condition.values(), quoted);
  const std::vector<std::string>* given = condition.given(context);
  return fmt::format("its condition {} {} wants {}, and the request has {}", condition.op(), condition.key(), wanted,
                     given == nullptr ? "none" : show_list(*given, quoted));
}

}  // namespace

std::string show_statement(const Statement& statement, size_t index) {
  return statement.sid.empty() ? fmt::format("statement {}", index + 1) : fmt::format("statement \"{}\"", statement.sid);
}

Gap find_gap(const Policy& policy, const Request& request) {
  const Question question(request);
  Gap nearest;
  for (size_t i = 0; i < policy.statements().size(); ++i) {
    if (!policy.statements()[i].allows) continue;
    Gap gap = measure(policy, i, question);
    if (nearest.nearest == nullptr || rank(gap) > rank(nearest)) nearest = std::move(gap);
  }
  return nearest;
}

std::string explain(const Policy& policy, const Request& request, std::string_view name) {
  const Gap gap = find_gap(policy, request);
  if (gap.nearest == nullptr) return fmt::format("{} allows nothing to anyone", name);
  const Statement& nearest = *gap.nearest;
  std::vector<std::string> reasons;
  if (!gap.action_fits) {
    reasons.push_back(fmt::format("its {} is {}, not {}", nearest.not_action ? "NotAction" : "Action",
                                  show_list(nearest.actions.patterns(), [](const Pattern& p) { return p.text(); }), request.action));
  }
  if (!gap.resource_fits) {
    reasons.push_back(fmt::format("its {} is {}, not {}", nearest.not_resource ? "NotResource" : "Resource",
                                  show_list(nearest.resources, [](const ArnPattern& p) { return p.text(); }), request.resource));
  }
  for (const Condition* condition : gap.unmet) reasons.push_back(show_condition(*condition, request.context));

  std::string text;
  if (!gap.principal_fits) {
    text = fmt::format("no statement of {} names {} as principal", name, request.caller.shown());
    if (!gap.action_fits || !gap.resource_fits) return text;
    text += fmt::format("; {} allows this, but to {}", show_statement(nearest, gap.index),
                        show_list(nearest.principals.names, [](const PrincipalName& p) { return p.text(); }));
    return text;
  }
  text = fmt::format("no statement of {} allows {} {} on {}; {} comes nearest, but ", name, request.caller.shown(), request.action,
                     request.resource, show_statement(nearest, gap.index));
  for (size_t i = 0; i < reasons.size(); ++i) text += fmt::format("{}{}", i == 0 ? "" : ", and ", reasons[i]);
  return text;
}

}  // namespace cairn::aws::policy
