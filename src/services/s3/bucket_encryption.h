#pragma once
#include <string>

#include "services/s3/bucket.h"

namespace cairn::s3 {

/// How a bucket encrypts what is put without a word on it, as PutBucketEncryption set it.
struct BucketEncryption {
  bool kms = false;     // else by the server's key
  std::string kms_key;  // as it was put: id, ARN, alias; "": the account's key of S3
  bool bucket_key = false;
  bool blocks_customer_keys = false;
};
BucketEncryption bucket_encryption(api::Call& call, const Bucket& bucket);

}  // namespace cairn::s3
