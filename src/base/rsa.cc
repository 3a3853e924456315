#include "base/rsa.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "base/check.h"

namespace cairn::crypto {
namespace {

constexpr int kBits = 2048;

struct Free {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  void operator()(BIO* bio) const { BIO_free_all(bio); }
  void operator()(X509* certificate) const { X509_free(certificate); }
};
using Key = std::unique_ptr<EVP_PKEY, Free>;
using Context = std::unique_ptr<EVP_MD_CTX, Free>;
using Bio = std::unique_ptr<BIO, Free>;

const unsigned char* bytes_of(std::string_view s) { return reinterpret_cast<const unsigned char*>(s.data()); }

bool is_rsa(const Key& key) { return key && EVP_PKEY_get_base_id(key.get()) == EVP_PKEY_RSA; }

// The public half in either of its two forms, with nothing behind it.
Key read_public(std::string_view der) {
  const unsigned char* at = bytes_of(der);
  const unsigned char* const end = at + der.size();
  Key key(d2i_PublicKey(EVP_PKEY_RSA, nullptr, &at, static_cast<long>(der.size())));
  if (!key) {
    at = bytes_of(der);
    key.reset(d2i_PUBKEY(nullptr, &at, static_cast<long>(der.size())));
  }
  if (!is_rsa(key) || at != end) return nullptr;
  return key;
}

std::string sign(const Key& key, const EVP_MD* hash, std::string_view message) {
  const Context context(EVP_MD_CTX_new());
  size_t size = kBits / 8;
  std::string signature(size, '\0');
  CHECK(context && EVP_DigestSignInit(context.get(), nullptr, hash, nullptr, key.get()) == 1);
  CHECK(EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size, bytes_of(message), message.size()) == 1);
  CHECK(size == signature.size());
  return signature;
}

}  // namespace

struct RsaKey::Impl {
  Key key;
};

RsaKey RsaKey::generate() {
  Key key(EVP_RSA_gen(kBits));
  CHECK(key);
  RsaKey made;
  made.impl_ = std::make_shared<Impl>(Impl{std::move(key)});
  return made;
}

Result<RsaKey> RsaKey::from_pem(const Secret& pem) {
  const Bio bio(BIO_new_mem_buf(pem.reveal().data(), static_cast<int>(pem.reveal().size())));
  CHECK(bio);
  // Without a callback OpenSSL would ask the terminal for a password.
  const auto no_password = [](char*, int, int, void*) { return -1; };
  Key key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_password, nullptr));
  if (!is_rsa(key)) return failure("this is no RSA private key in PEM");
  if (EVP_PKEY_get_bits(key.get()) != kBits)
    return failure("this RSA key has {} bits; it must have {}", EVP_PKEY_get_bits(key.get()), kBits);
  RsaKey read;
  read.impl_ = std::make_shared<Impl>(Impl{std::move(key)});
  return read;
}

Secret RsaKey::pem() const {
  const Bio bio(BIO_new(BIO_s_secmem()));
  CHECK(bio && PEM_write_bio_PKCS8PrivateKey(bio.get(), impl_->key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1);
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return Secret(std::string(data, static_cast<size_t>(size)));
}

std::string RsaKey::public_der() const {
  unsigned char* der = nullptr;
  const int size = i2d_PublicKey(impl_->key.get(), &der);
  CHECK(size > 0);
  std::string out(reinterpret_cast<const char*>(der), static_cast<size_t>(size));
  OPENSSL_free(der);
  return out;
}

std::string RsaKey::sign_sha256(std::string_view message) const { return sign(impl_->key, EVP_sha256(), message); }

std::string RsaKey::sign_sha1(std::string_view message) const { return sign(impl_->key, EVP_sha1(), message); }

std::string RsaKey::self_signed_certificate(std::string_view common_name, Time from, Time to) const {
  const std::unique_ptr<X509, Free> certificate(X509_new());
  const auto seconds = [](Time time) { return static_cast<time_t>(time.time_since_epoch().count() / 1000); };
  CHECK(certificate && X509_set_version(certificate.get(), X509_VERSION_3) == 1);
  CHECK(ASN1_INTEGER_set_int64(X509_get_serialNumber(certificate.get()), from.time_since_epoch().count()) == 1);
  CHECK(ASN1_TIME_set(X509_getm_notBefore(certificate.get()), seconds(from)) != nullptr);
  CHECK(ASN1_TIME_set(X509_getm_notAfter(certificate.get()), seconds(to)) != nullptr);
  X509_NAME* const name = X509_get_subject_name(certificate.get());
  CHECK(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, bytes_of(common_name), static_cast<int>(common_name.size()), -1, 0) == 1);
  CHECK(X509_set_issuer_name(certificate.get(), name) == 1 && X509_set_pubkey(certificate.get(), impl_->key.get()) == 1);
  CHECK(X509_sign(certificate.get(), impl_->key.get(), EVP_sha256()) > 0);
  const Bio bio(BIO_new(BIO_s_mem()));
  CHECK(bio && PEM_write_bio_X509(bio.get(), certificate.get()) == 1);
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return std::string(data, static_cast<size_t>(size));
}

bool verify_rsa_sha256(std::string_view public_der, std::string_view message, std::string_view signature) {
  // Reading a key costs as much as using it, and most signatures that are checked one after the other are of one key.
  thread_local std::string last_der;
  thread_local Key last_key;
  if (public_der != last_der || !last_key) {
    last_key = read_public(public_der);
    last_der = public_der;
  }
  if (!last_key) return false;
  const Context context(EVP_MD_CTX_new());
  CHECK(context);
  return EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, last_key.get()) == 1 &&
         EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(), bytes_of(message), message.size()) == 1;
}

}  // namespace cairn::crypto
