#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/id.h"
#include "base/time.h"
#include "env/random.h"
#include "services/kms/key.h"
#include "state/sealer.h"
#include "state/store.h"

namespace cairn::kms {

/// What a key encrypts with: 256 random bits. A key that was rotated has several; each stays for as long as the key, so that what was
/// encrypted once can be read.
struct Material {
  std::string id;  // 64 hex digits
  Time created;
  std::string rotation;  // AUTOMATIC, ON_DEMAND; "": the key's first
};

/// Draws new material, which becomes the key's current one; sealed in its document. The caller saves the key.
void add_material(state::Transaction& state, env::Random& random, const state::Sealer& sealer, Time now, std::string_view rotation,
                  Key& key);
std::vector<Material> materials_of(state::Transaction& state, const Key& key);  // oldest first
/// nullopt: there is no such material. Throws std::runtime_error if it is there and cannot be unsealed.
std::optional<Secret> open_material(state::Transaction& state, const state::Sealer& sealer, std::string_view key_id,
                                    std::string_view material_id);

}  // namespace cairn::kms
