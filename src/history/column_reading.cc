#include "history/column_reading.h"

#include "history/segment_writer.h"

namespace cairn::history {

std::unique_ptr<ColumnSource> Segment::read_columns() const { return std::make_unique<ColumnReading>(*this); }

Result<void> Segment::ColumnReading::each(const Selection& selection, const Between& between, const Take& f) {
  const auto& [from, before] = between;
  IsOlder is_below, is_before;
  if (segment_.is_imported()) {
    if (from && from->imported) is_below = [&](const Row& row) { return older(segment_.place_of(row), *between.from->imported); };
    if (before && before->imported) is_before = [&](const Row& row) { return older(segment_.place_of(row), *between.before->imported); };
  } else {
    if (from) is_below = [&](const Row& row) { return older(segment_.cursor_of(row), *between.from); };
    if (before) is_before = [&](const Row& row) { return older(segment_.cursor_of(row), *between.before); };
  }
  if (!selection.overlaps(segment_.oldest_time(), segment_.newest_time())) return {};
  std::optional<Failure> damage;
  const auto rows = segment_.rows_between(selection, is_below, is_before, reading_, [&](const Failure& why) { damage = why; });
  if (damage) return tl::unexpected(*damage);
  std::vector<uint64_t> hashes;  // of lists that leave out most rows: of others it is the columns that tell
  for (const uint64_t hash : selection.terms()) {
    const auto found = segment_.term(hash);
    if (!found) return tl::unexpected(found.error());
    if (!*found) return {};
    if ((*found)->count < segment_.rows_ / 8) hashes.push_back(hash);
  }
  if (hashes.empty()) {
    if (rows.first < rows.second) f(rows.first, rows.second);
    return {};
  }
  segment_.visit_rows(
      hashes, rows.first, rows.second, Query::Order::kNewestFirst, [&](uint32_t row) { return f(row, row + 1); },
      [&](const Failure& why) { damage = why; });
  if (damage) return tl::unexpected(*damage);
  return {};
}

Result<Segment::Bytes> Segment::ColumnReading::fetch(uint64_t key) const {
  const auto found = segment_.column_table_.blocks.find(*segment_.bytes_, key);
  if (!found) return tl::unexpected(found.error());
  if (!*found || (*found)->entry.key != key) return segment_.damaged("a column has a gap");
  return way_ == Way::kKeeping ? segment_.bytes_->block((*found)->entry.at) : segment_.bytes_->passing_block((*found)->entry.at);
}

Result<std::span<const uint32_t>> Segment::ColumnReading::numbers(Column column, uint32_t first) {
  Open& open = open_[static_cast<size_t>(column)];
  if (open.first != first) {
    open.first = UINT32_MAX;
    const auto bytes = fetch(ColumnTable::key_of_row(column, first));
    if (!bytes) return tl::unexpected(bytes.error());
    if (!read_numbers(**bytes, std::min(kColumnRowsPerBlock, segment_.rows_ - first), open.numbers))
      return segment_.damaged("a block of a column has a wrong length");
    for (const uint32_t number : open.numbers)
      if (number >= values(column)) return segment_.damaged("a column names a value that is not there");
    open.first = first;
  }
  return std::span<const uint32_t>(open.numbers);
}

Result<void> Segment::ColumnReading::texts(std::span<const Column> columns, std::span<const uint32_t> numbers,
                                           std::vector<std::string_view>& out) {
  out.clear();
  if (pages_.size() > kPagesMax) pages_.clear();
  for (size_t i = 0; i < columns.size(); ++i) {
    const uint32_t first = numbers[i] / kColumnValuesPerBlock * kColumnValuesPerBlock;
    const uint64_t key = ColumnTable::key_of_value(columns[i], first);
    auto page = pages_.find(key);
    if (page == pages_.end()) {
      auto bytes = fetch(key);
      if (!bytes) return tl::unexpected(bytes.error());
      page = pages_.emplace(key, std::move(*bytes)).first;
    }
    const auto text = value_at(*page->second, numbers[i] - first);
    if (!text) return segment_.damaged("a column's value is not where it should be");
    out.push_back(*text);
  }
  return {};
}

Result<ColumnSource::Times> Segment::ColumnReading::times(uint32_t row) {
  const auto entry = segment_.row_table_.entry(*segment_.bytes_, row / kRowsPerBlock);
  if (!entry) return tl::unexpected(entry.error());
  const uint32_t first = row / kRowsPerBlock * kRowsPerBlock;
  return Times{first, std::min(segment_.rows_, first + kRowsPerBlock), static_cast<uint32_t>(entry->note),
               static_cast<uint32_t>(entry->note >> 32)};
}

Result<uint32_t> Segment::ColumnReading::time(uint32_t row) {
  const auto found = reading_.row(row);
  if (!found) return tl::unexpected(found.error());
  return found->time;
}

std::optional<std::pair<Cursor, std::string>> Segment::ColumnReading::read(uint32_t number) {
  const auto row = reading_.row(number);
  const auto record = row ? reading_.record(number, *row) : Result<std::string_view>(tl::unexpected(row.error()));
  if (record) return std::pair(segment_.cursor_of(*row), std::string(*record));
  segment_.bytes_->report(record.error());
  return std::nullopt;
}

}  // namespace cairn::history
