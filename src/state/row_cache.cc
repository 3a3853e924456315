#include "state/row_cache.h"

namespace cairn::state {

size_t RowCache::bytes_of(const Row& row) { return row.key.size() + (row.value ? row.value->size() : 0) + kRowOverheadBytes; }

std::optional<Value> RowCache::get(std::string_view key) {
  const std::lock_guard lock(mutex_);
  const auto found = index_.find(key);
  if (found == index_.end()) return std::nullopt;
  rows_.splice(rows_.begin(), rows_, found->second);
  return found->second->value;
}

uint64_t RowCache::ticket() const {
  const std::lock_guard lock(mutex_);
  return generation_;
}

void RowCache::put(uint64_t ticket, std::string_view key, Value value) {
  Row row{std::string(key), std::move(value)};
  const size_t bytes = bytes_of(row);
  if (bytes > bytes_max_ / 8) return;  // one large document must not push out all others
  const std::lock_guard lock(mutex_);
  if (ticket != generation_ || generation_ % 2 == 1 || index_.contains(key)) return;
  rows_.push_front(std::move(row));
  index_.emplace(rows_.front().key, rows_.begin());
  bytes_ += bytes;
  while (bytes_ > bytes_max_) drop(std::prev(rows_.end()));
}

void RowCache::drop(std::list<Row>::iterator row) {
  bytes_ -= bytes_of(*row);
  index_.erase(row->key);
  rows_.erase(row);
}

void RowCache::begin_change() {
  const std::lock_guard lock(mutex_);
  ++generation_;
}

void RowCache::end_change(const std::vector<std::string_view>& keys) {
  const std::lock_guard lock(mutex_);
  for (const std::string_view key : keys) {
    if (const auto found = index_.find(key); found != index_.end()) drop(found->second);
  }
  ++generation_;
}

}  // namespace cairn::state
