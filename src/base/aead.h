#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/id.h"

/// Authenticated encryption and key derivation, over OpenSSL. Any thread.
namespace cairn::crypto {

constexpr size_t kAeadKeyBytes = 32, kAeadNonceBytes = 12, kAeadTagBytes = 16;

/// AES-256-GCM: the ciphertext, then the tag. `nonce`: never twice with one key. `associated`: not encrypted, but bound in.
std::string aes256_gcm_seal(const Secret& key, std::string_view nonce, std::string_view plaintext, std::string_view associated);
/// nullopt: key, nonce, `associated` or a byte of `sealed` is not what it was.
std::optional<Secret> aes256_gcm_open(const Secret& key, std::string_view nonce, std::string_view sealed, std::string_view associated);

/// The same for many messages under one key, which is expanded once, and into the caller's memory. One thread at a time.
class Aead {
 public:
  enum class Does { kSeal, kOpen };
  Aead(const Secret& key, Does does);
  Aead(Aead&&) noexcept;
  Aead& operator=(Aead&&) noexcept;
  ~Aead();
  void seal(std::string_view nonce, std::string_view plaintext, char* sealed) const;  // kAeadTagBytes longer
  bool open(std::string_view nonce, std::string_view sealed, char* plaintext) const;  // false: not as it was; nothing is given out

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// A key for one purpose, from one that is for nothing else than making such: NIST SP 800-108 in counter mode with HMAC-SHA-256, of one
/// block. Different labels or contexts give keys that tell nothing of each other.
Secret derive_key(const Secret& key, std::string_view label, std::string_view context);

/// What scrypt (RFC 7914) costs: memory is 128 * block * cost bytes.
struct ScryptCost {
  uint64_t cost = 1 << 15;  // N, a power of two
  uint64_t block = 8;       // r
  uint64_t parallel = 1;    // p
};
Secret scrypt(const Secret& passphrase, std::string_view salt, size_t bytes, const ScryptCost& cost = {});

}  // namespace cairn::crypto
