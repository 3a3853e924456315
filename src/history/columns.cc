#include "history/columns.h"

#include <algorithm>
#include <functional>

#include "segment/block.h"

namespace cairn::history {

using segment::get_u32;
using segment::put_u32;

namespace {

constexpr std::string_view kNames[kColumns] = {
    "",          "eventName",     "eventSource", "awsRegion",        "recipientAccountId", "errorCode", "sourceIPAddress",
    "userAgent", "eventCategory", "readOnly",    "userIdentity.arn", "userIdentity.type",  "Username",
};

constexpr Column column(size_t number) { return static_cast<Column>(number); }

}  // namespace

std::optional<Column> column_named(std::string_view name) {
  const auto found = std::find(std::begin(kNames) + 1, std::end(kNames), name);
  if (found == std::end(kNames)) return std::nullopt;
  return column(static_cast<size_t>(found - std::begin(kNames)));
}

std::string_view name_of(Column column) { return kNames[static_cast<size_t>(column)]; }

std::optional<Place> read_place(std::string_view text) {
  const size_t first = text.find('\n');
  const size_t second = first == std::string_view::npos ? first : text.find('\n', first + 1);
  if (second == std::string_view::npos || text.size() != second + 2) return std::nullopt;
  const int kind = text[second + 1] - '0';
  if (kind < 0 || kind > 7) return std::nullopt;
  return Place{text.substr(0, first), text.substr(first + 1, second - first - 1), static_cast<uint16_t>(kind & 3), (kind & 4) != 0};
}

// --- texts

ColumnValues::ColumnValues() : ends_{0}, slots_(16) {
  const uint64_t hash = std::hash<std::string_view>()("");
  *slot(hash, "") = {static_cast<uint32_t>(hash >> 32), 1};
}

/// Of the text, or a free one. None: too many others are in its way.
ColumnValues::Slot* ColumnValues::slot(uint64_t hash, std::string_view text) {
  constexpr size_t kProbesMax = 128;
  const size_t mask = slots_.size() - 1;
  for (size_t i = hash & mask, probes = 0; probes < kProbesMax; i = (i + 1) & mask, ++probes) {
    Slot& at = slots_[i];
    if (at.number == 0 || (at.hash == static_cast<uint32_t>(hash >> 32) && this->text(at.number - 1) == text)) return &at;
  }
  return nullptr;
}

std::optional<uint32_t> ColumnValues::number(std::string_view text) {
  const uint64_t hash = std::hash<std::string_view>()(text);
  Slot* at = slot(hash, text);
  if (at != nullptr && at->number != 0) return at->number - 1;
  if (at == nullptr || size() == kColumnValuesMax) return std::nullopt;
  texts_ += text;
  ends_.push_back(static_cast<uint32_t>(texts_.size()));
  *at = {static_cast<uint32_t>(hash >> 32), size()};
  if (ends_.size() * 2 > slots_.size()) grow();
  return size() - 1;
}

void ColumnValues::grow() {
  slots_.assign(slots_.size() * 2, {});
  for (uint32_t i = 0; i < size(); ++i) {
    const uint64_t hash = std::hash<std::string_view>()(text(i));
    if (Slot* at = slot(hash, text(i))) *at = {static_cast<uint32_t>(hash >> 32), i + 1};
  }
}

size_t ColumnValues::bytes() const { return texts_.capacity() + ends_.capacity() * sizeof(uint32_t) + slots_.capacity() * sizeof(Slot); }

std::optional<uint32_t> ColumnTexts::number(Column column, std::string_view text) {
  if (!has(column)) return std::nullopt;
  ColumnValues& values = all_[static_cast<size_t>(column)];
  const uint32_t size_before = values.size();
  const size_t before = values.bytes();
  const auto number = values.number(text);
  if (values.size() == size_before && number) return number;
  bytes_ += values.bytes() - before;
  if (!number) give_up(column);
  else if (bytes_ > kColumnTextsBytesMax) give_up(largest());
  return has(column) ? number : std::nullopt;
}

Column ColumnTexts::largest() const {
  return column(static_cast<size_t>(std::ranges::max_element(all_, {}, &ColumnValues::bytes) - all_.begin()));
}

void ColumnTexts::give_up(Column column) {
  ColumnValues& values = all_[static_cast<size_t>(column)];
  kept_ &= ~bit_of(column);
  bytes_ -= values.bytes();
  values = ColumnValues();
  bytes_ += values.bytes();
}

// --- columns of a tail

void Columns::add(const event::Attributes& a, const Row& row) {
  const auto fits = [](const std::string& text) { return text.size() <= kColumnValueBytesMax; };
  const bool is_plain = a.is_plain && fits(a.event_name) && fits(a.event_source) && fits(a.region) && fits(a.account) &&
                        fits(a.error_code) && fits(a.source_address) && fits(a.user_agent) && fits(a.event_category) &&
                        fits(a.principal_arn) && fits(a.user_type) && fits(a.username);
  place_.assign(a.account).append(1, '\n').append(a.region).append(1, '\n').append(1,
                                                                                   static_cast<char>('0' + row.place + (is_plain ? 4 : 0)));
  add(Column::kPlace, place_, Column::kPlace);
  // What is not plain is read: its values would say nothing.
  ++rows_;
  const auto put = [&](Column column, std::string_view text, Column likely) { add(column, is_plain ? text : std::string_view(), likely); };
  put(Column::kEventName, a.event_name, Column::kEventName);
  put(Column::kPrincipalArn, a.principal_arn, Column::kPrincipalArn);
  put(Column::kRegion, a.region, Column::kPlace);
  put(Column::kAccount, a.says_account ? std::string_view(a.account) : std::string_view(), Column::kPlace);
  put(Column::kEventSource, a.event_source, Column::kEventName);
  put(Column::kCategory, a.event_category, Column::kEventName);
  put(Column::kReadOnly, !a.says_read_only ? "" : a.read_only ? "true" : "false", Column::kEventName);
  put(Column::kErrorCode, a.error_code, Column::kErrorCode);
  put(Column::kUserType, a.user_type, Column::kPrincipalArn);
  put(Column::kUsername, a.username, Column::kPrincipalArn);
  put(Column::kSourceAddress, a.source_address, Column::kPrincipalArn);
  put(Column::kUserAgent, a.user_agent, Column::kSourceAddress);
}

void Columns::add(Column column, std::string_view text, Column likely) {
  if (!texts_.has(column)) return;
  std::vector<uint32_t>& numbers = numbers_[static_cast<size_t>(column)];
  std::vector<uint32_t>& guesses = guesses_[static_cast<size_t>(column)];
  const std::vector<uint32_t>& told = numbers_[static_cast<size_t>(likely)];
  const uint32_t by = told.empty() || likely == column ? 0 : told.back();
  if (by >= guesses.size()) guesses.resize(by + 1);
  uint32_t& guess = guesses[by];
  if (texts_.of(column).text(guess) != text) {
    const std::optional<uint32_t> number = texts_.number(column, text);
    if (!number) return;
    guess = *number;
  }
  numbers.push_back(guess);
}

// --- blocks

std::string code_numbers(std::span<const uint32_t> numbers) {
  uint32_t all = 0;
  for (const uint32_t number : numbers) all |= number;
  const size_t width = all < 1u << 8 ? 1 : all < 1u << 16 ? 2 : all < 1u << 24 ? 3 : 4;
  std::string raw(1 + numbers.size() * width, static_cast<char>(width));
  for (size_t plane = 0; plane < width; ++plane) {
    char* out = raw.data() + 1 + plane * numbers.size();
    for (const uint32_t number : numbers) *out++ = static_cast<char>(number >> (8 * plane));
  }
  return raw;
}

bool read_numbers(std::string_view raw, size_t count, std::vector<uint32_t>& out) {
  if (raw.empty()) return false;
  const auto width = static_cast<uint8_t>(raw[0]);
  if (width < 1 || width > 4 || raw.size() != 1 + count * width) return false;
  out.assign(count, 0);
  for (size_t plane = 0; plane < width; ++plane) {
    const auto* in = reinterpret_cast<const uint8_t*>(raw.data()) + 1 + plane * count;
    for (size_t i = 0; i < count; ++i) out[i] |= uint32_t{in[i]} << (8 * plane);
  }
  return true;
}

std::string code_values(const ColumnValues& values, uint32_t first, uint32_t end) {
  std::string raw, texts;
  put_u32(raw, end - first);
  for (uint32_t number = first; number < end; ++number) {
    texts += values.text(number);
    put_u32(raw, static_cast<uint32_t>(texts.size()));
  }
  return raw + texts;
}

std::optional<std::string_view> value_at(std::string_view raw, uint32_t place) {
  const uint32_t count = raw.size() < 4 ? 0 : get_u32(raw.data());
  if (place >= count || count > kColumnValuesPerBlock || raw.size() < 4 + size_t{count} * 4) return std::nullopt;
  const char* ends = raw.data() + 4;
  const uint32_t begin = place == 0 ? 0 : get_u32(ends + place * 4 - 4), end = get_u32(ends + place * 4);
  const std::string_view texts = raw.substr(4 + size_t{count} * 4);
  if (begin > end || end > texts.size()) return std::nullopt;
  return texts.substr(begin, end - begin);
}

// --- in a segment

void ColumnsWriter::add(segment::NewFile& out, Column column, uint32_t number) {
  One& one = all_[static_cast<size_t>(column)];
  one.open.push_back(number);
  if (one.open.size() == kColumnRowsPerBlock) close(out, column);
}

void ColumnsWriter::close(segment::NewFile& out, Column column) {
  One& one = all_[static_cast<size_t>(column)];
  if (one.open.empty()) return;
  one.numbers.push_back({ColumnTable::key_of_row(column, one.rows), out.add(segment::seal_block(code_numbers(one.open))), 0});
  one.rows += static_cast<uint32_t>(one.open.size());
  one.open.clear();
}

void ColumnsWriter::add_values(segment::NewFile& out, Column column, const ColumnValues& values) {
  close(out, column);
  One& one = all_[static_cast<size_t>(column)];
  one.values = values.size();
  for (uint32_t first = 0; first < values.size(); first += kColumnValuesPerBlock) {
    const std::string raw = code_values(values, first, std::min(values.size(), first + kColumnValuesPerBlock));
    one.texts.push_back({ColumnTable::key_of_value(column, first), out.add(segment::seal_block(raw)), 0});
  }
}

std::string ColumnsWriter::finish(segment::NewFile& out) {
  std::string said;
  ColumnSet kept = 0;
  segment::TableWriter table;
  for (size_t i = 0; i < kColumns; ++i) {
    // Blocks of one that was given up are in the file, too.
    for (const segment::TableEntry& entry : all_[i].numbers) table.add(out, entry);
    for (const segment::TableEntry& entry : all_[i].texts) table.add(out, entry);
    if (all_[i].values > 0) kept |= bit_of(column(i));
  }
  put_u32(said, kept);
  for (const One& one : all_)
    if (one.values > 0) put_u32(said, one.values);
  return said + table.finish(out);
}

bool ColumnTable::read(segment::Reader& footer) {
  kept = footer.u32();
  if ((kept >> kColumns) != 0) return false;
  for (size_t i = 0; i < kColumns; ++i) {
    if ((kept & bit_of(column(i))) == 0) continue;
    values[i] = footer.u32();
    if (values[i] == 0 || values[i] > kColumnValuesMax) return false;
  }
  return blocks.read(footer) && footer.ok();
}

}  // namespace cairn::history
