#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/json.h"
#include "cli/signals.h"
#include "cli/target.h"
#include "env/clock.h"

namespace cairn::cli {

/// An event's Cursor; those of later events are greater.
using EventPlace = std::pair<uint64_t, uint64_t>;
std::optional<EventPlace> event_place(std::string_view cursor);

/// Events as they come: one call of TailEvents, and another where that one ended.
struct Followed {
  using Show = std::function<bool(const Json& event)>;  // false: it cannot be written, errno says why
  Json input;                                           // of TailEvents
  /// Called once, when all that lies behind `start` is sure to come: shows what there was up to it. An exit code ends it all.
  std::function<std::optional<int>(const EventPlace& start, const Show& show)> begin;
  Show show;
};

/// Goes on until it cannot, or one of `signals` comes: the exit code. No more than one event is kept; while `show` takes its time, the
/// server waits.
int follow(const Target& target, const env::Clock& clock, const Signals& signals, const Followed& followed);

}  // namespace cairn::cli
