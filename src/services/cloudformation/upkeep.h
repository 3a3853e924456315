#pragma once
#include "env/clock.h"
#include "env/tasks.h"
#include "journal/journal.h"
#include "state/store.h"

namespace cairn::cloudformation {

/// Forgets stacks that have been gone for 90 days, and events that old.
class Upkeep {
 public:
  Upkeep(const env::Clock& clock, state::Store& store, journal::Journal& journal) : clock_(clock), store_(store), journal_(journal) {}
  env::Next step();

 private:
  const env::Clock& clock_;
  state::Store& store_;
  journal::Journal& journal_;
  std::string after_;  // of the stacks: their keys
};

}  // namespace cairn::cloudformation
