#include "base/public_key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <string>

#include "base/check.h"

namespace cairn::crypto {
namespace {

constexpr size_t kCoordinateBytes = 32;

struct Free {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  void operator()(BIGNUM* number) const { BN_free(number); }
  void operator()(OSSL_PARAM_BLD* builder) const { OSSL_PARAM_BLD_free(builder); }
  void operator()(OSSL_PARAM* parameters) const { OSSL_PARAM_free(parameters); }
  void operator()(ECDSA_SIG* signature) const { ECDSA_SIG_free(signature); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

const unsigned char* bytes_of(std::string_view s) { return reinterpret_cast<const unsigned char*>(s.data()); }

Owned<BIGNUM> number_of(std::string_view bytes) {
  Owned<BIGNUM> number(BN_bin2bn(bytes_of(bytes), static_cast<int>(bytes.size()), nullptr));
  CHECK(number);
  return number;
}

/// Null: the numbers are no key.
Owned<EVP_PKEY> make_key(const char* type, OSSL_PARAM_BLD* builder) {
  const Owned<OSSL_PARAM> parameters(OSSL_PARAM_BLD_to_param(builder));
  const Owned<EVP_PKEY_CTX> context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  CHECK(parameters && context && EVP_PKEY_fromdata_init(context.get()) == 1);
  EVP_PKEY* key = nullptr;
  if (EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters.get()) != 1) return nullptr;
  return Owned<EVP_PKEY>(key);
}

/// r and s as ASN.1 has them.
std::string der_of(std::string_view signature) {
  Owned<ECDSA_SIG> pair(ECDSA_SIG_new());
  CHECK(pair);
  Owned<BIGNUM> r = number_of(signature.substr(0, kCoordinateBytes)), s = number_of(signature.substr(kCoordinateBytes));
  CHECK(ECDSA_SIG_set0(pair.get(), r.release(), s.release()) == 1);
  unsigned char* der = nullptr;
  const int size = i2d_ECDSA_SIG(pair.get(), &der);
  CHECK(size > 0);
  std::string out(reinterpret_cast<const char*>(der), static_cast<size_t>(size));
  OPENSSL_free(der);
  return out;
}

}  // namespace

struct PublicKey::Impl {
  Owned<EVP_PKEY> key;
};

std::optional<PublicKey> PublicKey::rsa(std::string_view modulus, std::string_view exponent) {
  if (modulus.size() > kRsaBitsMax / 8 + 1 || exponent.size() > 8) return std::nullopt;
  const Owned<BIGNUM> n = number_of(modulus), e = number_of(exponent);
  const int bits = BN_num_bits(n.get());
  if (bits < kRsaBitsMin || bits > kRsaBitsMax || BN_is_odd(e.get()) == 0 || BN_is_one(e.get()) == 1) return std::nullopt;
  const Owned<OSSL_PARAM_BLD> builder(OSSL_PARAM_BLD_new());
  CHECK(builder && OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) == 1);
  CHECK(OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) == 1);
  Owned<EVP_PKEY> key = make_key("RSA", builder.get());
  if (!key) return std::nullopt;
  PublicKey made;
  made.kind_ = Kind::kRsa;
  made.impl_ = std::make_shared<Impl>(Impl{std::move(key)});
  return made;
}

std::optional<PublicKey> PublicKey::p256(std::string_view x, std::string_view y) {
  if (x.size() != kCoordinateBytes || y.size() != kCoordinateBytes) return std::nullopt;
  const std::string point = '\x04' + std::string(x) + std::string(y);  // uncompressed
  const Owned<OSSL_PARAM_BLD> builder(OSSL_PARAM_BLD_new());
  CHECK(builder && OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0) == 1);
  CHECK(OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()) == 1);
  Owned<EVP_PKEY> key = make_key("EC", builder.get());  // which refuses a point that is not on the curve
  if (!key) return std::nullopt;
  PublicKey made;
  made.kind_ = Kind::kP256;
  made.impl_ = std::make_shared<Impl>(Impl{std::move(key)});
  return made;
}

bool PublicKey::verify_sha256(std::string_view message, std::string_view signature) const {
  if (impl_ == nullptr) return false;
  std::string der;
  if (kind_ == Kind::kP256) {
    if (signature.size() != 2 * kCoordinateBytes) return false;
    der = der_of(signature);
    signature = der;
  }
  const Owned<EVP_MD_CTX> context(EVP_MD_CTX_new());
  CHECK(context);
  return EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, impl_->key.get()) == 1 &&
         EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(), bytes_of(message), message.size()) == 1;
}

}  // namespace cairn::crypto
