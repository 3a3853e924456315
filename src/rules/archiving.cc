#include "rules/archiving.h"

#include "logs/note.h"
#include "rules/json_path.h"

namespace cairn::rules {
namespace {

constexpr size_t kEventOverheadBytes = 64;     // of one in a batch, near enough
constexpr size_t kArchiveOverheadBytes = 512;  // its key, and its batch's head

/// When an event says it happened; `otherwise` if it does not.
int64_t millis_of(std::string_view event, Time otherwise) {
  static const JsonPath kTime = *JsonPath::parse("$.time");
  return timestamps::parse_iso8601(kTime.text_of(event)).value_or(otherwise).time_since_epoch().count();
}

}  // namespace

void Archiving::load(state::Transaction& state) {
  for (std::string after;;) {
    const state::Page page = state.list(keys::kArchives, after, state::Transaction::kListMax);
    for (const state::Item& item : page.items) take_change(item.key, item.value);
    if (!page.more) return;
    after = page.items.back().key;
  }
}

void Archiving::take_change(std::string_view key, std::optional<std::string_view> document) {
  const keys::PlaceKey place = keys::split_place(key);
  if (!document) {
    for (auto bus = buses_.begin(); bus != buses_.end();) {
      bus->second.erase(std::string(key));
      bus = bus->second.empty() ? buses_.erase(bus) : std::next(bus);
    }
    return;
  }
  Archive archive = decode_archive(place.account, place.region, place.name, *document);
  auto& kept = buses_[archive.bus_name()];
  if (const auto before = kept.find(std::string(key));
      before != kept.end() && before->second.archive.id == archive.id && before->second.archive.pattern == archive.pattern) {
    before->second.archive = std::move(archive);  // only its counts
    return;
  }
  const auto pattern = patterns::EventPattern::read(pattern_of(archive));
  if (!pattern) return;  // checked before it was kept
  kept.insert_or_assign(std::string(key), Kept{std::move(archive), patterns::EventMatcher(*pattern)});
}

void Archiving::take(const BusName& bus, std::string_view event, uint64_t position, Time now, const MakeRoom& make_room) {
  const auto found = buses_.find(bus);
  if (found == buses_.end()) return;
  for (const auto& [key, kept] : found->second) {
    if (kept.archive.since >= position || !kept.matcher.matches(event)) continue;
    const size_t head = pending_.contains(key) ? 0 : encode(kept.archive).size() + kArchiveOverheadBytes;
    if (!make_room(head + event.size() + kEventOverheadBytes)) return;
    Pending& pending = pending_[key];
    if (pending.batch.items.empty()) {
      pending.archive = kept.archive;
      pending.batch = {.group = kept.archive.group(), .stream = "events", .ingested = now.time_since_epoch().count(), .items = {}};
    }
    pending.batch.items.push_back({millis_of(event, now), std::string(event)});
  }
}

void Archiving::write(state::Transaction& state) const {
  std::string note;
  for (const auto& [key, pending] : pending_) {
    // As the archive is now: it may have been changed, or be gone.
    std::optional<Archive> archive = find_archive(state, pending.archive.account, pending.archive.region, pending.archive.name);
    if (!archive || archive->id != pending.archive.id) continue;
    archive->events += pending.batch.items.size();
    for (const auto& item : pending.batch.items) archive->bytes += item.message.size();
    put(state, *archive);
    logs::append_to_note(note, pending.batch);
  }
  if (!note.empty()) state.note(logs::kManyNote, std::move(note));
}

}  // namespace cairn::rules
