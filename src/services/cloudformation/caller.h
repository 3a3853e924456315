#pragma once
#include "aws/principal.h"
#include "base/json.h"
#include "base/result.h"
#include "base/time.h"
#include "state/store.h"

/// Who began an operation, to be kept with it: it goes on in their name after their call was answered, also after a restart.
namespace cairn::cloudformation {

constexpr const char* kService = "cloudformation.amazonaws.com";

Json to_json(const aws::Principal& principal);
/// Their calls by this service's hand. `any_key`: the server lets keys that nobody made do everything (--dev), now.
aws::Principal principal_of(const Json& document, bool any_key = false);

/// Who makes a stack's calls: who began the operation, or the role that it was given. Fails if that cannot be taken on any more.
struct OnBehalf {
  const Json& principal;
  const std::string& role;
  const std::string& stack;  // ARN
  const aws::AccountId& account;
};
Result<aws::Principal> caller_of(state::Transaction& state, const OnBehalf& whose, bool any_key, Time now);

}  // namespace cairn::cloudformation
