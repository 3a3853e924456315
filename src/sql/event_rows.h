#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/json_cursor.h"
#include "base/result.h"
#include "sql/duckdb_api.h"
#include "sql/event_columns.h"
#include "sql/source.h"

namespace cairn::sql {

/// Adds a column's type as DuckDB has it; the caller destroys it.
duckdb::LogicalType type_of(const duckdb::Api& api, const Column& column);

/// Writes records as rows of a chunk of DuckDB's, those columns that are asked for. Not thread-safe.
class EventRows {
 public:
  static constexpr size_t kRowsMax = 2048;      // DuckDB's vectors
  static constexpr size_t kBytesMax = 8 << 20;  // of records in one chunk, but for the last

  /// `columns`: for each vector of the chunk the column's position: of event_columns(), then of ExtraColumn.
  EventRows(const duckdb::Api& api, std::vector<size_t> columns);

  void begin(duckdb::Chunk chunk);
  /// False: it is no event (a digest, some other JSON), and no row was made. The record is JSON, its UTF-8 may be broken.
  bool add(std::string_view record, const Source::File& file);
  bool is_full() const { return rows_ == kRowsMax || bytes_ >= kBytesMax; }
  size_t finish();  // the number of rows

 private:
  /// A vector of the chunk, with those below it.
  struct Slot {
    duckdb::Vector vector = nullptr;
    uint64_t* validity = nullptr;
    const Column* column = nullptr;
    std::vector<Slot> fields;          // of a struct, or of a list's structs
    duckdb::Vector structs = nullptr;  // of a list
    duckdb::ListEntry* entries = nullptr;
    uint64_t* structs_validity = nullptr;
    uint64_t size = 0, capacity = 0;  // of a list's structs
  };

  static Slot make_slot(const Column* column);
  void bind(Slot& slot, duckdb::Vector vector);
  void bind_structs(Slot& slot);
  void reserve(Slot& slot);
  void put_null(Slot& slot, uint64_t row);
  void put_text(Slot& slot, uint64_t row, std::string_view text);
  bool put(Slot& slot, uint64_t row, json::Cursor& cursor);
  bool put_text_of(Slot& slot, uint64_t row, json::Cursor& cursor);
  bool put_fields(std::vector<Slot>& fields, uint64_t row, json::Cursor& cursor);
  bool put_members(uint64_t row);
  bool put_list(Slot& slot, uint64_t row, json::Cursor& cursor);
  bool put_map(Slot& slot, uint64_t row, json::Cursor& cursor);
  void set_sizes(const std::vector<Slot>& slots);
  void put_extra(size_t column, Slot& slot, uint64_t row, std::string_view record, const Source::File& file);

  const duckdb::Api& api_;
  const std::vector<size_t> columns_;
  std::vector<Slot> slots_;
  size_t wanted_ = 0;          // members with a slot
  std::vector<int> slot_of_;   // of a member's column; -1: not asked for
  bool is_whole_ = false;      // the record itself is wanted, so that all of it must be JSON
  std::vector<uint64_t> put_;  // the row that a slot was last written in, plus one
  std::string text_;           // decoded
  std::string_view record_;
  size_t rows_ = 0, bytes_ = 0;
};

}  // namespace cairn::sql
