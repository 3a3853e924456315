#include "base/crypto.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "base/check.h"
#include "base/crc.h"

namespace cairn::crypto {
namespace {

struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_MD_CTX, FreeContext>;

Context make_context() {
  Context context(EVP_MD_CTX_new());
  CHECK(context);
  return context;
}

// Fetching a digest by name takes locks and searches providers, so each is fetched once and kept for good.
const EVP_MD* fetch(const char* name) {
  const EVP_MD* digest = EVP_MD_fetch(nullptr, name, nullptr);
  CHECK(digest);
  return digest;
}
const EVP_MD* sha256_digest() {
  static const EVP_MD* const digest = fetch("SHA256");
  return digest;
}
const EVP_MD* sha1_digest() {
  static const EVP_MD* const digest = fetch("SHA1");
  return digest;
}
const EVP_MD* md5_digest() {
  static const EVP_MD* const digest = fetch("MD5");
  return digest;
}

std::string finish_digest(EVP_MD_CTX* context) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes;
  unsigned size = 0;
  CHECK(EVP_DigestFinal_ex(context, bytes.data(), &size) == 1);
  return {reinterpret_cast<const char*>(bytes.data()), size};
}

// One-shot digests share a context per thread: one that already has the same digest starts anew without allocating.
std::string one_shot(EVP_MD_CTX* context, const EVP_MD* digest, std::string_view first, std::string_view second = {}) {
  CHECK(EVP_DigestInit_ex2(context, digest, nullptr) == 1);
  CHECK(EVP_DigestUpdate(context, first.data(), first.size()) == 1);
  if (!second.empty()) CHECK(EVP_DigestUpdate(context, second.data(), second.size()) == 1);
  return finish_digest(context);
}

template <class Word>
std::string big_endian(Word value) {
  std::string out(sizeof value, '\0');
  for (size_t i = sizeof value; i-- > 0; value >>= 8) out[i] = static_cast<char>(value & 0xFF);
  return out;
}

}  // namespace

std::string sha256(std::string_view data) {
  thread_local const Context context = make_context();
  return one_shot(context.get(), sha256_digest(), data);
}

std::string hmac_sha256(std::string_view key, std::string_view data) {
  // RFC 2104 written out: OpenSSL's MAC objects cost more to set up than the four blocks that a signature hashes.
  constexpr size_t kBlock = 64;
  std::string shortened;
  if (key.size() > kBlock) {
    shortened = sha256(key);
    key = shortened;
  }
  std::array<char, kBlock> inner;
  std::array<char, kBlock> outer;
  for (size_t i = 0; i < kBlock; ++i) {
    char k = i < key.size() ? key[i] : '\0';
    inner[i] = static_cast<char>(k ^ 0x36);
    outer[i] = static_cast<char>(k ^ 0x5C);
  }
  thread_local const Context context = make_context();
  std::string hash = one_shot(context.get(), sha256_digest(), {inner.data(), kBlock}, data);
  std::string mac = one_shot(context.get(), sha256_digest(), {outer.data(), kBlock}, hash);
  OPENSSL_cleanse(inner.data(), kBlock);
  OPENSSL_cleanse(outer.data(), kBlock);
  return mac;
}

std::string md5(std::string_view data) {
  thread_local const Context context = make_context();
  return one_shot(context.get(), md5_digest(), data);
}

bool equal_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

struct Hasher::Impl {
  Algorithm algorithm;
  Context context;   // for digests
  uint64_t crc = 0;  // for checksums
};

Hasher::Hasher(Algorithm algorithm) : impl_(std::make_unique<Impl>(Impl{.algorithm = algorithm, .context = nullptr})) {
  const EVP_MD* digest = algorithm == Algorithm::kMd5      ? md5_digest()
                         : algorithm == Algorithm::kSha1   ? sha1_digest()
                         : algorithm == Algorithm::kSha256 ? sha256_digest()
                                                           : nullptr;
  if (!digest) return;
  impl_->context = make_context();
  CHECK(EVP_DigestInit_ex2(impl_->context.get(), digest, nullptr) == 1);
}
Hasher::Hasher(Hasher&&) noexcept = default;
Hasher& Hasher::operator=(Hasher&&) noexcept = default;
Hasher::~Hasher() = default;

void Hasher::update(std::string_view data) {
  switch (impl_->algorithm) {
    case Algorithm::kCrc32:
      impl_->crc = crc::crc32(data, static_cast<uint32_t>(impl_->crc));
      return;
    case Algorithm::kCrc32c:
      impl_->crc = crc::crc32c(data, static_cast<uint32_t>(impl_->crc));
      return;
    case Algorithm::kCrc64Nvme:
      impl_->crc = crc::crc64_nvme(data, impl_->crc);
      return;
    default:
      CHECK(EVP_DigestUpdate(impl_->context.get(), data.data(), data.size()) == 1);
  }
}

std::string Hasher::finish() {
  switch (impl_->algorithm) {
    case Algorithm::kCrc32:
    case Algorithm::kCrc32c:
      return big_endian(static_cast<uint32_t>(impl_->crc));
    case Algorithm::kCrc64Nvme:
      return big_endian(impl_->crc);
    default:
      return finish_digest(impl_->context.get());
  }
}

std::string digest(Algorithm algorithm, std::string_view data) {
  Hasher hasher(algorithm);
  hasher.update(data);
  return hasher.finish();
}

uint32_t crc32c(std::string_view data, uint32_t seed) { return crc::crc32c(data, seed); }

}  // namespace cairn::crypto
