#pragma once
#include <string>

#include "base/json.h"
#include "services/s3/bucket.h"

namespace cairn::s3 {

/// How a bucket encrypts what is put without a word on it, as PutBucketEncryption set it.
struct BucketEncryption {
  bool kms = false;     // else by the server's key
  std::string kms_key;  // as it was put: id, ARN, alias; "": the account's key of S3
  bool bucket_key = false;
  bool blocks_customer_keys = false;
};
/// The setting's kind, and its document: the rule as it was put.
constexpr std::string_view kEncryptionSetting = "encryption";
constexpr const char* kByDefault = "ApplyServerSideEncryptionByDefault";
Json blocked_types(const Json& rule);  // an array: NONE, SSE-C

BucketEncryption bucket_encryption(api::Call& call, const Bucket& bucket);

}  // namespace cairn::s3
