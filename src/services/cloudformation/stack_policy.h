#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "services/cloudformation/properties.h"

/// What updates may do to a stack's resources. The one policy engine decides (aws/policy); here are its words for that.
namespace cairn::cloudformation {

/// What the call brings as NAMEBody or NAMEURL. nullopt: neither. Throws ValidationError.
std::optional<std::string> given_stack_policy(api::Call& call, const std::string& name);
/// The text as it is kept; empty: everything is allowed. Throws ValidationError.
std::string checked_stack_policy(const std::string& text);

/// Why the change must not be, or "". `policy`: checked.
std::string stack_policy_denial(const std::string& policy, Change::Kind kind, std::string_view resource, std::string_view type);

}  // namespace cairn::cloudformation
