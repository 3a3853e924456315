#pragma once
#include "env/clock.h"
#include "env/random.h"
#include "env/tasks.h"
#include "journal/journal.h"
#include "state/sealer.h"
#include "state/store.h"

namespace cairn::kms {

/// What KMS does by itself: destroys keys whose waiting period is over, rotates those whose rotation is due. Each is one entry of the
/// journal, with the record that AWS writes of it (DeleteKey, RotateKey). A task's step; its thread alone.
class Upkeep {
 public:
  Upkeep(const env::Clock& clock, env::Random& random, const state::Sealer& sealer, state::Store& store, journal::Journal& journal)
      : clock_(clock), random_(random), sealer_(sealer), store_(store), journal_(journal) {}

  env::Next step();

 private:
  bool commit(state::Transaction& transaction, const std::string& record);  // false: not now

  const env::Clock& clock_;
  env::Random& random_;
  const state::Sealer& sealer_;
  state::Store& store_;
  journal::Journal& journal_;
};

}  // namespace cairn::kms
