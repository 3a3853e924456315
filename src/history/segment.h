#pragma once
#include <atomic>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "env/files.h"
#include "history/columns.h"
#include "history/selection.h"
#include "history/tallying.h"
#include "history/tail.h"
#include "segment/file.h"
#include "segment/table.h"

/// Immutable files of events: docs/formats/history.md, "Segment".
namespace cairn::history {

/// Writes `tail` (its block closed) as the segment that covers everything up to `last_position`, and syncs it. Returns its size.
Result<uint64_t> write_segment(env::Files& files, const std::string& path, const Tail& tail, uint64_t last_position);

/// One file. Of a damaged block only what it holds is missing from what is read: it is reported (segment/file.h) and passed over.
class Segment {
 public:
  /// Reads the footer. The failure names the file.
  static Result<std::shared_ptr<Segment>> open(segment::Storage& storage, const std::string& directory, const std::string& file);

  class Sifting;
  /// Calls `f` for the events that `selection` may want, within its bounds and in its order, until it returns false. They are still to
  /// be checked. An empty record is one that was looked at, and is surely not wanted. Any thread. A failure names the file.
  using Visit = std::function<bool(Cursor, std::string_view record)>;
  Result<void> visit(const Selection& selection, const Visit& f) const;
  /// The same of imported events, from one place on and before another, with what is known from the places before. The cursor is that of
  /// the import.
  Result<void> visit_imported(const Selection& selection, Sifting& sifting, const ImportedPlace& from, const ImportedPlace& before,
                              const Visit& f) const;
  ColumnSet columns() const { return column_table_.kept; }
  /// For one thread, as long as this object is there.
  std::unique_ptr<ColumnSource> read_columns() const;
  /// Damage that is got by without.
  void report(const Failure& damage) const { bytes_->report(damage); }
  /// The time of the event that stands so many rows beyond a place, in an order. None: there are not so many.
  Result<std::optional<uint32_t>> time_beyond(const ImportedPlace& place, Query::Order order, uint32_t rows) const;

  /// Calls `f` for what stands under the terms of these hashes (ascending): the hash's place in the list, and the record.
  using Match = std::function<void(size_t which, std::string_view record)>;
  Result<void> match(std::span<const uint64_t> hashes, const Match& f) const;
  Result<std::string> record(uint32_t row) const;
  /// Calls `f` for every event in order.
  using Each = std::function<void(uint32_t number, const Row& row, std::string_view record)>;
  Result<void> each(const Each& f) const;

  /// Reads and checks every block and every reference. For tests and `cairn fsck`.
  Result<void> verify() const;

  const std::string& file() const { return file_; }
  uint64_t count() const { return rows_; }
  uint64_t bytes() const { return bytes_->bytes(); }
  uint64_t record_bytes() const { return record_bytes_; }
  uint64_t first_position() const { return first_position_; }
  uint64_t last_position() const { return last_position_; }
  uint32_t oldest_time() const { return oldest_time_; }
  uint32_t newest_time() const { return newest_time_; }
  ImportedPlace place_of(const Row& row) const { return {row.time, first_position_ + row.position, row.index}; }
  /// Imported events: its rows are in order of time.
  bool is_imported() const { return first_position_ >= kImportedPositions; }
  uint32_t level() const { return level_; }  // 0: sealed from a tail; one more than what it was merged from
  const std::vector<Scope>& scopes() const { return scopes_; }
  /// Its name may be gone from now on; whoever still reads goes on with what is open.
  void drop() {
    bytes_->pin();
    dropped_ = true;
  }
  bool is_dropped() const { return dropped_; }

  // --- for merging
  class Reading;
  class TermReading;
  class ColumnReading;
  struct Merged;
  class MergedColumns;

 private:
  using BlockAt = segment::BlockAt;
  struct Term {
    uint32_t reference = 0, count = 0;
  };
  class List;
  using Bytes = segment::File::Bytes;

  Segment(std::string file, std::unique_ptr<segment::File> bytes) : file_(std::move(file)), bytes_(std::move(bytes)) {}
  Result<void> read_footer(std::string_view raw);
  tl::unexpected<Failure> damaged(std::string_view what) const { return bytes_->damaged(what); }
  Result<std::optional<Term>> term(uint64_t hash) const;
  template <class F>
  Result<void> each_term(const segment::TableEntry& entry, F&& f) const;
  Result<void> read_terms(const segment::TableEntry& entry, std::vector<std::pair<uint64_t, Term>>& out) const;
  using IsOlder = std::function<bool(const Row& row)>;  // true of the first rows, down to some row
  Result<uint32_t> count_rows(const IsOlder& is_older, Reading& reading) const;
  Result<uint32_t> rows_older_than(const ImportedPlace& place) const;
  using PassedOver = std::function<void(const Failure&)>;
  std::pair<uint32_t, uint32_t> rows_between(const Selection& selection, const IsOlder& is_below, const IsOlder& is_before,
                                             Reading& reading, const PassedOver& passed_over) const;
  Result<void> visit_between(const Selection& selection, Sifting& sifting, const IsOlder& is_below, const IsOlder& is_before,
                             const Visit& f) const;
  Result<std::pair<uint32_t, uint32_t>> rows_within(const Selection& selection) const;
  void visit_rows(std::vector<uint64_t> hashes, uint32_t floor, uint32_t bound, Query::Order order, const std::function<bool(uint32_t)>& f,
                  const PassedOver& passed_over) const;
  Cursor cursor_of(const Row& row) const { return {first_position_ + row.position, row.index}; }

  const std::string file_;
  const std::unique_ptr<segment::File> bytes_;
  uint64_t first_position_ = 0, last_position_ = 0, record_bytes_ = 0, postings_bytes_ = 0;
  uint32_t rows_ = 0, oldest_time_ = 0, newest_time_ = 0, level_ = 0, words_ = 0, terms_ = 0, blocks_ = 0, checksum_ = 0;
  std::vector<Scope> scopes_;
  segment::Table event_table_, row_table_, word_table_, posting_table_, term_table_;
  ColumnTable column_table_;
  std::atomic<bool> dropped_ = false;
};

/// Reads rows and records one after the other; keeps the blocks read last. One thread.
class Segment::Reading final : public Words {
 public:
  /// kPassing: all of it is read, once.
  enum class Way { kKeeping, kPassing };
  explicit Reading(const Segment& segment, Way way = Way::kKeeping, size_t pages_max = kPagesMax)
      : segment_(segment), way_(way), pages_max_(pages_max) {}
  Result<Row> row(uint32_t number);
  /// Valid until the next call.
  Result<std::string_view> record(uint32_t number, const Row& row);
  /// The same record, coded.
  Result<CodedBlock::Coded> coded(uint32_t number);
  /// The block that it is in, and the number of the first that is. Valid until the next call.
  Result<std::pair<uint32_t, const CodedBlock*>> coded_block(uint32_t number);
  Word word(uint32_t id) override;
  void forget_words();

 private:
  static constexpr size_t kPagesMax = 1024;  // some 8 KB each

  Result<void> open_events(uint32_t number);
  Result<Bytes> fetch(BlockAt at) const { return way_ == Way::kKeeping ? segment_.bytes_->block(at) : segment_.bytes_->passing_block(at); }

  const Segment& segment_;
  const Way way_;
  const size_t pages_max_;
  uint32_t rows_first_ = 0;
  std::vector<Row> rows_;
  uint32_t events_first_ = 0;
  Bytes events_;
  CodedBlock coded_;
  std::vector<Bytes> pages_;  // of words, by number; empty until the first is asked for
  size_t pages_open_ = 0;
  std::optional<Failure> word_failure_;
  std::string record_;
};

}  // namespace cairn::history
