#pragma once
#include <memory>
#include <optional>
#include <queue>
#include <vector>

#include "logs/chunk.h"

namespace cairn::logs {

/// The events of several chunks in one order. A chunk may be added late, as long as nothing of it would have come already.
class Merge {
 public:
  explicit Merge(bool newest_first) : heap_(Later{newest_first}), newest_first_(newest_first) {}

  /// Begins behind `beyond`, if given.
  void add(std::shared_ptr<const Chunk> chunk, const std::optional<Place>& beyond = std::nullopt);
  /// The next event without taking it. It, and that of `next`, stands until the next `next`.
  std::optional<EventView> peek() const;
  std::optional<EventView> next();

 private:
  struct Source {
    std::shared_ptr<const Chunk> chunk;
    size_t at = 0;  // the next event; newest first: one more than its number
    Place place;
  };
  struct Later {
    bool newest_first;
    bool operator()(const Source& a, const Source& b) const { return newest_first ? a.place < b.place : b.place < a.place; }
  };
  EventView event_of(const Source& source) const { return (*source.chunk)[newest_first_ ? source.at - 1 : source.at]; }
  void push(Source source);

  std::priority_queue<Source, std::vector<Source>, Later> heap_;
  std::shared_ptr<const Chunk> held_;  // of the event given last
  const bool newest_first_;
};

}  // namespace cairn::logs
