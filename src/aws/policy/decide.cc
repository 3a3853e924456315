#include "aws/policy/decide.h"

#include <algorithm>

#include "aws/policy/fit.h"
#include "base/check.h"

namespace cairn::aws::policy {
namespace {

struct Found {
  const Policy* policy = nullptr;
  size_t statement = 0;
  NamedAs named = NamedAs::kNot;
  explicit operator bool() const { return named != NamedAs::kNot; }
};

/// The first statement of that effect that applies; of a resource policy's, the one that names the caller most directly.
Found find(const Policy& policy, bool allows, const Question& question) {
  Found best;
  for (size_t i = 0; i < policy.statements().size(); ++i) {
    const Statement& statement = policy.statements()[i];
    if (statement.allows != allows) continue;
    const NamedAs named = fits_principal(policy, statement, question);
    if (named <= best.named) continue;
    if (!fits_action(statement, question) || !fits_resource(statement, question) || !fits_conditions(statement, question)) continue;
    best = {&policy, i, named};
    if (named == NamedAs::kDirectly) break;
  }
  return best;
}

Found find(std::span<const Policy* const> policies, bool allows, const Question& question) {
  for (const Policy* policy : policies)
    if (const Found found = find(*policy, allows, question)) return found;
  return {};
}

Decision decided(Decision::Outcome outcome, Kind kind, const Found& found = {}) {
  return {.outcome = outcome, .kind = kind, .policy = found.policy, .statement = found.statement};
}

}  // namespace

Decision decide(const Request& request, const Policies& policies) {
  using Outcome = Decision::Outcome;
  const Question question(request);
  const Kind resource_kind = policies.resource != nullptr ? policies.resource->kind() : Kind::kResource;

  if (const Found deny = find(policies.identity, false, question)) return decided(Outcome::kExplicitDeny, Kind::kIdentity, deny);
  if (policies.resource != nullptr)
    if (const Found deny = find(*policies.resource, false, question)) return decided(Outcome::kExplicitDeny, resource_kind, deny);
  if (policies.boundary != nullptr)
    if (const Found deny = find(*policies.boundary, false, question)) return decided(Outcome::kExplicitDeny, Kind::kBoundary, deny);
  if (const Found deny = find(policies.session, false, question)) return decided(Outcome::kExplicitDeny, Kind::kSession, deny);

  const Caller& caller = request.caller;
  const bool is_root = caller.kind == Caller::Kind::kRoot;
  const bool has_account = !caller.account.empty();  // else nothing but the resource's policy can allow
  const bool same_account = has_account && (request.resource_account.empty() || request.resource_account == caller.account);
  const bool resource_needed = !same_account || policies.resource_must_allow;
  Found given;
  if (policies.resource != nullptr && !policies.resource_only_denies) given = find(*policies.resource, true, question);
  if (policies.granted > given.named) given = {nullptr, 0, policies.granted};
  if (resource_needed && !given) return decided(Outcome::kImplicitDeny, resource_kind);
  if (!has_account) return decided(Outcome::kAllowed, resource_kind, given);
  if (same_account && given.named == NamedAs::kDirectly) return decided(Outcome::kAllowed, resource_kind, given);

  // A resource policy that names the role (or the user who federated) stands for an identity policy: limits still apply.
  const bool given_to_base = same_account && given.named == NamedAs::kBase;
  const Found own = given_to_base ? given : find(policies.identity, true, question);
  if (!own && !is_root) return decided(Outcome::kImplicitDeny, Kind::kIdentity);
  if (policies.boundary != nullptr && !find(*policies.boundary, true, question)) return decided(Outcome::kImplicitDeny, Kind::kBoundary);
  if (!policies.session.empty() && !find(policies.session, true, question)) return decided(Outcome::kImplicitDeny, Kind::kSession);
  return decided(Outcome::kAllowed, given_to_base ? resource_kind : Kind::kIdentity, own);
}

std::string because(const Decision& decision, std::string_view action) {
  CHECK(!decision.allowed());
  const bool is_explicit = decision.outcome == Decision::Outcome::kExplicitDeny;
  std::string_view name, article = "a ";
  switch (decision.kind) {
    case Kind::kIdentity:
      name = "identity-based policy";
      article = "an ";
      break;
    case Kind::kResource:
      name = "resource-based policy";
      break;
    case Kind::kBoundary:
      name = "permissions boundary";
      break;
    case Kind::kSession:
      name = "session policy";
      break;
    case Kind::kTrust:
      name = "role trust policy";
      article = "the ";
      break;
  }
  if (is_explicit) return fmt::format("with an explicit deny in {}{}", article, name);
  return fmt::format("because no {} allows the {} action", name, action);
}

}  // namespace cairn::aws::policy
