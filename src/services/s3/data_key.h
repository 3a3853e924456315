#pragma once
#include <string>

#include "api/call.h"
#include "api/data_keys.h"
#include "services/s3/bucket.h"

/// Data keys of KMS (api/data_keys.h): made, and opened, by the caller of S3, whom the key's policy must let. Each is a call of KMS, with
/// a record, but where objects share their bucket's key: that is asked for once by each caller, and remembered for kBucketKeyLasts, as
/// long as nothing changes in KMS.
namespace cairn::s3 {

constexpr std::chrono::minutes kBucketKeyLasts{5};

using api::DataKey;
/// `kms_key`: as a client names it; "": the account's key of S3. Throws KMS's refusals in S3's form: KMS.NotFoundException ...,
/// AccessDenied.
DataKey new_data_key(api::Call& call, const Bucket& bucket, const std::string& kms_key, const Json& context, bool bucket_key);
Secret open_data_key(api::Call& call, const std::string& kms_key, const std::string& sealed, const Json& context, bool bucket_key);

}  // namespace cairn::s3
