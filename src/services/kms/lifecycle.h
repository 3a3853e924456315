#pragma once
#include <optional>
#include <string>

#include "env/random.h"
#include "services/kms/key.h"
#include "state/sealer.h"
#include "state/store.h"

/// What happens to keys by themselves, when their time has come. services/kms/upkeep.h does it.
namespace cairn::kms {

struct Due {
  Time time;
  std::string key_id;
};
/// The first of all keys that something is to be done to, whenever that is.
std::optional<Due> first_due(state::Transaction& state);

/// Gives a key new material, as its rotation is due, and sets the next date.
void rotate(state::Transaction& state, env::Random& random, const state::Sealer& sealer, Time now, Key& key);

enum class Destroyed { kWhole, kInPart };  // kInPart: one entry of the journal cannot hold it all; call it again
/// Destroys a key: its material first, at last the key itself.
Destroyed destroy(state::Transaction& state, const Key& key);

}  // namespace cairn::kms
