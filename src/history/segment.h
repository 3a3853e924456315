#pragma once
#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/lru.h"
#include "base/result.h"
#include "env/files.h"
#include "history/selection.h"
#include "history/tail.h"

/// Immutable files of events: docs/formats/history.md, "Segment".
namespace cairn::history {

constexpr size_t kBlockCacheBytesMax = 8 << 20;  // raw blocks kept, of all segments together
constexpr size_t kOpenFilesMax = 128;            // segment files held open
constexpr uint32_t kRowsPerBlock = 1024;
constexpr uint32_t kTermsPerBlock = 256;
constexpr uint32_t kPostingBlockBytes = 16 << 10;

/// What all segments of one history share. Any thread.
struct Storage {
  struct Place {
    uint64_t segment;
    uint32_t offset;
    bool operator==(const Place&) const = default;
  };
  struct HashPlace {
    size_t operator()(const Place& p) const { return (p.segment * 0x9e3779b97f4a7c15) ^ (uint64_t{p.offset} * 0xd6e8feb86659fd93); }
  };
  explicit Storage(env::Files& f) : files(f), open_files(kOpenFilesMax), blocks(kBlockCacheBytesMax) {}

  env::Files& files;
  Lru<uint64_t, env::File> open_files;
  Lru<Place, const std::string, HashPlace> blocks;
  std::atomic<uint64_t> next_number{1};
};

/// Writes `tail` (its block closed) as the segment that covers everything up to `last_position`, and syncs it. Returns its size.
Result<uint64_t> write_segment(env::Files& files, const std::string& path, const Tail& tail, uint64_t last_position);

class Segment {
 public:
  /// Reads the footer. The failure names the file.
  static Result<std::shared_ptr<Segment>> open(Storage& storage, const std::string& directory, const std::string& file);

  /// Calls `f` for the events that `selection` may want and that are older than its `before`, newest first, until it returns
  /// false. They are still to be checked. Any thread. A failure names the file.
  using Visit = std::function<bool(Cursor, std::string_view record)>;
  Result<void> visit(const Selection& selection, const Visit& f) const;

  /// Reads and checks every block and every reference. For tests and `cairn fsck`.
  Result<void> verify() const;

  const std::string& file() const { return file_; }
  uint64_t rows() const { return rows_; }
  uint64_t bytes() const { return bytes_; }
  uint64_t last_position() const { return last_position_; }
  uint32_t newest_time() const { return newest_time_; }
  /// Its file may be gone from now on; whoever still reads gets nothing more.
  void drop() { dropped_ = true; }

 private:
  struct BlockAt {
    uint32_t offset = 0, length = 0;
  };
  struct TermBlockAt {
    uint64_t first_hash = 0;
    BlockAt at;
  };
  struct Term {
    uint32_t reference = 0, count = 0;
  };
  class List;
  using Bytes = std::shared_ptr<const std::string>;

  Segment(Storage& storage, std::string directory, std::string file);
  Result<void> load();
  Result<void> read_footer(std::string_view raw);
  tl::unexpected<Failure> damaged(std::string_view what) const;
  Result<std::shared_ptr<env::File>> file_handle() const;
  Result<std::string> read_raw(uint64_t offset, size_t length) const;
  Result<Bytes> block(BlockAt at) const;
  Result<Row> row(uint32_t number) const;
  Result<std::optional<Term>> term(uint64_t hash) const;
  Result<uint32_t> rows_older_than(const Cursor& cursor) const;
  Cursor cursor_of(const Row& row) const { return {first_position_ + row.position, row.index}; }

  Storage& storage_;
  const std::string path_, file_;
  const uint64_t number_;
  uint64_t bytes_ = 0;
  uint64_t first_position_ = 0, last_position_ = 0;
  uint32_t rows_ = 0, oldest_time_ = 0, newest_time_ = 0, terms_ = 0;
  std::vector<Scope> scopes_;
  std::vector<BlockAt> row_blocks_, posting_blocks_;
  std::vector<TermBlockAt> term_blocks_;
  std::atomic<bool> dropped_ = false;
};

}  // namespace cairn::history
