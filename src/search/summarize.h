#pragma once
#include "history/store.h"
#include "search/summary.h"

namespace cairn::search {

/// Puts the events that `query` finds into `summary`: without reading them where what is asked is kept in columns.
Result<history::History::Counted> summarize(history::History& history, const history::Query& query, Summary& summary);

}  // namespace cairn::search
