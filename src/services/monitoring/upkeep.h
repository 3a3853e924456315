#pragma once
#include "env/clock.h"
#include "env/tasks.h"
#include "journal/journal.h"
#include "metrics/store.h"
#include "state/store.h"

namespace cairn::cloudwatch {

/// What CloudWatch does by itself: keeps metrics tidy, and lets the history of alarms go when it is past its time. A task's step; its
/// thread alone.
class Upkeep {
 public:
  Upkeep(const env::Clock& clock, state::Store& store, journal::Journal& journal, metrics::Store& metrics)
      : clock_(clock), store_(store), journal_(journal), metrics_(metrics) {}

  env::Next step();

 private:
  bool erase_history();  // false: there is more to do

  const env::Clock& clock_;
  state::Store& store_;
  journal::Journal& journal_;
  metrics::Store& metrics_;
};

}  // namespace cairn::cloudwatch
