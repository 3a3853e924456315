#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "aws/policy/policy.h"
#include "services/sns/topic.h"

/// Who may do what with a topic.
namespace cairn::sns {

/// The topic's policy, or the default one.
std::string policy_text(const Topic& topic);
/// Throws InvalidParameter, if it is none that a topic can have. `parameter`: "Policy", "Attributes Reason: Policy".
void check_policy(std::string_view text, std::string_view parameter);
/// A policy as it stands in the state, compiled; kept for the next call. Null: RemovePermission has left it without a statement.
std::shared_ptr<const aws::policy::Policy> compiled_policy(const std::string& text);

}  // namespace cairn::sns
