#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "logs/event.h"

namespace cairn::logs {

constexpr size_t kChunkBytes = 256 << 10;  // raw; one more event may reach beyond

/// Some events of one group, in the order of their places. Built by one thread, then immutable: any thread reads.
class Chunk {
 public:
  void add(const EventView& event);
  void sort();  // once, after the last add

  bool empty() const { return rows_.empty(); }
  size_t size() const { return rows_.size(); }
  size_t bytes() const { return text_.size() + rows_.size() * sizeof(Row); }  // of memory, near enough
  EventView operator[](size_t number) const;
  const std::vector<std::string>& streams() const { return streams_; }
  uint32_t stream_number(size_t number) const { return rows_[number].stream; }
  int64_t first() const { return rows_.front().place.timestamp; }
  int64_t last() const { return rows_.back().place.timestamp; }
  /// How many events are at or before `place`.
  size_t count_until(const Place& place) const;

 private:
  struct Row {
    Place place;
    int64_t ingested;
    uint32_t stream;
    uint32_t offset, length;
  };
  friend std::string encode(const Chunk& chunk);
  friend Result<Chunk> decode_chunk(std::string_view raw);
  uint32_t number_of(std::string_view stream);

  std::vector<Row> rows_;
  std::vector<std::string> streams_;
  std::string text_;
};

/// The raw bytes of its block: docs/formats/logs.md, "Chunk".
std::string encode(const Chunk& chunk);
Result<Chunk> decode_chunk(std::string_view raw);  // total: any bytes give a chunk or a failure

}  // namespace cairn::logs
