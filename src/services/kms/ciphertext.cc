#include "services/kms/ciphertext.h"

#include "base/aead.h"
#include "base/check.h"
#include "base/text.h"

namespace cairn::kms {
namespace {

constexpr char kVersion = 1;
constexpr size_t kKeyIdBytes = 16, kMaterialIdBytes = 32, kSaltBytes = 16;
constexpr size_t kHeadBytes = 1 + kKeyIdBytes + kMaterialIdBytes;
constexpr size_t kBytesMin = kHeadBytes + kSaltBytes + crypto::kAeadNonceBytes + crypto::kAeadTagBytes;

std::string uuid_of(std::string_view bytes) {
  std::string uuid = text::hex(bytes);
  for (const size_t at : {8, 13, 18, 23}) uuid.insert(at, 1, '-');
  return uuid;
}

std::string bytes_of_uuid(std::string_view uuid) {
  std::string digits;
  for (const char c : uuid)
    if (c != '-') digits += c;
  return text::from_hex(digits).value_or("");
}

void append_number(std::string& out, size_t n) {
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(n >> shift & 0xFF);
}

/// Each part with its length before it: no two contexts give the same bytes.
std::string associated(std::string_view head, const EncryptionContext& context) {
  std::string out(head);
  for (const auto& [key, value] : context) {
    append_number(out, key.size());
    out += key;
    append_number(out, value.size());
    out += value;
  }
  return out;
}

/// A key for one message: a material encrypts any number of them without a nonce that comes twice.
Secret message_key(const Secret& material, std::string_view salt) { return crypto::derive_key(material, "cairn kms message", salt); }

}  // namespace

std::optional<Ciphertext> parse_ciphertext(std::string_view blob) {
  if (blob.size() < kBytesMin || blob[0] != kVersion) return std::nullopt;
  Ciphertext ciphertext;
  ciphertext.head = blob.substr(0, kHeadBytes);
  ciphertext.key_id = uuid_of(blob.substr(1, kKeyIdBytes));
  ciphertext.material_id = text::hex(blob.substr(1 + kKeyIdBytes, kMaterialIdBytes));
  ciphertext.salt = blob.substr(kHeadBytes, kSaltBytes);
  ciphertext.nonce = blob.substr(kHeadBytes + kSaltBytes, crypto::kAeadNonceBytes);
  ciphertext.sealed = blob.substr(kHeadBytes + kSaltBytes + crypto::kAeadNonceBytes);
  return ciphertext;
}

std::string encrypt(env::Random& random, const Secret& material, std::string_view key_id, std::string_view material_id,
                    const EncryptionContext& context, std::string_view plaintext) {
  std::string blob(1, kVersion);
  blob += bytes_of_uuid(key_id);
  blob += text::from_hex(material_id).value_or("");
  CHECK(blob.size() == kHeadBytes);
  const std::string bound = associated(blob, context);
  const std::string salt = random.bytes(kSaltBytes), nonce = random.bytes(crypto::kAeadNonceBytes);
  return blob + salt + nonce + crypto::aes256_gcm_seal(message_key(material, salt), nonce, plaintext, bound);
}

std::optional<Secret> decrypt(const Ciphertext& ciphertext, const Secret& material, const EncryptionContext& context) {
  return crypto::aes256_gcm_open(message_key(material, ciphertext.salt), ciphertext.nonce, ciphertext.sealed,
                                 associated(ciphertext.head, context));
}

}  // namespace cairn::kms
