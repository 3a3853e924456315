#pragma once
#include <functional>
#include <optional>

#include "journal/journal.h"
#include "state/store.h"

namespace cairn::delivery {

/// Commits changes that no call made, so that they have no record. `durable` (may be null) is called once they are on disk, on the
/// committer's thread. nullopt: the journal takes nothing at the moment, or what was read has changed; try again later.
std::optional<journal::Position> commit(state::Store& store, journal::Journal& journal, state::Transaction& transaction,
                                        std::function<void()> durable);

}  // namespace cairn::delivery
