#pragma once
#include <string>

#include "aws/policy/decide.h"

/// Whether the elements of one statement fit a request: what deciding and explaining both look at. Inside the engine only.
namespace cairn::aws::policy {

/// A request made ready for many statements.
struct Question {
  explicit Question(const Request& of);
  const Request& request;
  const Actions::Lower action;
  const SplitArn resource;
};

/// Policies of identities say nothing about principals: they are attached to theirs.
NamedAs fits_principal(const Policy& policy, const Statement& statement, const Question& question);
bool fits_action(const Statement& statement, const Question& question);
bool fits_resource(const Statement& statement, const Question& question);
bool fits_conditions(const Statement& statement, const Question& question);

}  // namespace cairn::aws::policy
