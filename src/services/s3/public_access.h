#pragma once
#include <optional>
#include <string>

#include "api/call.h"
#include "aws/names.h"
#include "base/json.h"
#include "services/s3/bucket.h"
#include "services/s3/errors.h"
#include "state/store.h"

namespace cairn::s3 {

/// S3 Block Public Access: of a bucket, of an account, or of both together.
struct PublicAccessBlock {
  bool block_acls = false;        // no list that is public is taken
  bool ignore_acls = false;       // what lists give to everyone does not count
  bool block_policy = false;      // no policy that is public is taken
  bool restrict_buckets = false;  // a bucket with a public policy is for its own account and services only

  static PublicAccessBlock everything() { return {true, true, true, true}; }
  bool operator==(const PublicAccessBlock&) const = default;
};

/// What holds for a bucket: the stricter of its own setting and its account's, setting by setting.
PublicAccessBlock public_access_block(state::Transaction& state, const Bucket& bucket);

/// A new bucket has everything blocked; nullopt: the setting was deleted.
std::optional<PublicAccessBlock> bucket_public_access_block(state::Transaction& state, std::string_view bucket);
void put_bucket_public_access_block(state::Transaction& state, std::string_view bucket, const std::optional<PublicAccessBlock>& block);
/// An account's setting begins absent.
std::optional<PublicAccessBlock> account_public_access_block(state::Transaction& state, const aws::AccountId& account);

/// The API's form, and that of documents. Members that are not there are off.
Json encode(const PublicAccessBlock& block);
PublicAccessBlock decode_public_access_block(const Json& configuration);

Error no_public_access_block();  // NoSuchPublicAccessBlockConfiguration

/// AccessDenied by one of these settings: `what` is prevented by `setting`.
Error prevented(const api::Call& call, std::string_view action, std::string_view arn, std::string_view what, std::string_view setting);

}  // namespace cairn::s3
