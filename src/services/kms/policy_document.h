#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "aws/names.h"
#include "aws/policy/policy.h"

namespace cairn::kms {

/// The policy of a key that was made without one: the account's own policies decide.
std::string default_policy(const aws::AccountId& account);
/// Throws MalformedPolicyDocumentException, LimitExceededException.
aws::policy::Policy checked_policy(std::string_view text);
/// A policy as it stands in the state, compiled; kept for the next call.
std::shared_ptr<const aws::policy::Policy> compiled_policy(const std::string& text);

}  // namespace cairn::kms
