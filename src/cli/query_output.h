#pragma once
#include <cstdio>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "sql/engine.h"

namespace cairn::cli {

/// Writes a query's rows to a file, one way or another. Not thread-safe.
class QueryOutput {
 public:
  enum class Format { kTable, kCsv, kJson, kNdjson };
  using Row = sql::Engine::Row;

  /// `cell_width_max`: of a table's cells, longer ones are cut; 0: none are.
  QueryOutput(Format format, std::FILE* out, size_t cell_width_max) : format_(format), out_(out), cell_width_max_(cell_width_max) {}

  /// With JSON each row is one value, an object.
  sql::Engine::Form form() const { return is_json() ? sql::Engine::Form::kJson : sql::Engine::Form::kText; }

  void head(const std::vector<sql::ResultColumn>& columns);
  bool row(Row row);  // false: nothing more can be written
  bool finish();
  int error() const { return error_; }  // errno's, of the first time that nothing more could be written

 private:
  bool is_json() const { return format_ == Format::kJson || format_ == Format::kNdjson; }
  bool is_plan() const { return columns_.size() == 2 && columns_[0].name == "explain_key"; }
  bool print(std::string_view text);
  void lay_out();  // a table's columns, by its first rows
  std::string table_line(const std::vector<std::string>& cells, bool is_head) const;
  std::string csv_line(Row row) const;

  const Format format_;
  std::FILE* const out_;
  const size_t cell_width_max_;
  std::vector<sql::ResultColumn> columns_;
  std::vector<std::vector<std::string>> waiting_;  // a table's first rows
  size_t waiting_bytes_ = 0;
  std::vector<size_t> widths_;
  bool laid_out_ = false;
  int error_ = 0;
  uint64_t rows_ = 0;
};

}  // namespace cairn::cli
