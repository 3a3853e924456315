#include "delivery/delivery.h"

#include <algorithm>

namespace cairn::delivery {

namespace {

/// Calls `f(trail id, document)` for each document below `prefix`.
template <class F>
void each_document(state::Store& store, const std::string& prefix, F&& f) {
  state::Transaction state(store);
  for (std::string after;;) {
    const state::Page page = state.list(prefix, after, state::Transaction::kListMax);
    for (const state::Item& item : page.items) f(item.key.substr(prefix.size()), item.value);
    if (!page.more) return;
    after = page.items.back().key;
  }
}

}  // namespace

Delivery::Delivery(const Means& means, const LogGroupDelivery::Means& log_means, env::Tasks& tasks, journal::Position from)
    : means_(means), log_means_(log_means), tasks_(tasks), consumed_(from.seq) {
  const journal::Position oldest{means_.journal.oldest().seq - 1};
  each_document(means_.store, keys::kCursors, [&](const std::string& id, const std::string& document) {
    Cursor cursor = decode_cursor(document);
    // Until its first cut a trail stands where it was made; what the journal has forgotten since did not concern it.
    if (!cursor.trail) cursor.position = std::max(cursor.position, oldest);
    begin(id, std::move(cursor));
  });
  each_document(means_.store, keys::kLogCursors, [&](const std::string& id, const std::string& document) {
    LogCursor cursor = decode_log_cursor(document);
    cursor.position = std::max(cursor.position, oldest);  // the same: it moves when there is something to put
    begin(id, std::move(cursor));
  });
}

void Delivery::begin(const std::string& trail_id, Cursor cursor) {
  auto trail = std::make_unique<TrailDelivery>(means_, tasks_, trail_id, std::move(cursor));
  std::lock_guard lock(mutex_);
  trails_[trail_id] = std::move(trail);
}

void Delivery::begin(const std::string& trail_id, LogCursor cursor) {
  auto group = std::make_unique<LogGroupDelivery>(log_means_, tasks_, trail_id, std::move(cursor));
  std::lock_guard lock(mutex_);
  log_groups_[trail_id] = std::move(group);
}

template <class Work, class MadeCursor>
void Delivery::take_change(std::map<std::string, std::unique_ptr<Work>>& at_work, const std::string& trail_id, bool is_there,
                           MadeCursor&& made) {
  std::unique_ptr<Work> ended;
  {
    std::lock_guard lock(mutex_);
    const auto at = at_work.find(trail_id);
    if (is_there && at != at_work.end()) return;
    if (!is_there && at != at_work.end()) {
      ended = std::move(at->second);
      at_work.erase(at);
    }
  }
  if (is_there) begin(trail_id, made());
}

void Delivery::consume(journal::Position position, const journal::EntryView& entry) {
  const journal::Position before{position.seq - 1};  // the entry that makes a cursor makes, or changes, its trail
  for (const journal::ChangeView& change : entry.changes) {
    if (change.key.starts_with(keys::kTrails)) {
      std::lock_guard lock(mutex_);
      for (const auto& [id, trail] : trails_) trail->hurry();
      for (const auto& [id, group] : log_groups_) group->hurry();
    }
    if (change.key.starts_with(keys::kCursors)) {
      take_change(trails_, std::string(change.key.substr(keys::kCursors.size())), change.value.has_value(), [&] {
        Cursor cursor = decode_cursor(*change.value);
        cursor.position = before;
        return cursor;
      });
    }
    if (change.key.starts_with(keys::kLogCursors)) {
      take_change(log_groups_, std::string(change.key.substr(keys::kLogCursors.size())), change.value.has_value(), [&] {
        LogCursor cursor = decode_log_cursor(*change.value);
        cursor.position = before;
        return cursor;
      });
    }
  }
  consumed_ = position.seq;
}

journal::Position Delivery::position() const {
  uint64_t position = consumed_;
  std::lock_guard lock(mutex_);
  for (const auto& [id, trail] : trails_) position = std::min(position, trail->needed().seq);
  for (const auto& [id, group] : log_groups_) position = std::min(position, group->needed().seq);
  return {position};
}

void Delivery::stop() {
  std::lock_guard lock(mutex_);
  for (const auto& [id, trail] : trails_) trail->stop();
  for (const auto& [id, group] : log_groups_) group->stop();
}

size_t Delivery::trails() const {
  std::lock_guard lock(mutex_);
  return trails_.size();
}

uint64_t Delivery::backlog() const { return means_.journal.durable().seq - std::min(position().seq, means_.journal.durable().seq); }

}  // namespace cairn::delivery
