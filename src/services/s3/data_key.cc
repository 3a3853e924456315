#include "services/s3/data_key.h"

#include "api/ports.h"
#include "api/within.h"
#include "aws/policy/caller.h"
#include "base/lru.h"
#include "base/text.h"
#include "services/s3/errors.h"
#include "services/s3/input.h"
#include "state/store.h"

namespace cairn::s3 {
namespace {

constexpr std::string_view kS3 = "fas.s3.amazonaws.com";
constexpr std::string_view kOwnKey = "alias/aws/s3";

// ------------------------------------------------------------------ what is remembered of buckets' keys

struct Remembered {
  DataKey key;
  Time until;
  uint64_t version;  // of KMS's documents
};
using Memory = Lru<std::string, const Remembered>;
Memory& memory() {
  static Memory memory(kBucketKeysMax);
  return memory;
}

/// Who asks, with which credentials (sessions of one name may have different policies), in which server, for what: nobody is given what
/// another was let have.
std::string name_of(const api::Call& call, std::string_view what, const Json& context) {
  const aws::policy::Caller caller = aws::policy::caller_of(call.principal);
  return fmt::format("{}\n{}\n{}\n{}\n{}\n{}", static_cast<const void*>(call.ports), caller.account, caller.shown(),
                     call.principal.access_key.str(), what, json::dump(context));
}

/// Nothing is remembered while KMS's documents change.
std::optional<uint64_t> settled_version(const api::Call& call) {
  if (call.ports->kms_documents == nullptr) return std::nullopt;
  const uint64_t version = call.ports->kms_documents->version();
  return state::Watch::is_settled(version) ? std::optional(version) : std::nullopt;
}

/// `make` the key, unless it is remembered.
template <class Make>
DataKey remember(const api::Call& call, std::string_view what, const Json& context, Make make) {
  const std::string name = name_of(call, what, context);
  const std::optional<uint64_t> version = settled_version(call);
  if (const auto kept = memory().get(name)) {
    if (version == kept->version && call.now < kept->until) return kept->key;
    memory().erase(name);
  }
  DataKey key = make();
  if (version) memory().put(name, std::make_shared<const Remembered>(Remembered{key, call.now + kBucketKeyLasts, *version}), 1);
  return key;
}

// ------------------------------------------------------------------ KMS

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

Json call_kms(api::Call& call, std::string_view operation, Json in, const aws::Region& region) {
  if (call.principal.kind == aws::Principal::Kind::kAnonymous) throw access_denied();  // nobody may use a key
  try {
    return api::call_within(
        call, {.service = "kms", .operation = operation, .in = std::move(in), .region = region, .invoked_by = kS3, .account = call.owner});
  } catch (const Error& error) {
    throw passed_on(error);
  }
}

Secret plaintext_of(const Json& answer) { return Secret(text::from_base64(text_of(answer, "Plaintext")).value_or("")); }

}  // namespace

DataKey new_data_key(api::Call& call, const Bucket& bucket, const std::string& kms_key, const Json& context, bool bucket_key) {
  const std::string name = kms_key.empty() ? std::string(kOwnKey) : kms_key;
  const auto make = [&] {
    const Json in{{"KeyId", name}, {"KeySpec", "AES_256"}, {"EncryptionContext", context}};
    const Json answer = call_kms(call, "GenerateDataKey", in, bucket.region);
    return DataKey{plaintext_of(answer), text_of(answer, "KeyId"), text_of(answer, "CiphertextBlob")};
  };
  return bucket_key ? remember(call, name, context, make) : make();
}

Secret open_data_key(api::Call& call, const std::string& kms_key, const std::string& sealed, const Json& context, bool bucket_key) {
  const auto make = [&] {
    const aws::Region region(std::string(text::split(kms_key, ':')[3]));
    const Json answer = call_kms(call, "Decrypt", {{"CiphertextBlob", sealed}, {"EncryptionContext", context}}, region);
    return DataKey{plaintext_of(answer), kms_key, sealed};
  };
  return bucket_key ? remember(call, sealed, context, make).key : make().key;
}

}  // namespace cairn::s3
