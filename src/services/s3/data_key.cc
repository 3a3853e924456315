#include "services/s3/data_key.h"

#include "services/s3/errors.h"

namespace cairn::s3 {
namespace {

constexpr std::string_view kS3 = "fas.s3.amazonaws.com";
constexpr const char* kOwnKey = "alias/aws/s3";

/// KMS's refusals as S3 passes them on.
Error passed_on(const Error& error) {
  if (error.kind.code.starts_with("AccessDenied")) return Error(kAccessDenied, "{}", error.message);
  static constexpr std::pair<std::string_view, ErrorKind> kKinds[] = {
      {"DisabledException", {.code = "KMS.DisabledException"}},
      {"InvalidArnException", {.code = "KMS.InvalidArnException"}},
      {"InvalidCiphertextException", {.code = "KMS.InvalidCiphertextException"}},
      {"InvalidKeyUsageException", {.code = "KMS.InvalidKeyUsageException"}},
      {"KMSInvalidStateException", {.code = "KMS.KMSInvalidStateException"}},
      {"NotFoundException", {.code = "KMS.NotFoundException"}},
      {"ValidationException", {.code = "KMS.ValidationException"}},
  };
  for (const auto& [code, kind] : kKinds)
    if (code == error.kind.code) return Error(kind, "{}", error.message);
  return Error(kInternalError, "{}", error.message);
}

api::KeyUse use_of(const api::Call& call, const Json& context, bool bucket_key) {
  if (call.principal.kind == aws::Principal::Kind::kAnonymous) throw access_denied();  // nobody may use a key
  api::KeyUse use{.invoked_by = kS3, .account = call.owner, .context = context};
  if (bucket_key) use.reuse = kBucketKeyLasts;
  return use;
}

}  // namespace

DataKey new_data_key(api::Call& call, const Bucket& bucket, const std::string& kms_key, const Json& context, bool bucket_key) {
  const api::KeyUse use = use_of(call, context, bucket_key);
  try {
    return api::new_data_key(call, kms_key.empty() ? kOwnKey : kms_key, bucket.region, use);
  } catch (const Error& error) {
    throw passed_on(error);
  }
}

Secret open_data_key(api::Call& call, const std::string& kms_key, const std::string& sealed, const Json& context, bool bucket_key) {
  const api::KeyUse use = use_of(call, context, bucket_key);
  try {
    return api::open_data_key(call, kms_key, sealed, use);
  } catch (const Error& error) {
    throw passed_on(error);
  }
}

}  // namespace cairn::s3
