#include "services/s3/encryption.h"

#include "api/ports.h"
#include "base/aead.h"
#include "base/crypto.h"
#include "base/text.h"
#include "services/s3/access.h"
#include "services/s3/customer_key.h"
#include "services/s3/data_key.h"
#include "services/s3/default_encryption.h"
#include "services/s3/errors.h"
#include "services/s3/input.h"

namespace cairn::s3 {
namespace {

constexpr std::string_view kHeader = "x-amz-server-side-encryption";

/// What a write asks for, before any key is looked at.
struct Wanted {
  enum class Kind { kServer, kKms, kCustomer } kind = Kind::kServer;
  std::string kms_key;  // as the client or the bucket names it; "": the account's key of S3
  std::string context;  // JSON
  bool bucket_key = false;
  bool by_default = false;
  std::optional<CustomerKey> customer;
};

/// An encryption context as the header carries it: base64 of JSON, names to text. It comes back in the order of the names.
std::string context_of(const Json& in) {
  const std::string header = text_of(in, "SSEKMSEncryptionContext");
  if (header.empty()) return {};
  const std::optional<std::string> text = text::from_base64(header);
  const Result<Json> context = text ? json::parse(*text) : Result<Json>(failure("no base64"));
  const auto is_text = [](const Json& value) { return value.is_string(); };
  if (!context || !context->is_object() || !std::ranges::all_of(*context, is_text))
    throw invalid_argument(
        "The header 'x-amz-server-side-encryption-context' shall be Base64-encoded UTF-8 string holding JSON which represents a "
        "string-string "
        "map",
        "x-amz-server-side-encryption-context", header);
  return context->empty() ? std::string() : json::dump(*context);
}

Error blocked(const api::Call& call, const Bucket& bucket) {
  return Error(
      kAccessDenied,
      "User: {} is not authorized to perform: s3:PutObject on resource: \"{}\" because this bucket has blocked upload requests that "
      "specify Server Side Encryption with Customer provided keys (SSE-C). Please specify a different server-side encryption type",
      call.principal.arn, bucket_arn(bucket.name, text_of(call.in, "Key")));
}

Wanted wanted(api::Call& call, const Bucket& bucket) {
  const Json& in = call.in;
  Wanted wanted;
  const bool names_method = has(in, "ServerSideEncryption");
  const std::string method = text_of(in, "ServerSideEncryption");
  if (names_customer_key(in, KeyOf::kObject)) {
    if (names_method)
      throw invalid_argument("Server Side Encryption with Customer provided key is incompatible with the encryption method specified",
                             kHeader, method);
    wanted.customer = customer_key(call, KeyOf::kObject);
    wanted.kind = Wanted::Kind::kCustomer;
    if (bucket_encryption(call, bucket).blocks_customer_keys) throw blocked(call, bucket);
    return wanted;
  }
  if (names_method && method != "AES256" && method != "aws:kms") {
    if (method == "aws:kms:dsse") throw header_not_implemented(kHeader);
    throw invalid_argument("The encryption method specified is not supported", kHeader, method);
  }
  if (method != "aws:kms" && (has(in, "SSEKMSKeyId") || has(in, "SSEKMSEncryptionContext")))
    throw invalid_argument("Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : aws:kms",
                           kHeader, method);
  if (method == "AES256") return wanted;

  const BucketEncryption setting = bucket_encryption(call, bucket);
  wanted.by_default = !names_method;
  if (wanted.by_default && !setting.kms) return wanted;
  wanted.kind = Wanted::Kind::kKms;
  wanted.kms_key = names_method ? text_of(in, "SSEKMSKeyId") : setting.kms_key;
  wanted.context = context_of(in);
  wanted.bucket_key = has(in, "BucketKeyEnabled") ? flag_of(in, "BucketKeyEnabled") : setting.bucket_key;
  return wanted;
}

Json full_context(std::string_view context, std::string arn) {
  Json full = context.empty() ? Json::object() : json::parse(context).value();
  full["aws:s3:arn"] = std::move(arn);
  return full;
}

Json context_of(const Encryption& encryption, std::string_view bucket, std::string_view key) {
  return full_context(encryption.context, encryption.bucket_key ? bucket_arn(bucket) : bucket_arn(bucket, key));
}

}  // namespace

Json encode(const Encryption& encryption) {
  Json document = Json::object();
  if (encryption.kind == Encryption::Kind::kKms) {
    document["kmsKey"] = encryption.kms_key;
    document["dataKey"] = encryption.data_key;
    if (!encryption.context.empty()) document["context"] = encryption.context;
    if (encryption.bucket_key) document["bucketKey"] = true;
  } else if (encryption.kind == Encryption::Kind::kCustomer) {
    document["salt"] = encryption.salt;
    document["check"] = encryption.check;
  }
  return document;
}

Encryption decode_encryption(const Json& document) {
  Encryption encryption;
  if (has(document, "dataKey")) {
    encryption.kind = Encryption::Kind::kKms;
    encryption.kms_key = text_of(document, "kmsKey");
    encryption.data_key = text_of(document, "dataKey");
    encryption.context = text_of(document, "context");
    encryption.bucket_key = flag_of(document, "bucketKey");
  } else if (has(document, "check")) {
    encryption.kind = Encryption::Kind::kCustomer;
    encryption.salt = text_of(document, "salt");
    encryption.check = text_of(document, "check");
  }
  return encryption;
}

void check_encryption_headers(api::Call& call, const Bucket& bucket) { wanted(call, bucket); }

Encrypted encrypt_object(api::Call& call, const Bucket& bucket, std::string_view key) {
  const Wanted asked = wanted(call, bucket);
  Encrypted made;
  made.by_default = asked.by_default;
  Encryption& encryption = made.encryption;
  switch (asked.kind) {
    case Wanted::Kind::kServer:
      made.key = call.ports->object_key;
      made.by_default = !has(call.in, "ServerSideEncryption");
      break;
    case Wanted::Kind::kCustomer: {
      encryption.kind = Encryption::Kind::kCustomer;
      CustomerKey::Kept kept = asked.customer->keep(*call.ports->random);
      encryption.salt = std::move(kept.salt);
      encryption.check = std::move(kept.check);
      made.key = std::move(kept.key);
      break;
    }
    case Wanted::Kind::kKms: {
      encryption.kind = Encryption::Kind::kKms;
      encryption.context = asked.context;
      encryption.bucket_key = asked.bucket_key;
      DataKey data_key = new_data_key(call, bucket, asked.kms_key, context_of(encryption, bucket.name, key), asked.bucket_key);
      encryption.kms_key = std::move(data_key.kms_key);
      encryption.data_key = std::move(data_key.sealed);
      made.key = std::move(data_key.key);
      break;
    }
  }
  return made;
}

void check_customer_key(api::Call& call, const Encryption& encryption, KeyOf whose) {
  if (whose == KeyOf::kObject)
    for (const auto& [name, value] : call.http.headers)
      if (name == kHeader)
        throw invalid_argument("x-amz-server-side-encryption header is not supported for this operation.", kHeader, value);
  const bool named = names_customer_key(call.in, whose);
  if (encryption.kind != Encryption::Kind::kCustomer) {
    if (named) throw Error(kInvalidRequest, "The encryption parameters are not applicable to this object.");
    return;
  }
  if (!named)
    throw Error(
        kInvalidRequest,
        "The object was stored using a form of Server Side Encryption. The correct parameters must be provided to retrieve the object.");
  if (!customer_key(call, whose).opens(encryption.salt, encryption.check))
    throw Error(kAccessDenied,
                "Requests specifying Server Side Encryption with Customer provided keys must provide the correct secret key.");
}

Secret open_object_key(api::Call& call, const Encryption& encryption, std::string_view bucket, std::string_view key, KeyOf whose) {
  check_customer_key(call, encryption, whose);
  switch (encryption.kind) {
    case Encryption::Kind::kServer:
      return call.ports->object_key;
    case Encryption::Kind::kCustomer:
      return *customer_key(call, whose).opens(encryption.salt, encryption.check);
    case Encryption::Kind::kKms:
      break;
  }
  return open_data_key(call, encryption.kms_key, encryption.data_key, context_of(encryption, bucket, key), encryption.bucket_key);
}

Secret open_upload_key(api::Call& call, const Encryption& encryption, std::string_view bucket, std::string_view key) {
  const bool named = names_customer_key(call.in, KeyOf::kObject);
  if (named != (encryption.kind == Encryption::Kind::kCustomer))
    throw Error(kInvalidRequest,
                "The multipart upload initiate requested encryption. Subsequent part requests must include the appropriate encryption "
                "parameters.");
  if (named && !customer_key(call, KeyOf::kObject).opens(encryption.salt, encryption.check))
    throw Error(kInvalidRequest, "The provided encryption parameters did not match the ones used originally.");
  return open_object_key(call, encryption, bucket, key);
}

std::string etag_of(api::Call& call, const Encryption& encryption, std::string_view md5) {
  return text::hex(encryption.kind == Encryption::Kind::kServer ? std::string(md5) : call.ports->random->bytes(md5.size()));
}

void show_encryption(api::Call& call, const Encryption& encryption, Shows shows) {
  Json& out = call.out;
  switch (encryption.kind) {
    case Encryption::Kind::kServer:
      out["ServerSideEncryption"] = "AES256";
      break;
    case Encryption::Kind::kCustomer:
      out["SSECustomerAlgorithm"] = "AES256";
      if (const std::string md5 = text_of(call.in, "SSECustomerKeyMD5"); !md5.empty()) out["SSECustomerKeyMD5"] = md5;
      break;
    case Encryption::Kind::kKms:
      out["ServerSideEncryption"] = "aws:kms";
      out["SSEKMSKeyId"] = encryption.kms_key;
      if (encryption.bucket_key) out["BucketKeyEnabled"] = true;
      if (shows == Shows::kContext && !encryption.context.empty()) {
        const std::string bucket = text_of(call.in, "Bucket"), key = text_of(call.in, "Key");
        out["SSEKMSEncryptionContext"] = text::base64(json::dump(context_of(encryption, bucket, key)));
      }
      break;
  }
}

void record_encryption(api::Call& call, const Encryption& encryption, bool by_default) {
  static constexpr std::string_view kNames[] = {"SSE_S3", "SSE_KMS", "SSE_C"};
  call.http.sse_applied = fmt::format("{}{}", by_default ? "Default_" : "", kNames[static_cast<size_t>(encryption.kind)]);
}

}  // namespace cairn::s3
