#pragma once
#include "env/clock.h"
#include "env/tasks.h"
#include "journal/journal.h"
#include "state/store.h"

namespace cairn::sns {

/// Forgets what is past its time: tokens with the subscriptions that nobody confirmed, and which messages FIFO topics have seen.
class Upkeep {
 public:
  Upkeep(const env::Clock& clock, state::Store& store, journal::Journal& journal) : clock_(clock), store_(store), journal_(journal) {}
  env::Next step();

 private:
  bool forget_seen();
  bool forget_tokens();

  const env::Clock& clock_;
  state::Store& store_;
  journal::Journal& journal_;
  std::string after_;  // of tokens
};

}  // namespace cairn::sns
