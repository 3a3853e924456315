#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "base/aead.h"
#include "base/id.h"
#include "base/result.h"
#include "env/files.h"
#include "env/random.h"
#include "state/store.h"

namespace cairn::state {

/// Encrypts what documents hold of secrets, under the one master key of a data directory: docs/formats/sealing.md. Any thread.
class Sealer {
 public:
  struct Options {
    std::string directory;  // of the file `master`: DATA/keys
    Secret passphrase;      // the master key is derived from it; empty: it is in the file
  };
  /// Finds the master key, or makes it where `transaction` shows that there was none yet; it is durable on return, and what
  /// `transaction` then holds must be committed before anything that was sealed is. Failures say what to do: the key is lost,
  /// the passphrase is another, or one of the two is expected and the other given.
  static Result<std::unique_ptr<Sealer>> open(env::Files& files, env::Random& random, Transaction& transaction, const Options& options);

  /// A key of 256 bits that stands, sealed, in the document `seal/NAME`; made if there is none. As above, what `transaction` then holds
  /// must be committed before the key is used.
  Result<Secret> standing_key(Transaction& transaction, std::string_view name) const;

  /// Sealed, as text that JSON can hold. `place` is bound in: the key of the document that will hold it, so that it opens nowhere else.
  std::string seal(const Secret& secret, std::string_view place) const;
  /// nullopt: not sealed with this key for this place, or damaged.
  std::optional<Secret> open(std::string_view sealed, std::string_view place) const;

  /// A key under the master key for what is no document (crypto::derive_key).
  Secret derive(std::string_view label, std::string_view context) const { return crypto::derive_key(master_, label, context); }

 private:
  Sealer(env::Random& random, Secret master) : random_(random), master_(std::move(master)) {}
  env::Random& random_;
  const Secret master_;
};

}  // namespace cairn::state
