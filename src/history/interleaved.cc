#include "history/interleaved.h"

#include <algorithm>

namespace cairn::history {

namespace {

constexpr ImportedPlace kOldest{}, kNewest{UINT32_MAX, UINT64_MAX, UINT32_MAX};

}  // namespace

Interleaved::Interleaved(const Selection& selection, Segments segments, const Cursor& end, Work& work, const History::Visit& f)
    : selection_(selection),
      is_newest_first_(selection.query().order == Query::Order::kNewestFirst),
      in_order_{is_newest_first_},
      segments_(std::move(segments)),
      work_(work),
      f_(f),
      place_(is_newest_first_ ? selection.query().before.value_or(end) : selection.query().newer_than.value_or(Cursor{})),
      gathered_(in_order_),
      has_more_(!segments_.empty()),
      gathered_max_(std::min(selection.query().limit, kGatheredMax - 1) + 1) {
  if (segments_.empty()) return;
  // What is imported until the next page is asked for is not on it if its place is on this one.
  if (!place_.imported) place_.imported = is_newest_first_ ? kNewest : kOldest;
  gathered_to_ = *place_.imported;
  if (is_newest_first_) std::ranges::sort(segments_, std::greater(), [](const auto& segment) { return segment->newest_time(); });
  else std::ranges::sort(segments_, std::less(), [](const auto& segment) { return segment->oldest_time(); });
  for (const auto& segment : segments_) siftings_.emplace_back(*segment, selection);
}

History::Visited Interleaved::visited() const {
  History::Visited visited;
  if (has_looked_) visited.seen = place_;
  if (is_paused_) visited.next = place_;
  return visited;
}

void Interleaved::pass(const Cursor& cursor) {
  has_looked_ = true;
  place_.position = cursor.position;
  place_.index = cursor.index;
}

void Interleaved::pass_imported(const ImportedPlace& place) {
  if (in_order_(*place_.imported, place)) place_.imported = place;
}

template <class While>
bool Interleaved::emit_while(While&& is_due) {
  while (true) {
    // What is not looked at yet lies beyond `gathered_to_`: if that is not due, nothing there is.
    while (gathered_.empty() && has_more_ && is_due(gathered_to_)) {
      // Between two slices nothing is left half done.
      if (has_looked_ && work_.is_done()) {
        pause();
        return false;
      }
      gather();
    }
    if (gathered_.empty() || !is_due(gathered_.begin()->first)) return !error_;
    auto next = gathered_.extract(gathered_.begin());
    pass_imported(next.key());
    has_looked_ = true;
    next.mapped().cursor = place_;
    if (!f_(std::move(next.mapped()))) return false;
  }
}

bool Interleaved::live(Event&& event) {
  const auto emit = [&] {
    pass(event.cursor);
    event.cursor = place_;
    return f_(std::move(event));
  };
  if (segments_.empty()) return emit();
  const uint32_t time = row_seconds(event.attributes.time);
  const auto is_due = [&](const ImportedPlace& place) { return is_newest_first_ ? place.time > time : place.time <= time; };
  if (!emit_while(is_due)) return false;
  pass_imported({time, UINT64_MAX, UINT32_MAX});
  return emit();
}

Result<void> Interleaved::rest() {
  emit_while([](const ImportedPlace&) { return true; });
  return error_ ? Result<void>(tl::unexpected(*error_)) : Result<void>();
}

/// Where the next slice ends: far enough for some rows of each segment. Only searches that are allowed so much work need any.
ImportedPlace Interleaved::slice_end() const {
  const ImportedPlace last = is_newest_first_ ? kOldest : kNewest;
  if (selection_.query().condition == nullptr) return last;
  std::optional<uint32_t> time;
  for (const auto& segment : segments_) {
    const auto beyond = segment->time_beyond(gathered_to_, selection_.query().order, slice_rows_);
    if (!beyond) continue;  // it is damaged: whoever visits it says so, and leaves out what cannot be read
    if (*beyond && (!time || (is_newest_first_ ? **beyond > *time : **beyond < *time))) time = **beyond;
  }
  if (!time) return last;
  return is_newest_first_ ? ImportedPlace{*time, 0, 0} : ImportedPlace{*time, UINT64_MAX, UINT32_MAX};
}

/// The next ones. What does not fit is left for the next time.
void Interleaved::gather() {
  const auto fail = [this](const Failure& why) {
    error_ = why;
    gathered_.clear();
    has_more_ = false;
  };
  const auto began = work_.now();
  const ImportedPlace end = slice_end();
  // Newest first, the place reached is not part of what follows, and the slice's end is; oldest first, it is the other way round.
  const auto behind = [](ImportedPlace place) {
    return place.index == UINT32_MAX ? place : ImportedPlace{place.time, place.position, place.index + 1};
  };
  const ImportedPlace from = is_newest_first_ ? end : behind(gathered_to_), before = is_newest_first_ ? gathered_to_ : end;
  std::optional<ImportedPlace> cut;  // the first that was left out
  size_t bytes = 0;
  Condition* const condition = selection_.query().condition;
  for (size_t i = 0; i < segments_.size(); ++i) {
    const auto& segment = segments_[i];
    if (cut && (is_newest_first_ ? segment->newest_time() < cut->time : segment->oldest_time() > cut->time)) break;
    const auto visited = segment->visit_imported(selection_, siftings_[i], from, before, [&](Cursor cursor, std::string_view record) {
      work_.look(record);
      if (record.empty() || (condition != nullptr && !condition->may_hold(record))) return true;
      auto attributes = event::attributes(record, document_);
      if (!attributes) return true;
      const ImportedPlace place{row_seconds(attributes->time), cursor.position, cursor.index};
      if (cut && in_order_(*cut, place)) return false;
      if (!selection_.wants(*attributes, record)) return true;
      bytes += record.size();
      gathered_.emplace(place, Event{cursor, std::move(*attributes), std::string(record)});
      while (gathered_.size() > gathered_max_ || (bytes > kGatheredBytesMax && gathered_.size() > 1)) {
        const auto last = std::prev(gathered_.end());
        cut = last->first;
        bytes -= last->second.record.size();
        gathered_.erase(last);
      }
      return true;
    });
    if (!visited) return fail(visited.error());
  }
  gathered_to_ = cut ? std::prev(gathered_.end())->first : end;
  const ImportedPlace last = is_newest_first_ ? kOldest : kNewest;
  has_more_ = cut || in_order_(gathered_to_, last);
  if (!cut && gathered_.empty()) pass_imported(gathered_to_);
  has_looked_ = true;  // a slice was, though nothing may have come of it
  gathered_max_ = kGatheredMax;
  const auto took = work_.now() - began;
  if (took < kSliceShort) slice_rows_ = std::min(slice_rows_ * 2, kSliceRowsMax);
  if (took > kSliceLong) slice_rows_ = std::max(slice_rows_ / 4, kSliceRowsMin);
}

}  // namespace cairn::history
