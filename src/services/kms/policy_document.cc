#include "services/kms/policy_document.h"

#include "base/lru.h"
#include "services/kms/errors.h"

namespace cairn::kms {
namespace {

using aws::policy::Policy;
using aws::policy::Problem;

constexpr size_t kPolicyBytesMax = 32 << 10;
constexpr size_t kCacheBytesMax = 4 << 20;  // of policies' texts; compiled, each takes some ten times as much

}  // namespace

std::string default_policy(const aws::AccountId& account) {
  return fmt::format(R"({{
  "Version" : "2012-10-17",
  "Id" : "key-default-1",
  "Statement" : [ {{
    "Sid" : "Enable IAM User Permissions",
    "Effect" : "Allow",
    "Principal" : {{
      "AWS" : "arn:aws:iam::{}:root"
    }},
    "Action" : "kms:*",
    "Resource" : "*"
  }} ]
}})",
                     account.str());
}

Policy checked_policy(std::string_view text) {
  if (text.size() > kPolicyBytesMax) throw Error(kLimitExceeded, "The key policy exceeds the maximum size of {} bytes.", kPolicyBytesMax);
  Result<Policy, Problem> policy = Policy::parse(text, aws::policy::Kind::kResource);
  if (policy) return std::move(*policy);
  const Problem& problem = policy.error();
  if (problem.what == Problem::What::kPrincipal)
    throw Error(kMalformedPolicyDocument, "Policy contains a statement with one or more invalid principals. ({}: {})", problem.spot,
                problem.subject);
  throw Error(kMalformedPolicyDocument, "{}", problem.message());
}

std::shared_ptr<const Policy> compiled_policy(const std::string& text) {
  static Lru<std::string, const Policy> cache(kCacheBytesMax);
  if (std::shared_ptr<const Policy> kept = cache.get(text)) return kept;
  Result<Policy, Problem> policy = Policy::parse(text, aws::policy::Kind::kResource);
  if (!policy) throw std::runtime_error("a key's policy cannot be read: " + policy.error().message());
  auto compiled = std::make_shared<const Policy>(std::move(*policy));
  cache.put(text, compiled, text.size());
  return compiled;
}

}  // namespace cairn::kms
