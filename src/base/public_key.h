#pragma once
#include <memory>
#include <optional>
#include <string_view>

namespace cairn::crypto {

/// A public key that others sign with, from its numbers (big-endian bytes, as JSON Web Keys carry them). Any thread.
class PublicKey {
 public:
  enum class Kind { kRsa, kP256 };
  static std::optional<PublicKey> rsa(std::string_view modulus, std::string_view exponent);  // of kRsaBitsMin to kRsaBitsMax
  static std::optional<PublicKey> p256(std::string_view x, std::string_view y);              // a point of the curve

  Kind kind() const { return kind_; }
  /// RSA: PKCS #1 v1.5 with SHA-256. P-256: ECDSA with SHA-256, whose signature is r and s of 32 bytes each.
  bool verify_sha256(std::string_view message, std::string_view signature) const;

  static constexpr int kRsaBitsMin = 2048, kRsaBitsMax = 8192;

 private:
  struct Impl;
  Kind kind_ = Kind::kRsa;
  std::shared_ptr<const Impl> impl_;
};

}  // namespace cairn::crypto
