#pragma once
#include <optional>
#include <vector>

#include "history/segment.h"

namespace cairn::history {

/// The postings of one term of a segment, newest first, read chunk by chunk.
class Segment::List {
 public:
  List(const Segment& segment, Term term);
  bool done() const { return done_; }
  uint32_t row() const { return row_; }
  void next();
  /// On to the first row not above `row`.
  void seek(uint32_t row);
  const std::optional<Failure>& error() const { return failure_; }

 private:
  struct Skip {
    uint32_t first_row, offset;  // of a chunk; within the list
  };
  void fail(std::string_view what);
  bool read_chunk(uint32_t number, uint64_t offset);
  bool read_skips();
  bool load(uint64_t offset);
  uint64_t varint();
  uint8_t byte();

  const Segment* segment_;
  uint32_t count_ = 0, chunks_ = 0;
  uint64_t begin_ = 0;  // of the first chunk, in the posting stream
  uint32_t chunks_bytes_ = 0, skips_bytes_ = 0;
  bool is_all_ = false, done_ = false;
  uint32_t row_ = 0;

  uint32_t chunk_ = 0, at_ = 0;  // the current one, and the place in it
  std::vector<uint32_t> rows_;   // of the current one
  std::vector<Skip> skips_;
  static constexpr int kStepsMax = 4;  // chunks read one after the other before the table of them is
  int steps_ = 0;

  Bytes block_;
  uint64_t block_begin_ = 0, offset_ = 0;
  std::optional<Failure> failure_;
};

}  // namespace cairn::history
