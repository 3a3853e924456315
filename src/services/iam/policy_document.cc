#include "services/iam/policy_document.h"

#include <algorithm>

#include "base/text.h"
#include "identity/policy_words.h"

namespace cairn::iam {
namespace {

using aws::policy::Policy;
using aws::policy::PrincipalName;
using aws::policy::Problem;
using aws::policy::Statement;

constexpr size_t kTrustPolicyCharactersMax = 4096;

Policy parsed(std::string_view text, aws::policy::Kind kind) {
  Result<Policy, Problem> policy = Policy::parse(text, kind);
  if (!policy) throw Error(kMalformedPolicy, "{}", identity::refusal_words(policy.error()));
  return std::move(*policy);
}

void check_trust_actions(const Statement& statement, const std::string& spot) {
  const auto assumes = [](const auto& pattern) {
    const std::string action = text::lower(pattern.text());
    return action.starts_with("sts:assumerole") || action == "sts:*" || action == "sts:tagsession" || action == "sts:setsourceidentity" ||
           action == "sts:setcontext";
  };
  if (!statement.not_action && !std::ranges::all_of(statement.actions.patterns(), assumes))
    throw Error(kMalformedPolicy, "AssumeRole policy may only specify STS AssumeRole actions. ({})", spot);
}

/// Users and roles that are named must be there: a name taken later would be trusted unseen.
void check_principals(api::Call& call, const Statement& statement, const std::string& spot) {
  for (const PrincipalName& name : statement.principals.names) {
    const auto refuse = [&] { return Error(kMalformedPolicy, "Invalid principal in policy: \"AWS\":\"{}\" ({})", name.text(), spot); };
    if (name.form() == PrincipalName::Form::kArn) {
      const aws::policy::SplitArn arn(name.text());
      if (arn.parts[2] == "iam" && !identity::find_entity(*call.state, name.text())) throw refuse();
    }
  }
}

}  // namespace

size_t counted_size(std::string_view text) {
  size_t blanks = 0;
  for (const char c : text) blanks += c == ' ' || c == '\t' || c == '\n' || c == '\r';
  return text::code_points(text) - blanks;
}

void check_identity_policy(std::string_view text) { parsed(text, aws::policy::Kind::kIdentity); }

void check_trust_policy(api::Call& call, std::string_view text) {
  if (counted_size(text) > kTrustPolicyCharactersMax)
    throw Error(kLimitExceeded, "Cannot exceed quota for ACLSizePerRole: {}", kTrustPolicyCharactersMax);
  const Policy policy = parsed(text, aws::policy::Kind::kTrust);
  for (size_t i = 0; i < policy.statements().size(); ++i) {
    const std::string spot = fmt::format("Statement[{}]", i);
    check_trust_actions(policy.statements()[i], spot);
    check_principals(call, policy.statements()[i], spot);
  }
}

}  // namespace cairn::iam
