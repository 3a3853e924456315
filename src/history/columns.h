#pragma once
#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "event/attributes.h"
#include "history/selection.h"
#include "history/tally.h"
#include "segment/file.h"
#include "segment/table.h"

/// Values that stand beside the records, column by column: each row has the number of its text. docs/formats/history.md, "Columns".
namespace cairn::history {

constexpr uint32_t kColumnRowsPerBlock = 16'384;
constexpr uint32_t kColumnValuesPerBlock = 512;
constexpr size_t kColumnValueBytesMax = 1 << 10;   // an event with a longer one is read
constexpr uint32_t kColumnValuesMax = 1 << 20;     // of one column; what has more is no column in this segment
constexpr size_t kColumnTextsBytesMax = 12 << 20;  // of memory: of all columns of a segment; then the largest is given up

using ColumnSet = uint32_t;  // a bit each
constexpr ColumnSet bit_of(Column column) { return ColumnSet{1} << static_cast<unsigned>(column); }

/// Column::kPlace in words.
struct Place {
  std::string_view account, region;
  uint16_t flags = 0;     // of a row
  bool is_plain = false;  // else the columns do not tell what the record says
};
/// Total; none: it makes no sense.
std::optional<Place> read_place(std::string_view text);

/// The texts of a column, numbered as they come. Number 0 is "".
class ColumnValues {
 public:
  ColumnValues();
  /// None: there is no more room.
  std::optional<uint32_t> number(std::string_view text);
  std::string_view text(uint32_t number) const { return std::string_view(texts_).substr(begin(number), ends_[number] - begin(number)); }
  uint32_t size() const { return static_cast<uint32_t>(ends_.size()); }
  size_t bytes() const;  // of memory, near enough

 private:
  uint32_t begin(uint32_t number) const { return number == 0 ? 0 : ends_[number - 1]; }
  struct Slot {
    uint32_t hash = 0;    // a part of it
    uint32_t number = 0;  // plus one; 0: free
  };
  Slot* slot(uint64_t hash, std::string_view text);
  void grow();

  std::string texts_;
  std::vector<uint32_t> ends_;
  std::vector<Slot> slots_;  // open addressing
};

/// Those of all columns of a segment.
class ColumnTexts {
 public:
  /// None: there is no more room for the column's. It is given up.
  std::optional<uint32_t> number(Column column, std::string_view text);
  void give_up(Column column);
  bool has(Column column) const { return (kept_ & bit_of(column)) != 0; }
  ColumnSet kept() const { return kept_; }
  const ColumnValues& of(Column column) const { return all_[static_cast<size_t>(column)]; }
  size_t bytes() const { return bytes_; }

 private:
  Column largest() const;

  std::array<ColumnValues, kColumns> all_;
  ColumnSet kept_ = (ColumnSet{1} << kColumns) - 1;
  size_t bytes_ = 0;
};

/// The columns of a tail. One thread adds.
class Columns {
 public:
  void add(const event::Attributes& attributes, const Row& row);
  const ColumnTexts& texts() const { return texts_; }
  /// The number in each row, of one that is not given up.
  std::span<const uint32_t> numbers(Column column) const { return numbers_[static_cast<size_t>(column)]; }
  size_t bytes() const { return texts_.bytes() * 2 + rows_ * kColumns * sizeof(uint32_t); }  // of memory, near enough

 private:
  /// `likely`: the column that tells most about this one.
  void add(Column column, std::string_view text, Column likely);

  ColumnTexts texts_;
  std::array<std::vector<uint32_t>, kColumns> numbers_;
  std::array<std::vector<uint32_t>, kColumns> guesses_;  // by the number in the likely column: the one here that came with it last
  std::string place_;
  size_t rows_ = 0;
};

/// Blocks, raw. Reading is total: false, the bytes make no sense.
std::string code_numbers(std::span<const uint32_t> numbers);
bool read_numbers(std::string_view raw, size_t count, std::vector<uint32_t>& out);
/// Some of a column's texts, from one number on.
std::string code_values(const ColumnValues& values, uint32_t first, uint32_t end);
std::optional<std::string_view> value_at(std::string_view raw, uint32_t place);

/// Writes the columns of a segment: numbers row by row, at last the texts.
class ColumnsWriter {
 public:
  void add(segment::NewFile& out, Column column, uint32_t number);
  void add_values(segment::NewFile& out, Column column, const ColumnValues& values);
  /// What the footer says of the columns whose values were added.
  std::string finish(segment::NewFile& out);

 private:
  struct One {
    std::vector<uint32_t> open;
    std::vector<segment::TableEntry> numbers, texts;
    uint32_t rows = 0, values = 0;
  };
  void close(segment::NewFile& out, Column column);
  std::array<One, kColumns> all_;
};

/// What a segment's footer says of its columns.
struct ColumnTable {
  ColumnSet kept = 0;
  std::array<uint32_t, kColumns> values{};  // how many
  segment::Table blocks;

  /// False: it cannot be read.
  bool read(segment::Reader& footer);
  static uint64_t key_of_row(Column column, uint32_t row) { return uint64_t{static_cast<uint8_t>(column)} << 40 | row; }
  static uint64_t key_of_value(Column column, uint32_t value) { return key_of_row(column, value) | uint64_t{1} << 39; }
};

}  // namespace cairn::history
