#pragma once
#include <string>
#include <string_view>

#include "api/call.h"
#include "aws/policy/policy.h"
#include "identity/documents.h"
#include "services/iam/errors.h"

/// What IAM asks of a policy before it keeps it. Every refusal says where the fault is.
namespace cairn::iam {

constexpr size_t kManagedPolicyCharactersMax = 6144;

/// Policies of identities, managed or inline. Throws MalformedPolicyDocument.
void check_identity_policy(std::string_view text);
/// Trust policies. Their principals of this server's accounts must exist. Throws MalformedPolicyDocument, LimitExceeded.
void check_trust_policy(api::Call& call, std::string_view text);

/// The size that counts against quotas: characters other than white space.
size_t counted_size(std::string_view text);

}  // namespace cairn::iam
