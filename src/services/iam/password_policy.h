#pragma once
#include <string_view>

#include "api/call.h"
#include "base/json.h"

namespace cairn::iam {

/// What an account asks of passwords.
class PasswordPolicy {
 public:
  explicit PasswordPolicy(Json settings) : settings_(std::move(settings)) {}
  void check(std::string_view password) const;  // throws PasswordPolicyViolation

 private:
  Json settings_;  // members of IAM's PasswordPolicy
};

/// The account's own, or what AWS asks where there is none: eight characters of three kinds.
PasswordPolicy password_policy_of(api::Call& call);

}  // namespace cairn::iam
