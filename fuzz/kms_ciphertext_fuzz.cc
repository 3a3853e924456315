#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "services/kms/ciphertext.h"
#include "services/kms/grant.h"

/// Any bytes whatever as a CiphertextBlob or a grant token: reading them ends, what is read lies within them, and nothing opens that
/// nobody sealed.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace cairn;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto token = kms::parse_grant_token(bytes)) CHECK(kms::is_key_id(token->key_id) && token->grant_id.size() == 64);
  const auto ciphertext = kms::parse_ciphertext(bytes);
  if (!ciphertext) return 0;
  CHECK(kms::is_key_id(ciphertext->key_id) && ciphertext->material_id.size() == 64);
  CHECK(ciphertext->head.size() + ciphertext->salt.size() + ciphertext->nonce.size() + ciphertext->sealed.size() == size);
  CHECK(!kms::decrypt(*ciphertext, Secret(std::string(32, 'k')), {{"a", "b"}}).has_value());
  return 0;
}
