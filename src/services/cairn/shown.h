#pragma once
#include "base/json.h"
#include "history/store.h"

namespace cairn::services {

/// An event as SearchEvents shows it: as LookupEvents does, and more.
Json shown_event(history::Event&& event);

}  // namespace cairn::services
