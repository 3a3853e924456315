#pragma once
#include "api/pipeline.h"
#include "env/clock.h"
#include "journal/journal.h"
#include "state/sealer.h"
#include "state/store.h"

namespace cairn::app {

/// PUT /_cairn/signal/…: the address that a wait condition's handle is (services/cloudformation/signal.h). Whoever has it may signal; as on
/// AWS, where it is an address of a bucket of AWS's own, that makes no record.
struct SignalMeans {
  const env::Clock& clock;
  state::Store& store;
  journal::Journal& journal;
  const state::Sealer& sealer;
};
api::OwnPages signal_page(const SignalMeans& means);

}  // namespace cairn::app
