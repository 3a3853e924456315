#pragma once
#include <string>
#include <string_view>

#include "api/call.h"

namespace cairn::s3 {

/// A bucket as its document tells it.
struct Bucket {
  std::string name;
  aws::AccountId account;  // the owner
  aws::Region region;
  std::string location;  // as GetBucketLocation tells it: "" in us-east-1, "EU" if created so
  Time created;
};

enum class Regions { kOwnOnly, kAny };  // kAny: calls that S3 answers through every region's endpoint

/// The one door to a bucket: it exists, is addressed through its region, and the caller may come in. Sets `call.owner`.
/// Throws InvalidBucketName, NoSuchBucket, AuthorizationHeaderMalformed (and the like, with the right region), AccessDenied.
/// Who may is said by access.h: for the operation that call.model names, on the bucket and key in call.in.
Bucket open_bucket(api::Call& call, Regions regions = Regions::kOwnOnly);
/// The same for the bucket that a copy reads from, and its object `key`: s3:GetObject is needed there.
Bucket open_source_bucket(api::Call& call, std::string_view name, std::string_view key, std::string_view version);

/// The key in call.in; throws KeyTooLongError, InvalidURI.
std::string checked_key(const api::Call& call);
void check_key(std::string_view key);

/// S3's canonical user id of an account: 64 hex digits, derived from the account's number.
std::string owner_id(const aws::AccountId& account);

std::string encode(const Bucket& bucket);  // the document
Bucket decode_bucket(std::string_view name, std::string_view document);

}  // namespace cairn::s3
