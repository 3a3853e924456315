#pragma once
#include "identity/aws_managed.h"
#include "services/iam/entities.h"

namespace cairn::iam {

/// AWS's own policies have no date of their own here.
inline constexpr Time kAwsPoliciesSince{std::chrono::sys_days{std::chrono::year{2015} / 2 / 6}};

/// The ARN of a policy that the caller's account may look at; throws ValidationError, NoSuchEntity.
std::string checked_policy_arn(const api::Call& call, const std::string& arn);

Json show_policy(api::Call& call, const identity::ManagedPolicy& policy, Shown how);
Json show_policy(api::Call& call, const identity::AwsManagedPolicy& policy, Shown how);

}  // namespace cairn::iam
