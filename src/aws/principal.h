#pragma once
#include <optional>
#include <string>

#include "aws/names.h"
#include "base/json.h"

namespace cairn::aws {

/// Who calls, as authentication found out. The record's userIdentity is drawn from it (event/identity.cc).
struct Principal {
  enum class Kind { kAnonymous, kRoot, kUser, kAssumedRole, kFederatedUser, kService };
  Kind kind = Kind::kAnonymous;
  AccountId account;
  std::string principal_id;  // account id, AIDA..., AROA...:session
  std::string arn;
  AccessKeyId access_key;
  std::string user_name;                // IAM users; services: the service principal
  std::string source_arn;               // services: the resource on whose behalf (aws:SourceArn) ...
  AccountId source_account;             // ... and its account
  std::optional<Json> session_context;  // finished `sessionContext`, for temporary credentials
  bool is_administrator = false;        // until IAM's policies decide: root, the first administrator, --dev keys
};

}  // namespace cairn::aws
