#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "api/call.h"
#include "aws/policy/context.h"
#include "aws/policy/decide.h"
#include "aws/policy/policy.h"
#include "identity/documents.h"
#include "identity/session.h"

namespace cairn::sts {

/// The role that a call wants to assume. One that is not there is refused like one that trusts nobody.
struct TargetRole {
  std::string arn;
  aws::AccountId account;
  std::optional<identity::Entity> role;
  std::shared_ptr<const aws::policy::Policy> trust;
};
TargetRole target_role(api::Call& call);  // by RoleArn. Throws ValidationError

/// A session of it, as far as the role and RoleSessionName tell.
identity::Session session_of(const TargetRole& target, const api::Call& call);

/// Whether the caller's policies and the role's trust policy allow sts:`action`.
aws::policy::Decision decide_trust(api::Call& call, const TargetRole& target, std::string_view action, const aws::policy::Context& context);
/// The same; throws AccessDenied.
void require_trust(api::Call& call, const TargetRole& target, std::string_view action, const aws::policy::Context& context);

/// Begins the session, of DurationSeconds: gives the credentials out and tells the record of the role. Throws ValidationError.
void enter(api::Call& call, const TargetRole& target, identity::Session& session);

}  // namespace cairn::sts
