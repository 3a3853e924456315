#include "identity/password.h"

#include <openssl/evp.h>

#include <vector>

#include "base/check.h"
#include "base/crypto.h"
#include "base/text.h"

namespace cairn::identity {
namespace {

constexpr uint64_t kCost = 1 << 14, kBlock = 8, kLanes = 1;
constexpr size_t kSaltBytes = 16, kHashBytes = 32;
constexpr uint64_t kMemoryMax = 64 << 20;

std::string scrypt(std::string_view password, std::string_view salt) {
  std::string hash(kHashBytes, '\0');
  const int done = EVP_PBE_scrypt(password.data(), password.size(), reinterpret_cast<const unsigned char*>(salt.data()), salt.size(), kCost,
                                  kBlock, kLanes, kMemoryMax, reinterpret_cast<unsigned char*>(hash.data()), hash.size());
  CHECK(done == 1);
  return hash;
}

}  // namespace

/// scrypt$<salt>$<hash>, both base64.
std::string hash_password(std::string_view password, env::Random& random) {
  const std::string salt = random.bytes(kSaltBytes);
  return fmt::format("scrypt${}${}", text::base64(salt), text::base64(scrypt(password, salt)));
}

bool is_password(std::string_view kept, std::string_view password) {
  const std::vector<std::string_view> parts = text::split(kept, '$');
  if (parts.size() != 3 || parts[0] != "scrypt") return false;
  const std::optional<std::string> salt = text::from_base64(parts[1]), hash = text::from_base64(parts[2]);
  return salt && hash && crypto::equal_constant_time(scrypt(password, *salt), *hash);
}

}  // namespace cairn::identity
