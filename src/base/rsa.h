#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "base/id.h"
#include "base/result.h"
#include "base/time.h"

namespace cairn::crypto {

/// An RSA key pair of 2048 bits, e = 65537. Any thread.
class RsaKey {
 public:
  static RsaKey generate();  // some 100 ms
  static Result<RsaKey> from_pem(const Secret& pem);
  Secret pem() const;                                       // PKCS#8
  std::string public_der() const;                           // PKCS#1 RSAPublicKey, DER
  std::string sign_sha256(std::string_view message) const;  // PKCS #1 v1.5 with SHA-256; 256 raw bytes
  std::string sign_sha1(std::string_view message) const;    // the same with SHA-1, for those who still want that
  /// A certificate of the public half, in PEM, that the key itself has signed.
  std::string self_signed_certificate(std::string_view common_name, Time from, Time to) const;

 private:
  struct Impl;
  std::shared_ptr<const Impl> impl_;
};

/// `public_der`: PKCS#1 RSAPublicKey or SubjectPublicKeyInfo. False also for what is no key or no signature.
bool verify_rsa_sha256(std::string_view public_der, std::string_view message, std::string_view signature);

}  // namespace cairn::crypto
