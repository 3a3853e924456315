#pragma once
#include "aws/names.h"
#include "state/sealer.h"
#include "state/store.h"

namespace cairn::identity {

/// Brings the documents of an older data directory to today's form (docs/formats/state.md, `iam/format`), some at a time: to be committed
/// and called again until it changes nothing. `account`: the one that the directory was made with.
void upgrade(state::Transaction& state, const state::Sealer& sealer, const aws::AccountId& account);

/// Says that a new data directory has today's form.
void mark_as_current(state::Transaction& state);

}  // namespace cairn::identity
