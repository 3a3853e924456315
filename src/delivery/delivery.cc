#include "delivery/delivery.h"

#include <algorithm>

namespace cairn::delivery {

Delivery::Delivery(const Means& means, env::Tasks& tasks, journal::Position from) : means_(means), tasks_(tasks), consumed_(from.seq) {
  state::Transaction state(means_.store);
  for (std::string after;;) {
    const state::Page page = state.list(keys::kCursors, after, state::Transaction::kListMax);
    for (const state::Item& item : page.items) {
      Cursor cursor = decode_cursor(item.value);
      // Until its first cut a trail stands where it was made; what the journal has forgotten since did not concern it.
      if (!cursor.trail) cursor.position = std::max(cursor.position, journal::Position{means_.journal.oldest().seq - 1});
      begin(item.key.substr(keys::kCursors.size()), std::move(cursor));
    }
    if (!page.more) break;
    after = page.items.back().key;
  }
}

void Delivery::begin(const std::string& trail_id, Cursor cursor) {
  auto trail = std::make_unique<TrailDelivery>(means_, tasks_, trail_id, std::move(cursor));
  std::lock_guard lock(mutex_);
  trails_[trail_id] = std::move(trail);
}

void Delivery::consume(journal::Position position, const journal::EntryView& entry) {
  for (const journal::ChangeView& change : entry.changes) {
    if (change.key.starts_with(keys::kTrails)) {
      std::lock_guard lock(mutex_);
      for (const auto& [id, trail] : trails_) trail->hurry();
    }
    if (!change.key.starts_with(keys::kCursors)) continue;
    const std::string id(change.key.substr(keys::kCursors.size()));
    std::unique_ptr<TrailDelivery> ended;
    {
      std::lock_guard lock(mutex_);
      const auto at = trails_.find(id);
      if (change.value && at != trails_.end()) continue;
      if (!change.value && at != trails_.end()) {
        ended = std::move(at->second);
        trails_.erase(at);
      }
    }
    if (!change.value) continue;
    Cursor cursor = decode_cursor(*change.value);
    cursor.position = {position.seq - 1};  // this entry makes the trail
    begin(id, std::move(cursor));
  }
  consumed_ = position.seq;
}

journal::Position Delivery::position() const {
  uint64_t position = consumed_;
  std::lock_guard lock(mutex_);
  for (const auto& [id, trail] : trails_) position = std::min(position, trail->needed().seq);
  return {position};
}

void Delivery::stop() {
  std::lock_guard lock(mutex_);
  for (const auto& [id, trail] : trails_) trail->stop();
}

size_t Delivery::trails() const {
  std::lock_guard lock(mutex_);
  return trails_.size();
}

uint64_t Delivery::backlog() const { return means_.journal.durable().seq - std::min(position().seq, means_.journal.durable().seq); }

}  // namespace cairn::delivery
