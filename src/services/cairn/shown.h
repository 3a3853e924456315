#pragma once
#include "base/json.h"
#include "history/store.h"

namespace cairn::services {

/// What SearchEvents shows of an event: what LookupEvents does, and more.
void write_shown_members(json::Writer& out, const history::Event& event);

}  // namespace cairn::services
