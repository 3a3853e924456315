#pragma once
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "aws/names.h"
#include "base/json.h"

namespace cairn::aws {

/// What temporary credentials carry beside the facts of the record's sessionContext.
struct Session {
  std::vector<std::string> policies;                      // session policies, as they were given: they only take away
  std::vector<std::string> policy_arns;                   // the same, managed ones
  std::vector<std::pair<std::string, std::string>> tags;  // aws:PrincipalTag/KEY, over the tags of the role or user
  std::vector<std::string> transitive_tags;               // keys that the roles assumed from here are given, too
  bool is_chained = false;                                // a role assumed by a role's session
};

/// Who calls, as authentication found out. The record's userIdentity is drawn from it (event/identity.cc).
struct Principal {
  enum class Kind { kAnonymous, kRoot, kUser, kAssumedRole, kFederatedUser, kWebIdentity, kService };
  Kind kind = Kind::kAnonymous;
  AccountId account;
  std::string principal_id;  // account id, AIDA..., AROA...:session; of a web identity PROVIDER:AUDIENCE:SUBJECT
  std::string arn;
  AccessKeyId access_key;
  std::string user_name;                        // IAM users; services: the service principal; web identities: the subject
  std::string identity_provider;                // web identities: ARN of the provider that vouches for them
  std::string source_arn;                       // services: the resource on whose behalf (aws:SourceArn) ...
  AccountId source_account;                     // ... and its account
  std::string invoked_by;                       // of calls that a service makes for its own caller: fas.s3.amazonaws.com
  std::shared_ptr<const Json> session_context;  // finished `sessionContext`, for temporary credentials: issuer, MFA, source identity
  std::shared_ptr<const Session> session;       // null: long-term credentials
  bool is_administrator = false;                // root and --dev keys: no identity policy is asked
};

}  // namespace cairn::aws
