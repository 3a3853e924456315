#pragma once
#include <functional>
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
  /// Calls `f(first, end)` for rows among which all are that `selection` wants of those between, until it returns false.
  using Take = std::function<bool(uint32_t first, uint32_t end)>;
  virtual Result<void> each(const Selection& selection, const Between& between, const Take& f) = 0;
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
  /// Of a row of the open block. `count()` or more: there are too many.
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

/// Counts rows of one source, and then tells its counter.
class Tallying {
 public:
  using IsLate = std::function<bool()>;
  /// `is_late`: no more questions are to be put to the counter. All must outlive this.
  Tallying(const Selection& selection, const Tally& tally, Counter& counter, ColumnSource& source, const IsLate& is_late);

  static ColumnSet columns_of(const Tally& tally);

  /// Counts what is between. Fails where columns are damaged. False: it is better to read the events, as there are too many combinations
  /// of values, too many events that have to be read all the same, or asking the counter about them takes too long.
  Result<bool> count(const Between& between);
  Result<void> tell();

 private:
  static constexpr size_t kReadMax = 20'000;  // events
  enum class Answer : char { kUnknown, kNo, kYes, kRead };
  bool fail(Failure why);
  bool give_up();
  bool take(uint32_t first, uint32_t end);
  bool open_block(uint32_t row);
  bool open_times(uint32_t row);
  bool take_alike(uint32_t first, uint32_t end);
  bool ask_place(uint32_t number);
  bool ask_condition(uint32_t number);
  void enter(uint32_t time);
  int64_t interval_of(uint32_t time) const;

  const Selection& selection_;
  const Tally& tally_;
  Counter& counter_;
  ColumnSource& source_;
  const IsLate& is_late_;
  std::optional<Failure> error_;
  bool has_given_up_ = false;
  uint32_t block_first_ = 0, block_end_ = 0;

  Combinations place_, conditions_;
  std::vector<Answer> places_, wanted_;  // by number
  struct Field {
    Combinations values;
    std::vector<uint64_t> counts;
  };
  std::vector<Field> fields_;

  ColumnSource::Times times_;
  bool are_alike_ = false;  // the rows of `times_`, in all that matters of their time
  int64_t interval_ = 0;    // of the rows that are taken
  uint64_t* in_interval_ = nullptr;
  std::map<int64_t, uint64_t> intervals_;
  std::vector<uint32_t> taken_;  // places in the block, of rows that are taken
  std::vector<uint32_t> read_;   // rows whose events are to be read
};

}  // namespace cairn::history
