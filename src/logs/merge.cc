#include "logs/merge.h"

namespace cairn::logs {

void Merge::push(Source source) {
  if (newest_first_ ? source.at == 0 : source.at == source.chunk->size()) return;
  source.place = event_of(source).place;
  heap_.push(std::move(source));
}

void Merge::add(std::shared_ptr<const Chunk> chunk, const std::optional<Place>& beyond) {
  size_t at = newest_first_ ? chunk->size() : 0;
  if (beyond) {
    at = chunk->count_until(*beyond);
    if (newest_first_ && at > 0 && (*chunk)[at - 1].place == *beyond) --at;
  }
  push({std::move(chunk), at, {}});
}

std::optional<EventView> Merge::peek() const {
  if (heap_.empty()) return std::nullopt;
  return event_of(heap_.top());
}

std::optional<EventView> Merge::next() {
  if (heap_.empty()) return std::nullopt;
  Source source = heap_.top();
  heap_.pop();
  const EventView event = event_of(source);
  held_ = source.chunk;
  newest_first_ ? --source.at : ++source.at;
  push(std::move(source));
  return event;
}

}  // namespace cairn::logs
