#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/call.h"
#include "aws/policy/decide.h"
#include "aws/policy/policy.h"
#include "services/kms/ciphertext.h"
#include "services/kms/grant.h"
#include "services/kms/key.h"

/// Who may do what with a key: its policy and the caller's own by the policy engine, and grants beside them.
namespace cairn::kms {

using ConditionKeys = std::vector<std::pair<std::string, std::string>>;

enum class Accounts { kOwn, kAny };  // whose keys an operation takes

struct Ask {
  std::string_view action;  // Encrypt
  Accounts accounts = Accounts::kOwn;
  const EncryptionContext* context = nullptr;  // of cryptographic operations
  ConditionKeys more = {};                     // kms:… keys of this operation
  bool by_ciphertext = false;                  // the caller did not name the key: nor does the refusal, across accounts
};

/// Throws AccessDenied. A grant that was needed is returned.
std::optional<Grant> require(api::Call& call, const Named& named, const Ask& ask);
/// The key that the call's KeyId names, by id or ARN, once the caller may do that to it.
Key open_key(api::Call& call, const Ask& ask);
/// The same for what is no key: only the caller's own policies count. `resource`: an alias's ARN, or "*".
void require_own(api::Call& call, std::string_view action, const std::string& resource = "*", const ConditionKeys& more = {});
/// Whether the caller, under this policy of the key, could put another one: the check against locking oneself out.
bool could_put_policy(api::Call& call, const Key& key, const aws::policy::Policy& policy);
/// Whether a principal of the key's or a grant's account may do something because its own policies say so.
bool own_policies_allow(api::Call& call, std::string_view action, const Key& key);

/// The condition keys of the tags that a request brings.
ConditionKeys describe_tags(const Json& tags);

/// Whether the caller's boundary and session policies leave it what somebody gives to its role, or to the user who federated.
bool limits_allow(api::Call& call, const aws::policy::Request& request);

}  // namespace cairn::kms
