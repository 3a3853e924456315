#pragma once
#include <memory>

#include "env/sim/files.h"
#include "state/sealer.h"
#include "state/sim/engine.h"

namespace cairn::state {

/// A sealer under a key that is drawn from `random`, which must outlive it: for tests without a data directory.
inline std::unique_ptr<Sealer> sim_sealer(env::Random& random) {
  env::SimFiles files;
  SimDatabase database;
  const std::unique_ptr<Engine> engine = database.open();
  Store store(*engine, {});
  Transaction transaction(store);
  return Sealer::open(files, random, transaction, {.directory = "/keys", .passphrase = {}}).value();
}

}  // namespace cairn::state
