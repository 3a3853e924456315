#pragma once
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "history/columns.h"

namespace cairn::history {

/// Columns as they can be read: of the tail, or of a segment. One thread.
class ColumnSource {
 public:
  virtual ~ColumnSource() = default;
  /// The numbers in the rows from `first` on, a multiple of kColumnRowsPerBlock, as far as a block goes. They stand until the next are
  /// asked for of this column.
  virtual Result<std::span<const uint32_t>> numbers(Column column, uint32_t first) = 0;
  virtual uint32_t values(Column column) const = 0;  // how many there are
  /// Parallel to `columns`; they stand until the next call.
  virtual Result<void> texts(std::span<const Column> columns, std::span<const uint32_t> numbers, std::vector<std::string_view>& out) = 0;
  /// Some rows around one, and between which times theirs are.
  struct Times {
    uint32_t first = 0, end = 0, oldest = 0, newest = 0;
  };
  virtual Result<Times> times(uint32_t row) = 0;
  virtual Result<uint32_t> time(uint32_t row) = 0;
  /// The event itself. None: it cannot be read, which has been reported.
  virtual std::optional<std::pair<Cursor, std::string>> read(uint32_t row) = 0;
};

/// Each combination of values of some columns has a number.
class Combinations {
 public:
  static constexpr uint32_t kMax = 1 << 18;

  Combinations(ColumnSource& source, std::vector<Column> columns);
  Result<void> open(uint32_t first);  // rows from here on are asked about
  /// Of a row of the open block. kMax or more, of several columns: there are too many.
  uint32_t number(uint32_t place) { return !levels_.empty() ? number_of_several(place) : columns_.empty() ? 0 : open_[0][place]; }
  uint32_t count() const { return !levels_.empty() ? levels_.back().count : values_; }  // numbers are below
  /// Values of a combination; they stand until the next call.
  Result<std::span<const std::string_view>> texts(uint32_t number);

 private:
  uint32_t number_of_several(uint32_t place);
  uint32_t pair(size_t level, uint32_t first, uint32_t second);
  struct Pairs {
    std::vector<uint64_t> keys = std::vector<uint64_t>(64, UINT64_MAX);
    std::vector<uint32_t> numbers = std::vector<uint32_t>(64);
    uint32_t count = 0;
  };

  ColumnSource& source_;
  const std::vector<Column> columns_;
  const uint32_t values_;  // of one column
  std::vector<std::span<const uint32_t>> open_;
  std::vector<Pairs> levels_;     // of the columns but the first, each with all before it
  std::vector<uint32_t> chosen_;  // numbers of each combination, one after another
  std::vector<std::string_view> texts_;
};

/// An event that was read, if it is wanted.
void count_read(const Selection& selection, Counter& counter, std::pair<Cursor, std::string>&& event, json::Document& document);

/// Counts rows of one source. Its counter is told nothing before all is known: where columns turn out to be damaged, events are read.
class Tallying {
 public:
  Tallying(const Selection& selection, const Tally& tally, Counter& counter, ColumnSource& source);

  static ColumnSet columns_of(const Tally& tally);

  /// Rows from `first` on and before `end`. False: see `error`.
  bool take(uint32_t first, uint32_t end);
  /// After the last row: that nothing will be missing.
  Result<void> check();
  Result<void> tell();
  const std::optional<Failure>& error() const { return error_; }

 private:
  static constexpr size_t kReadMax = 1 << 20;  // events
  enum class Answer : char { kUnknown, kNo, kYes, kRead };
  bool fail(Failure why);
  bool open_block(uint32_t row);
  bool ask_place(uint32_t number);
  bool open_times(uint32_t row);
  bool take_alike(uint32_t first, uint32_t end);
  void enter(uint32_t time);
  int64_t interval_of(uint32_t time) const;

  const Selection& selection_;
  const Tally& tally_;
  Counter& counter_;
  ColumnSource& source_;
  std::optional<Failure> error_;
  uint32_t block_first_ = 0, block_end_ = 0;

  Combinations place_, conditions_;
  std::vector<Answer> places_, wanted_;  // by number
  bool wants_all_ = false;               // without conditions
  struct Group {
    Combinations combinations;
    std::vector<uint64_t> counts;
  };
  std::vector<Group> groups_;

  ColumnSource::Times times_;
  bool are_alike_ = false;  // the rows of `times_`, in all that matters of their time
  int64_t interval_ = 0;    // of the rows that are taken
  uint64_t* in_interval_ = nullptr;
  std::map<int64_t, uint64_t> intervals_;
  std::vector<uint32_t> taken_;  // places in the block, of rows that are taken
  std::vector<uint32_t> read_;   // rows whose events are to be read
};

}  // namespace cairn::history
