#include "services/s3/customer_key.h"

#include "api/ports.h"
#include "base/aead.h"
#include "base/crypto.h"
#include "base/text.h"
#include "services/s3/errors.h"
#include "services/s3/input.h"

namespace cairn::s3 {
namespace {

constexpr std::string_view kHeader = "x-amz-server-side-encryption";
constexpr size_t kSaltBytes = 16;

std::string member(KeyOf whose, std::string_view name) {
  return fmt::format("{}SSECustomer{}", whose == KeyOf::kCopySource ? "CopySource" : "", name);
}

Error unusable(std::string_view message) { return invalid_argument(message, kHeader, "null"); }

/// A key that went over a network in the clear is no secret any more.
bool is_confidential(const api::Call& call) {
  const std::string& ip = call.source_ip;
  return call.tls || call.ports->plain_counts_as_tls || ip.starts_with("127.") || ip == "::1";
}

}  // namespace

bool names_customer_key(const Json& in, KeyOf whose) {
  return has(in, member(whose, "Algorithm")) || has(in, member(whose, "Key")) || has(in, member(whose, "KeyMD5"));
}

CustomerKey customer_key(const api::Call& call, KeyOf whose) {
  const std::string algorithm = text_of(call.in, member(whose, "Algorithm"));
  if (algorithm.empty())
    throw unusable("Requests specifying Server Side Encryption with Customer provided keys must provide a valid encryption algorithm.");
  if (algorithm != "AES256")
    throw Error(kInvalidEncryptionAlgorithm, "The Encryption request you specified is not valid. Supported value: AES256.")
        .with("ArgumentName", std::string(kHeader))
        .with("ArgumentValue", algorithm);
  const std::string sent = text_of(call.in, member(whose, "Key"));
  if (sent.empty())
    throw unusable("Requests specifying Server Side Encryption with Customer provided keys must provide an appropriate secret key.");
  const std::string md5 = text_of(call.in, member(whose, "KeyMD5"));
  if (md5.empty())
    throw unusable(
        "Requests specifying Server Side Encryption with Customer provided keys must provide the client calculated MD5 of the secret key.");
  std::optional<std::string> key = text::from_base64(sent);
  if (!key) throw unusable("The secret key was invalid for the specified algorithm.");
  Secret secret(std::move(*key));
  if (text::base64(crypto::md5(secret.reveal())) != md5)
    throw unusable("The calculated MD5 hash of the key did not match the hash that was provided.");
  if (secret.reveal().size() != crypto::kAeadKeyBytes) throw unusable("The secret key was invalid for the specified algorithm.");
  if (!is_confidential(call))
    throw unusable("Requests specifying Server Side Encryption with Customer provided keys must be made over a secure connection.");
  return CustomerKey(std::move(secret));
}

std::string CustomerKey::mac(std::string_view purpose, std::string_view salt) const {
  return crypto::hmac_sha256(key_.reveal(), fmt::format("cairn customer key {}{}{}", purpose, '\0', salt));
}

CustomerKey::Kept CustomerKey::keep(env::Random& random) const {
  const std::string salt = random.bytes(kSaltBytes);
  return {Secret(mac("for an object", salt)), text::base64(salt), text::base64(mac("check", salt))};
}

std::optional<Secret> CustomerKey::opens(std::string_view salt, std::string_view check) const {
  const std::string raw_salt = text::from_base64(salt).value_or(""), raw_check = text::from_base64(check).value_or("");
  if (!crypto::equal_constant_time(mac("check", raw_salt), raw_check)) return std::nullopt;
  return Secret(mac("for an object", raw_salt));
}

}  // namespace cairn::s3
