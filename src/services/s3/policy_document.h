#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "aws/policy/policy.h"

namespace cairn::s3 {

/// A bucket policy, compiled.
struct BucketPolicy {
  aws::policy::Policy policy;
  bool is_public = false;             // as S3 calls it: it allows something to everyone, without a condition that names fixed callers
  bool looks_at_object_tags = false;  // it has s3:ExistingObjectTag/… somewhere, so the object must be read to decide
};

/// Checks a text before it is kept: what the policy engine takes, and what S3 asks of a bucket's policy besides. Throws MalformedPolicy.
BucketPolicy checked_policy(std::string_view text, std::string_view bucket);

/// The compiled form of a text that was kept. One that cannot be read (other versions of this server were less strict) denies
/// everything: there might be a Deny in it. Those used last are remembered. Any thread.
std::shared_ptr<const BucketPolicy> compiled_policy(const std::string& text);
}  // namespace cairn::s3
