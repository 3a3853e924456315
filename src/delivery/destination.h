#pragma once
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "aws/names.h"
#include "base/result.h"

/// Where a trail's files go: a bucket of this server, or one elsewhere.
namespace cairn::delivery {

/// One object to be put. A retry puts the same bytes under the same key.
struct Put {
  std::string trail_arn;   // on whose behalf: the policy's aws:SourceArn
  aws::AccountId account;  // the trail's
  std::string bucket, key;
  std::shared_ptr<const std::string> bytes;                   // gzip
  std::string kms_key;                                        // ARN of what S3 is to encrypt with; "": S3's own
  std::vector<std::pair<std::string, std::string>> metadata;  // x-amz-meta-…, names without the prefix
};

/// The headers by which CloudTrail asks for that, its encryption context included.
std::vector<std::pair<std::string, std::string>> encryption_headers(const Put& put);

/// Why it did not arrive. All are tried again.
struct PutFailure {
  std::string code;     // S3's: NoSuchBucket, AccessDenied ...; "ConnectionFailure" where there was no answer
  std::string message;  // S3's, or what went wrong on the way
};

class Destination {
 public:
  using Done = std::function<void(Result<void, PutFailure>)>;
  virtual ~Destination() = default;
  /// Whether the bucket is there and lets us in, as CloudTrail looks before it writes (GetBucketAcl). Returns at once; `done` is called
  /// once, on any thread, perhaps before the return; it is quick.
  virtual void check(const std::string& trail_arn, const aws::AccountId& account, const std::string& bucket, Done done) = 0;
  virtual void put(Put put, Done done) = 0;  // the same rules
};

}  // namespace cairn::delivery
