#pragma once
#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "env/files.h"
#include "history/selection.h"
#include "history/tail.h"
#include "segment/file.h"

/// Immutable files of events: docs/formats/history.md, "Segment".
namespace cairn::history {

constexpr uint32_t kRowsPerBlock = 1024;
constexpr uint32_t kTermsPerBlock = 256;
constexpr uint32_t kPostingBlockBytes = 16 << 10;

/// Writes `tail` (its block closed) as the segment that covers everything up to `last_position`, and syncs it. Returns its size.
Result<uint64_t> write_segment(env::Files& files, const std::string& path, const Tail& tail, uint64_t last_position);

/// Event number `place` of an event block's raw bytes.
Result<std::string_view> event_of_block(std::string_view raw, uint32_t place);

class Segment {
 public:
  /// Reads the footer. The failure names the file.
  static Result<std::shared_ptr<Segment>> open(segment::Storage& storage, const std::string& directory, const std::string& file);

  /// Calls `f` for the events that `selection` may want and that are older than its `before`, newest first, until it returns
  /// false. They are still to be checked. Any thread. A failure names the file.
  using Visit = std::function<bool(Cursor, std::string_view record)>;
  Result<void> visit(const Selection& selection, const Visit& f) const;

  /// Reads and checks every block and every reference. For tests and `cairn fsck`.
  Result<void> verify() const;

  const std::string& file() const { return file_; }
  uint64_t count() const { return rows_; }
  uint64_t bytes() const { return bytes_->bytes(); }
  uint64_t last_position() const { return last_position_; }
  uint32_t newest_time() const { return newest_time_; }
  /// Its file may be gone from now on; whoever still reads gets nothing more.
  void drop() { dropped_ = true; }

 private:
  using BlockAt = segment::BlockAt;
  struct TermBlockAt {
    uint64_t first_hash = 0;
    BlockAt at;
  };
  struct Term {
    uint32_t reference = 0, count = 0;
  };
  class List;
  using Bytes = segment::File::Bytes;

  Segment(std::string file, std::unique_ptr<segment::File> bytes) : file_(std::move(file)), bytes_(std::move(bytes)) {}
  Result<void> read_footer(std::string_view raw);
  tl::unexpected<Failure> damaged(std::string_view what) const { return bytes_->damaged(what); }
  Result<Bytes> block(BlockAt at) const { return bytes_->block(at); }
  Result<Row> row(uint32_t number) const;
  Result<std::optional<Term>> term(uint64_t hash) const;
  Result<uint32_t> rows_older_than(const Cursor& cursor) const;
  Cursor cursor_of(const Row& row) const { return {first_position_ + row.position, row.index}; }

  const std::string file_;
  const std::unique_ptr<segment::File> bytes_;
  uint64_t first_position_ = 0, last_position_ = 0;
  uint32_t rows_ = 0, oldest_time_ = 0, newest_time_ = 0, terms_ = 0;
  std::vector<Scope> scopes_;
  std::vector<BlockAt> row_blocks_, posting_blocks_;
  std::vector<TermBlockAt> term_blocks_;
  std::atomic<bool> dropped_ = false;
};

}  // namespace cairn::history
