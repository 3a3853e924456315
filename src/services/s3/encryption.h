#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "api/call.h"
#include "services/s3/bucket.h"
#include "services/s3/customer_key.h"

/// How objects are encrypted at rest: what a write asks for, what its bucket has for writes that ask for nothing, and the key that
/// results. Each content of an object has a key of its own, sealed under this one: content.h.
namespace cairn::s3 {

/// As the object's document tells it.
struct Encryption {
  enum class Kind {
    kServer,    // SSE-S3: under the server's key for objects
    kKms,       // SSE-KMS: under a data key of KMS
    kCustomer,  // SSE-C: under the client's
  };
  Kind kind = Kind::kServer;
  std::string kms_key;      // kKms: its ARN
  std::string data_key;     // kKms: KMS's CiphertextBlob
  std::string context;      // kKms: what the client added to the encryption context: JSON; "": nothing
  bool bucket_key = false;  // kKms: the data key is the bucket's
  std::string salt, check;  // kCustomer: tell whether a key is the right one; both base64
};
Json encode(const Encryption& encryption);
Encryption decode_encryption(const Json& document);

/// What a write is to be encrypted with.
struct Encrypted {
  Encryption encryption;
  Secret key;               // under which the keys of its contents are sealed
  bool by_default = false;  // nothing was asked for: the bucket's setting
};

/// By the headers of PutObject, CopyObject and CreateMultipartUpload, and the bucket's setting. Throws what S3 says of headers that do
/// not fit; KMS is not called.
void check_encryption_headers(api::Call& call, const Bucket& bucket);
/// The same, and the key: KMS is called where it is one of KMS's, by the caller, who may be refused.
Encrypted encrypt_object(api::Call& call, const Bucket& bucket, std::string_view key);

/// The key of an object that is read, with the client's key in the headers, or by KMS's Decrypt. Throws what S3 says of those.
Secret open_object_key(api::Call& call, const Encryption& encryption, std::string_view bucket, std::string_view key,
                       KeyOf whose = KeyOf::kObject);
/// What can be asked of a request that wants to know of an object, not its bytes: an object of a client's key takes that.
void check_customer_key(api::Call& call, const Encryption& encryption, KeyOf whose = KeyOf::kObject);
/// The key of an upload's parts: as it was begun, so every part.
Secret open_upload_key(api::Call& call, const Encryption& encryption, std::string_view bucket, std::string_view key);

/// ETags of objects that are not under the server's own key tell nothing of their bytes.
std::string etag_of(api::Call& call, const Encryption& encryption, std::string_view md5);

enum class Shows { kContext, kNoContext };
/// The answer's members.
void show_encryption(api::Call& call, const Encryption& encryption, Shows shows = Shows::kNoContext);
/// The record's SSEApplied.
void record_encryption(api::Call& call, const Encryption& encryption, bool by_default);

}  // namespace cairn::s3
