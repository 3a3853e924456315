#include "delivery/backlog.h"

#include <algorithm>

#include "delivery/gather.h"
#include "journal/entry.h"

namespace cairn::delivery {
namespace {

constexpr size_t kReadBytes = 4 << 20;  // of the journal at once

}  // namespace

GivenUp give_up_oldest(journal::Journal& journal, std::string_view trail_id, const Cursor& cursor, uint64_t bytes, Time oldest_kept) {
  GivenUp given_up{.cursor = cursor};
  given_up.cursor.turn.reset();
  std::optional<Trail> trail = cursor.turn ? cursor.turn->trail : cursor.trail;
  std::optional<Wanted> wanted;
  const auto follow = [&] {
    wanted.reset();
    if (trail) wanted.emplace(*trail);
    given_up.is_gone = !trail;
  };
  follow();
  bool enough = given_up.is_gone;
  uint64_t passed = 0;
  json::Document document;
  event::Selected event;
  for (journal::Position at = cursor.position; !enough;) {
    const auto given = journal.read(at, kReadBytes, [&](journal::Position position, std::string_view entry_bytes) {
      if (enough) return;
      at = position;
      passed += entry_bytes.size();
      const Result<journal::EntryView> entry = journal::decode_entry(entry_bytes);
      if (!entry) return;
      const auto& records = entry->records;
      const bool is_old = !records.empty() && event::read_selected(records.front(), document, event) && event.time < oldest_kept;
      enough = !is_old && !records.empty() && passed >= bytes;
      if (enough) return;
      for (const journal::ChangeView& change : entry->changes) {
        if (change.key != cursor.trail_key) continue;
        trail = turn_of(trail_id, change.value).trail;
        follow();
        enough = given_up.is_gone;
      }
      given_up.events += static_cast<uint64_t>(std::ranges::count_if(records, [&](std::string_view record) {
        return wanted && event::read_selected(record, document, event) && wanted->file_of(event);
      }));
      if (records.empty()) return;
      given_up.cursor.position = position;
      given_up.cursor.trail = trail;
    });
    if (!given || *given == 0) break;
  }
  return given_up;
}

}  // namespace cairn::delivery
