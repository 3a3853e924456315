#pragma once
#include <span>
#include <string>
#include <string_view>

#include "aws/policy/policy.h"

namespace cairn::aws::policy {

/// One question: may this caller do this to that?
struct Request {
  Caller caller;
  std::string action;            // s3:GetObject
  std::string resource = "*";    // an ARN; "*" for actions that have none
  std::string resource_account;  // whose resource it is; "": the caller's
  Context context;
};

/// The policies that apply to a request. Those of a kind that does not apply are left out: no boundary is no limit, but no identity
/// policy is no permission.
struct Policies {
  std::span<const Policy* const> identity;  // the caller's own, its groups', its role's
  const Policy* resource = nullptr;         // of the resource, or the trust policy of the role that is to be assumed
  bool resource_only_denies = false;        // its Allow statements don't count: it is not of the resource's own account
  NamedAs granted = NamedAs::kNot;          // what something that is no policy gives at the resource: S3's access control lists
  const Policy* boundary = nullptr;         // of the user or role
  std::span<const Policy* const> session;   // given when the session was made; empty: none were
  /// Role trust policies and KMS key policies: nothing else gives access, also within the account.
  bool resource_must_allow = false;
};

struct Decision {
  enum class Outcome { kAllowed, kExplicitDeny, kImplicitDeny };
  Outcome outcome = Outcome::kImplicitDeny;
  Kind kind = Kind::kIdentity;     // the kind of policy that denies, or that would have to allow; allowed: that allows
  const Policy* policy = nullptr;  // of the deciding statement; nullptr: an implicit denial, or root, who needs no policy
  size_t statement = 0;            // its index in `policy`

  bool allowed() const { return outcome == Outcome::kAllowed; }
  /// The statement that decided, if one did.
  const Statement* by() const { return policy != nullptr ? &policy->statements()[statement] : nullptr; }
};

/// AWS's evaluation: an explicit deny anywhere ends it; within an account the caller's own policies or the resource's must allow, across
/// accounts both; boundary and session policies take away, but not from what a resource policy gives to the caller itself. Pure.
Decision decide(const Request& request, const Policies& policies);

/// AWS's words for why: "because no identity-based policy allows the s3:GetObject action", "with an explicit deny in a resource-based
/// policy". Of denials only.
std::string because(const Decision& decision, std::string_view action);

}  // namespace cairn::aws::policy
