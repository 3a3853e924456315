#include "cli/query_output.h"

#include <algorithm>
#include <cerrno>

#include "base/text.h"
#include "cli/event_text.h"

namespace cairn::cli {
namespace {

// A table is as wide as its first rows: so many are looked at.
constexpr size_t kLookedAtRows = 1000, kLookedAtBytes = 4 << 20;
constexpr std::string_view kNull = "NULL";

std::string cut(std::string text, size_t width) {
  if (width == 0 || text::code_points(text) <= width) return text;
  size_t end = 0;
  for (size_t kept = 0; kept + 1 < width; ++kept) {
    ++end;
    while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) ++end;
  }
  return text.substr(0, end) + "…";
}

}  // namespace

bool QueryOutput::print(std::string_view text) {
  if (error_ == 0 && std::fwrite(text.data(), 1, text.size(), out_) != text.size()) error_ = errno;
  return error_ == 0;
}

void QueryOutput::head(const std::vector<sql::ResultColumn>& columns) {
  columns_ = columns;
  if (format_ == Format::kJson) print("[");
  if (format_ != Format::kCsv) return;
  std::string line;
  for (const sql::ResultColumn& column : columns_) line += (line.empty() ? "" : ",") + csv_cell(column.name);
  print(line + "\r\n");
}

std::string QueryOutput::csv_line(Row row) const {
  std::string line;
  for (size_t i = 0; i < row.size(); ++i) {
    if (i > 0) line += ',';
    if (!row[i]) continue;
    line += i < columns_.size() && columns_[i].is_number ? std::string(*row[i]) : csv_cell(*row[i]);
  }
  return line + "\r\n";
}

std::string QueryOutput::table_line(const std::vector<std::string>& cells, bool is_head) const {
  std::string line;
  for (size_t i = 0; i < cells.size(); ++i) {
    const size_t width = text::code_points(cells[i]);
    const std::string gap(width < widths_[i] ? widths_[i] - width : 0, ' ');
    if (i > 0) line += "  ";
    line += columns_[i].is_number && !is_head ? gap + cells[i] : cells[i] + gap;
  }
  while (line.ends_with(' ')) line.pop_back();
  return line + "\n";
}

void QueryOutput::lay_out() {
  laid_out_ = true;
  std::vector<std::string> names;
  for (const sql::ResultColumn& column : columns_) {
    names.push_back(cut(printable(column.name), cell_width_max_));
    widths_.push_back(text::code_points(names.back()));
  }
  for (const auto& row : waiting_) {
    for (size_t i = 0; i < row.size(); ++i) widths_[i] = std::max(widths_[i], text::code_points(row[i]));
  }
  print(table_line(names, true));
  for (const auto& row : waiting_) print(table_line(row, false));
  waiting_.clear();
}

bool QueryOutput::row(Row row) {
  ++rows_;
  switch (format_) {
    case Format::kCsv:
      return print(csv_line(row));
    case Format::kJson:
      return print(rows_ == 1 ? "\n" : ",\n") && print(row[0].value_or("null"));
    case Format::kNdjson:
      return print(row[0].value_or("null")) && print("\n");
    case Format::kTable:
      break;
  }
  if (is_plan()) {
    return print(printable_lines(row[1].value_or("")) + "\n");
  }
  std::vector<std::string> cells;
  for (const auto& value : row) {
    cells.push_back(value ? cut(printable(*value), cell_width_max_) : std::string(kNull));
    waiting_bytes_ += cells.back().size();
  }
  if (laid_out_) return print(table_line(cells, false));
  waiting_.push_back(std::move(cells));
  if (waiting_.size() >= kLookedAtRows || waiting_bytes_ >= kLookedAtBytes) lay_out();
  return error_ == 0;
}

bool QueryOutput::finish() {
  if (format_ == Format::kTable && !laid_out_ && !is_plan()) lay_out();
  if (format_ == Format::kJson) print(rows_ == 0 ? "]\n" : "\n]\n");
  if (error_ == 0 && std::fflush(out_) != 0) error_ = errno;
  return error_ == 0;
}

}  // namespace cairn::cli
