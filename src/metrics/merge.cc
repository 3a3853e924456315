#include "metrics/merge.h"

#include <algorithm>

#include "metrics/retention.h"

namespace cairn::metrics {

bool Merge::comes_later(const SegmentCursor& a, const SegmentCursor& b) {
  const Row &x = *a.row(), &y = *b.row();
  if (x.key != y.key) return x.key > y.key;
  return x.buckets.front().slot > y.buckets.front().slot;
}

Result<void> Merge::add(const std::shared_ptr<const Segment>& segment, std::string_view from) {
  SegmentCursor cursor(segment, from);
  if (auto sought = cursor.seek_first(); !sought) return sought;
  if (cursor.row() == nullptr) return {};
  cursors_.push_back(std::move(cursor));
  std::ranges::push_heap(cursors_, comes_later);
  return {};
}

Result<void> Merge::next() {
  std::ranges::pop_heap(cursors_, comes_later);
  if (auto moved = cursors_.back().next(); !moved) return moved;
  if (cursors_.back().row() == nullptr) cursors_.pop_back();
  else std::ranges::push_heap(cursors_, comes_later);
  return {};
}

Result<void> Merge::each_bucket(int64_t now, const std::function<void(const std::string&, const Slot&, const Summary&)>& f) {
  std::string key;
  std::map<Slot, Summary> open;  // of `key`: what later rows may still add to
  const auto let_go = [&](const Slot* until) {
    while (!open.empty() && (until == nullptr || open.begin()->first.time + kHour <= until->time)) {
      f(key, open.begin()->first, open.begin()->second);
      open.erase(open.begin());
    }
  };
  while (row() != nullptr) {
    const Row& next_row = *row();
    if (next_row.key != key) {
      let_go(nullptr);
      key = next_row.key;
    }
    let_go(&next_row.buckets.front().slot);  // every later row begins at it, or behind
    for (const Bucket& bucket : next_row.buckets)
      if (const std::optional<Slot> slot = slot_at(bucket.slot, now)) open[*slot].add(bucket.summary);
    if (auto moved = next(); !moved) return moved;
  }
  let_go(nullptr);
  return {};
}

}  // namespace cairn::metrics
