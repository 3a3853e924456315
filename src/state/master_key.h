#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "base/id.h"
#include "base/result.h"
#include "env/files.h"
#include "env/random.h"
#include "state/store.h"

/// The key that seals (state/sealer.h), and the master key under which it lies itself: docs/formats/sealing.md.
namespace cairn::state {

/// Finds the sealing key, or makes it; Sealer::open says the rest. `passphrase` empty: the master key is in the file `master`.
Result<Secret> find_sealing_key(env::Files& files, env::Random& random, Transaction& transaction, const std::string& directory,
                                const Secret& passphrase);

/// From the commit of `transaction` on, `new_passphrase` opens what `passphrase` did, or, where that is empty, the key file. Changes
/// nothing where it does already, or where there is no sealing key yet.
Result<void> change_passphrase(env::Files& files, env::Random& random, Transaction& transaction, const std::string& directory,
                               const Secret& passphrase, const Secret& new_passphrase);

/// What Sealer does with its key.
std::string seal_under(const Secret& key, env::Random& random, const Secret& secret, std::string_view place);
std::optional<Secret> open_under(const Secret& key, std::string_view sealed, std::string_view place);

}  // namespace cairn::state
