#pragma once
#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "metrics/row.h"
#include "segment/file.h"

namespace cairn::metrics {

constexpr size_t kBlockBytes = 64 << 10;  // raw; one more bucket may reach beyond

/// Writes an immutable file of rows: keys ascending, the rows of one key in the order of their slots.
class SegmentWriter {
 public:
  static Result<SegmentWriter> create(env::Files& files, const std::string& path);

  void add(const std::string& key, const Slot& slot, const Summary& summary);
  /// `level`: how often its content was merged; `written`: seconds since 1970. Returns the file's size.
  Result<uint64_t> finish(uint64_t last_position, uint32_t level, int64_t written);

 private:
  explicit SegmentWriter(segment::NewFile file) : file_(std::move(file)) {}
  void end_row();
  void end_block();

  segment::NewFile file_;
  Row row_;
  size_t row_bytes_ = 0;
  std::string block_, first_key_, directory_;
  int64_t block_oldest_ = 0, block_newest_ = 0, newest_ = 0;
  uint64_t buckets_ = 0;
};

/// Such a file, opened to read. Any thread. docs/formats/metrics.md, "Segment".
class Segment {
 public:
  struct Block {
    segment::BlockAt at;
    std::string first_key;
    int64_t oldest = 0, newest = 0;
  };

  static Result<std::shared_ptr<Segment>> open(segment::Storage& storage, const std::string& directory, const std::string& file);

  const std::vector<Block>& blocks() const { return blocks_; }
  /// The first block that may hold `key`, or keys behind it.
  size_t block_of(std::string_view key) const;
  Result<std::vector<Row>> read(const Block& block) const;
  /// Reads and checks every block. For tests and `cairn fsck`.
  Result<void> verify() const;

  const std::string& file() const { return file_; }
  uint64_t bytes() const { return bytes_->bytes(); }
  uint64_t count() const { return buckets_; }
  uint64_t last_position() const { return last_position_; }
  uint32_t level() const { return level_; }
  int64_t written() const { return written_; }
  int64_t newest() const { return newest_; }
  /// Its file may be gone from now on; whoever still reads gets nothing more.
  void drop() { dropped_ = true; }
  bool is_dropped() const { return dropped_; }

 private:
  Segment(std::string file, std::unique_ptr<segment::File> bytes) : file_(std::move(file)), bytes_(std::move(bytes)) {}
  Result<void> read_footer();

  const std::string file_;
  const std::unique_ptr<segment::File> bytes_;
  uint64_t last_position_ = 0, buckets_ = 0;
  uint32_t level_ = 0;
  int64_t written_ = 0, newest_ = 0;
  std::vector<Block> blocks_;
  std::atomic<bool> dropped_ = false;
};

/// The rows of a segment from a key on, one after another; one block in memory.
class SegmentCursor {
 public:
  SegmentCursor(std::shared_ptr<const Segment> segment, std::string_view from);
  /// Null at the end, and after a failure.
  const Row* row() const { return at_ < rows_.size() ? &rows_[at_] : nullptr; }
  Result<void> next();
  Result<void> seek_first() { return settle(); }  // once, before anything else
  const Segment& segment() const { return *segment_; }

 private:
  Result<void> settle();

  std::shared_ptr<const Segment> segment_;
  std::string from_;
  size_t block_;
  std::vector<Row> rows_;
  size_t at_ = 0;
};

}  // namespace cairn::metrics
