#include "logs/chunk.h"

#include <algorithm>

#include "base/check.h"
#include "segment/block.h"

namespace cairn::logs {

namespace {

uint64_t zigzag(int64_t v) { return (static_cast<uint64_t>(v) << 1) ^ static_cast<uint64_t>(v >> 63); }
int64_t unzigzag(uint64_t v) { return static_cast<int64_t>(v >> 1) ^ -static_cast<int64_t>(v & 1); }

/// One column: each value as the difference to the one before, wrapping, so that any bytes mean something.
class Deltas {
 public:
  void put(std::string& out, uint64_t value) {
    segment::put_varint(out, zigzag(static_cast<int64_t>(value - before_)));
    before_ = value;
  }
  uint64_t get(segment::Reader& in) { return before_ += static_cast<uint64_t>(unzigzag(in.varint())); }

 private:
  uint64_t before_ = 0;
};

}  // namespace

uint32_t Chunk::number_of(std::string_view stream) {
  // Neighbours are of one stream mostly, and a chunk has few.
  if (!rows_.empty() && streams_[rows_.back().stream] == stream) return rows_.back().stream;
  const auto known = std::ranges::find(streams_, stream);
  if (known != streams_.end()) return static_cast<uint32_t>(known - streams_.begin());
  streams_.emplace_back(stream);
  return static_cast<uint32_t>(streams_.size() - 1);
}

void Chunk::add(const EventView& event) {
  CHECK(text_.size() + event.message.size() <= 0xffffffff);
  rows_.push_back({event.place, event.ingested, number_of(event.stream), static_cast<uint32_t>(text_.size()),
                   static_cast<uint32_t>(event.message.size())});
  text_ += event.message;
}

void Chunk::sort() {
  std::ranges::sort(rows_, {}, [](const Row& row) { return row.place; });
}

EventView Chunk::operator[](size_t number) const {
  const Row& row = rows_[number];
  return {row.place, row.ingested, streams_[row.stream], std::string_view(text_).substr(row.offset, row.length)};
}

size_t Chunk::count_until(const Place& place) const {
  return static_cast<size_t>(std::ranges::upper_bound(rows_, place, {}, [](const Row& row) { return row.place; }) - rows_.begin());
}

std::string encode(const Chunk& chunk) {
  std::string raw;
  segment::put_varint(raw, chunk.streams_.size());
  for (const std::string& stream : chunk.streams_) {
    segment::put_varint(raw, stream.size());
    raw += stream;
  }
  segment::put_varint(raw, chunk.rows_.size());
  Deltas timestamps, ingested, positions, indices;
  for (const Chunk::Row& row : chunk.rows_) timestamps.put(raw, static_cast<uint64_t>(row.place.timestamp));
  for (const Chunk::Row& row : chunk.rows_) ingested.put(raw, static_cast<uint64_t>(row.ingested));
  for (const Chunk::Row& row : chunk.rows_) positions.put(raw, row.place.position);
  for (const Chunk::Row& row : chunk.rows_) indices.put(raw, row.place.index);
  for (const Chunk::Row& row : chunk.rows_) segment::put_varint(raw, row.stream);
  for (const Chunk::Row& row : chunk.rows_) segment::put_varint(raw, row.length);
  for (size_t i = 0; i < chunk.rows_.size(); ++i) raw += chunk[i].message;
  return raw;
}

Result<Chunk> decode_chunk(std::string_view raw) {
  constexpr size_t kRowBytesMin = 6;  // one of each column
  segment::Reader in(raw);
  Chunk chunk;
  for (uint64_t left = in.varint(); left > 0 && in.ok(); --left) chunk.streams_.emplace_back(in.bytes(in.varint()));
  const uint64_t rows = in.varint();
  if (!in.ok() || rows > in.left() / kRowBytesMin) return failure("a chunk of log events is cut short");
  chunk.rows_.resize(rows);
  Deltas timestamps, ingested, positions, indices;
  for (Chunk::Row& row : chunk.rows_) row.place.timestamp = static_cast<int64_t>(timestamps.get(in));
  for (Chunk::Row& row : chunk.rows_) row.ingested = static_cast<int64_t>(ingested.get(in));
  for (Chunk::Row& row : chunk.rows_) row.place.position = positions.get(in);
  for (Chunk::Row& row : chunk.rows_) row.place.index = static_cast<uint32_t>(indices.get(in));
  bool good = true;
  for (Chunk::Row& row : chunk.rows_) {
    const uint64_t stream = in.varint();
    good = good && stream < chunk.streams_.size();
    row.stream = static_cast<uint32_t>(stream);
  }
  uint64_t total = 0;
  for (Chunk::Row& row : chunk.rows_) {
    const uint64_t length = in.varint();
    good = good && length <= raw.size();
    row.offset = static_cast<uint32_t>(total);
    row.length = static_cast<uint32_t>(length);
    total += length;
    if (!good) break;
  }
  if (!good || !in.ok() || in.left() != total) return failure("a chunk of log events contradicts itself");
  const bool in_order = std::ranges::is_sorted(chunk.rows_, {}, [](const Chunk::Row& row) { return row.place; });
  if (!in_order) return failure("a chunk of log events is not in order");
  chunk.text_ = in.bytes(total);
  return chunk;
}

}  // namespace cairn::logs
