#pragma once
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "logs/chunk.h"

namespace cairn::logs {

/// The newest events, in memory, by group. Not thread-safe.
class Tail {
 public:
  using Chunks = std::vector<std::shared_ptr<const Chunk>>;

  void add(const std::string& group, const EventView& event);
  /// Everything of the group, each chunk in order.
  Chunks chunks_of(const std::string& group) const;
  std::vector<std::string> groups() const;
  size_t bytes() const { return bytes_; }  // of memory, near enough
  uint64_t events() const { return events_; }

 private:
  struct Group {
    Chunks closed;
    Chunk open;
  };
  std::map<std::string, Group> groups_;
  size_t bytes_ = 0;
  uint64_t events_ = 0;
};

}  // namespace cairn::logs
