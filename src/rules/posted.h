#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "rules/documents.h"

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

}  // namespace cairn::rules
