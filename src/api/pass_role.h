#pragma once
#include <string_view>

#include "api/call.h"

/// Roles that a call hands to a service: what every operation asks that takes a role's ARN for one to act with later.
namespace cairn::api {

/// The caller must be allowed iam:PassRole on the role, which must be of the caller's own account. Whether there is such a role is not
/// looked at. Throws AccessDenied.
void require_pass_role(Call& call, std::string_view role_arn, std::string_view service);

}  // namespace cairn::api
