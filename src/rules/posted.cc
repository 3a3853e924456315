#include "rules/posted.h"

#include "base/text.h"
#include "journal/entry.h"

namespace cairn::rules {
namespace {

/// The note of this transaction as far as it is made: there is one of a topic.
std::string note_of(const state::Transaction& state) {
  const std::string key = journal::note_key(kNote);
  for (const journal::Change& change : state.changes())
    if (change.key == key && change.value) return *change.value;
  return "";
}

}  // namespace

// ACCOUNT REGION BUS FORWARDED RULES-BYTES EVENT-BYTES\n, then the rules and the event.
void append(std::string& note, const Posted& posted) {
  note += fmt::format("{} {} {} {} {} {}\n", posted.bus.account.str(), posted.bus.region.str(), posted.bus.name,
                      posted.is_forwarded ? 1 : 0, posted.replay_rules.size(), posted.event.size());
  note += posted.replay_rules;
  note += posted.event;
}

Result<std::vector<Posted>> decode_posted(std::string_view note) {
  std::vector<Posted> found;
  while (!note.empty()) {
    const size_t end = note.find('\n');
    if (end == std::string_view::npos) return failure("events of a bus: no line");
    const std::vector<std::string_view> parts = text::split(note.substr(0, end), ' ');
    note.remove_prefix(end + 1);
    if (parts.size() != 6) return failure("events of a bus: no such line");
    const std::optional<uint64_t> rules = text::to_uint(parts[4]), event = text::to_uint(parts[5]);
    if (!rules || !event || *rules > note.size() || *event > note.size() - *rules) return failure("events of a bus: cut short");
    found.push_back({.bus = {aws::AccountId(std::string(parts[0])), aws::Region(std::string(parts[1])), std::string(parts[2])},
                     .is_forwarded = parts[3] == "1",
                     .replay_rules = std::string(note.substr(0, *rules)),
                     .event = std::string(note.substr(*rules, *event))});
    note.remove_prefix(*rules + *event);
  }
  return found;
}

size_t post(state::Transaction& state, const Envelope& envelope) {
  std::string note = note_of(state);
  const size_t before = note.size();
  append(note, {.bus = {envelope.account, envelope.region, std::string(kDefaultBus)}, .event = event_text(envelope)});
  const size_t bytes = note.size() - before;
  state.note(kNote, std::move(note));
  return bytes;
}

}  // namespace cairn::rules
