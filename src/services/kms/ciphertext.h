#pragma once
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/id.h"
#include "env/random.h"

/// What Encrypt gives: a blob that names the key and the material it was made with. docs/formats/sealing.md describes it. Pure.
namespace cairn::kms {

/// Sorted, so that its order in a request does not matter.
using EncryptionContext = std::map<std::string, std::string>;

struct Ciphertext {
  std::string key_id;       // UUID
  std::string material_id;  // 64 hex digits
  std::string_view head;    // of the blob: version and ids
  std::string_view salt, nonce, sealed;
};

/// nullopt: no ciphertext of this server. The result points into `blob`.
std::optional<Ciphertext> parse_ciphertext(std::string_view blob);

std::string encrypt(env::Random& random, const Secret& material, std::string_view key_id, std::string_view material_id,
                    const EncryptionContext& context, std::string_view plaintext);
/// nullopt: made with another material or context, or not as it was.
std::optional<Secret> decrypt(const Ciphertext& ciphertext, const Secret& material, const EncryptionContext& context);

}  // namespace cairn::kms
