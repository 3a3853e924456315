#pragma once
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "journal/journal.h"
#include "state/store.h"

namespace cairn::state {

/// Records that may be too many for one entry, in order: each part fits one, the last beside changes. There is always one.
std::vector<std::span<const std::string>> parts_of(std::span<const std::string> records);

/// Commits changes that no call made, as one entry of the journal. `records`: the events that tell of them, if AWS has any; those that are
/// too many for one entry go ahead of it in entries of their own. `durable` (may be null) is called once they are on disk, on the
/// committer's thread. nullopt: the journal takes nothing at the moment, or what was read has changed; try again later.
std::optional<journal::Position> commit_internal(Store& store, journal::Journal& journal, Transaction& transaction,
                                                 std::span<const std::string> records = {}, std::function<void()> durable = nullptr);

}  // namespace cairn::state
