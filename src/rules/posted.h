#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "rules/documents.h"
#include "rules/event_text.h"

namespace cairn::rules {

/// An event that was put on a bus. It travels to the rules as a note in the journal's entry.
struct Posted {
  BusName bus;
  bool is_forwarded = false;  // by a rule of another bus: no rule sends it on to a third
  std::string replay_rules;   // of a replay that is for some rules only: their ARNs, separated by blanks; "": for all
  std::string event;          // the whole, in its envelope
};

constexpr std::string_view kNote = "events";

/// The bytes of a note, one behind the other. docs/formats/state.md, "Notes".
void append(std::string& note, const Posted& posted);
/// Total: any bytes give events or a failure.
Result<std::vector<Posted>> decode_posted(std::string_view note);

/// Puts what one of our own services tells of itself on the default bus of its account and region, in the entry of the change that it tells
/// of. The bytes that the entry has more of.
size_t post(state::Transaction& state, const Envelope& envelope);

}  // namespace cairn::rules
