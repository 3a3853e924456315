#include "base/aead.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>

#include <limits>
#include <memory>

#include "base/check.h"
#include "base/crypto.h"
#include "base/wipe.h"

namespace cairn::crypto {
namespace {

struct FreeContext {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }  // forgets the key, too
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, FreeContext>;

enum class Direction { kOpen, kSeal };

unsigned char* bytes_of(std::string& s) { return reinterpret_cast<unsigned char*>(s.data()); }
const unsigned char* bytes_of(std::string_view s) { return reinterpret_cast<const unsigned char*>(s.data()); }
int length_of(std::string_view s) {
  CHECK(s.size() <= static_cast<size_t>(std::numeric_limits<int>::max()));
  return static_cast<int>(s.size());
}

// Fetching a cipher by name takes locks and searches providers: once is enough.
const EVP_CIPHER* aes_256_gcm() {
  static const EVP_CIPHER* const cipher = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
  CHECK(cipher);
  return cipher;
}

Context begin(const Secret& key, std::string_view nonce, std::string_view associated, Direction direction) {
  CHECK(key.reveal().size() == kAeadKeyBytes && nonce.size() == kAeadNonceBytes);
  const EVP_CIPHER* const cipher = aes_256_gcm();
  Context context(EVP_CIPHER_CTX_new());
  CHECK(context);
  CHECK(EVP_CipherInit_ex2(context.get(), cipher, bytes_of(std::string_view(key.reveal())), bytes_of(nonce),
                           direction == Direction::kSeal ? 1 : 0, nullptr) == 1);
  int written = 0;
  if (!associated.empty()) CHECK(EVP_CipherUpdate(context.get(), nullptr, &written, bytes_of(associated), length_of(associated)) == 1);
  return context;
}

}  // namespace

std::string aes256_gcm_seal(const Secret& key, std::string_view nonce, std::string_view plaintext, std::string_view associated) {
  const Context context = begin(key, nonce, associated, Direction::kSeal);
  std::string sealed(plaintext.size() + kAeadTagBytes, '\0');
  int written = 0, rest = 0;
  if (!plaintext.empty())
    CHECK(EVP_CipherUpdate(context.get(), bytes_of(sealed), &written, bytes_of(plaintext), length_of(plaintext)) == 1);
  CHECK(EVP_CipherFinal_ex(context.get(), bytes_of(sealed) + written, &rest) == 1);
  CHECK(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, kAeadTagBytes, bytes_of(sealed) + plaintext.size()) == 1);
  return sealed;
}

std::optional<Secret> aes256_gcm_open(const Secret& key, std::string_view nonce, std::string_view sealed, std::string_view associated) {
  if (nonce.size() != kAeadNonceBytes || sealed.size() < kAeadTagBytes) return std::nullopt;
  const std::string_view ciphertext = sealed.substr(0, sealed.size() - kAeadTagBytes);
  std::string tag(sealed.substr(ciphertext.size()));
  const Context context = begin(key, nonce, associated, Direction::kOpen);
  std::string plaintext(ciphertext.size(), '\0');
  int written = 0, rest = 0;
  if (!ciphertext.empty())
    CHECK(EVP_CipherUpdate(context.get(), bytes_of(plaintext), &written, bytes_of(ciphertext), length_of(ciphertext)) == 1);
  CHECK(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, kAeadTagBytes, tag.data()) == 1);
  if (EVP_CipherFinal_ex(context.get(), bytes_of(plaintext) + written, &rest) != 1) {
    wipe(plaintext);  // what nobody has vouched for
    return std::nullopt;
  }
  return Secret(std::move(plaintext));
}

struct Aead::Impl {
  Context context;
  const Direction direction;

  void begin_message(std::string_view nonce) const {
    CHECK(nonce.size() == kAeadNonceBytes);
    CHECK(EVP_CipherInit_ex2(context.get(), nullptr, nullptr, bytes_of(nonce), direction == Direction::kSeal ? 1 : 0, nullptr) == 1);
  }
};

Aead::Aead(const Secret& key, Does does)
    : impl_(new Impl{Context(EVP_CIPHER_CTX_new()), does == Does::kSeal ? Direction::kSeal : Direction::kOpen}) {
  CHECK(impl_->context && key.reveal().size() == kAeadKeyBytes);
  CHECK(EVP_CipherInit_ex2(impl_->context.get(), aes_256_gcm(), bytes_of(std::string_view(key.reveal())), nullptr,
                           does == Does::kSeal ? 1 : 0, nullptr) == 1);
}
Aead::Aead(Aead&&) noexcept = default;
Aead& Aead::operator=(Aead&&) noexcept = default;
Aead::~Aead() = default;

void Aead::seal(std::string_view nonce, std::string_view plaintext, char* sealed) const {
  CHECK(impl_->direction == Direction::kSeal);
  impl_->begin_message(nonce);
  auto* const out = reinterpret_cast<unsigned char*>(sealed);
  int written = 0, rest = 0;
  if (!plaintext.empty()) CHECK(EVP_CipherUpdate(impl_->context.get(), out, &written, bytes_of(plaintext), length_of(plaintext)) == 1);
  CHECK(EVP_CipherFinal_ex(impl_->context.get(), out + written, &rest) == 1);
  CHECK(EVP_CIPHER_CTX_ctrl(impl_->context.get(), EVP_CTRL_AEAD_GET_TAG, kAeadTagBytes, out + plaintext.size()) == 1);
}

bool Aead::open(std::string_view nonce, std::string_view sealed, char* plaintext) const {
  CHECK(impl_->direction == Direction::kOpen);
  if (sealed.size() < kAeadTagBytes) return false;
  impl_->begin_message(nonce);
  const std::string_view ciphertext = sealed.substr(0, sealed.size() - kAeadTagBytes);
  std::string tag(sealed.substr(ciphertext.size()));
  auto* const out = reinterpret_cast<unsigned char*>(plaintext);
  int written = 0, rest = 0;
  if (!ciphertext.empty()) CHECK(EVP_CipherUpdate(impl_->context.get(), out, &written, bytes_of(ciphertext), length_of(ciphertext)) == 1);
  CHECK(EVP_CIPHER_CTX_ctrl(impl_->context.get(), EVP_CTRL_AEAD_SET_TAG, kAeadTagBytes, tag.data()) == 1);
  if (EVP_CipherFinal_ex(impl_->context.get(), out + written, &rest) == 1) return true;
  OPENSSL_cleanse(plaintext, ciphertext.size());  // what nobody has vouched for
  return false;
}

Secret derive_key(const Secret& key, std::string_view label, std::string_view context) {
  std::string input;
  const auto append_number = [&](size_t n) {
    for (int shift = 24; shift >= 0; shift -= 8) input += static_cast<char>(n >> shift & 0xFF);
  };
  append_number(1);
  input += label;
  input += '\0';
  input += context;
  append_number(kAeadKeyBytes * 8);
  return Secret(hmac_sha256(key.reveal(), input));
}

Secret scrypt(const Secret& passphrase, std::string_view salt, size_t bytes, const ScryptCost& cost) {
  std::string key(bytes, '\0');
  const uint64_t memory = 128 * cost.block * (cost.cost + cost.parallel + 2);  // what OpenSSL may use, blocks of its own included
  CHECK(EVP_PBE_scrypt(passphrase.reveal().data(), passphrase.reveal().size(), bytes_of(salt), salt.size(), cost.cost, cost.block,
                       cost.parallel, memory, bytes_of(key), key.size()) == 1);
  return Secret(std::move(key));
}

}  // namespace cairn::crypto
