#include "sql/event_rows.h"

#include <charconv>
#include <optional>

#include <algorithm>

#include "base/text.h"

namespace cairn::sql {
namespace {

using Kind = Column::Kind;

constexpr Column kText{""}, kJson{"", Kind::kJson};
constexpr size_t kMapKeysMax = 100;  // of a record's map
constexpr Column kMapFields[] = {{"key"}, {"value"}};

void set_invalid(uint64_t* validity, uint64_t row) { validity[row / 64] &= ~(uint64_t{1} << (row % 64)); }
void set_valid(uint64_t* validity, uint64_t row) { validity[row / 64] |= uint64_t{1} << (row % 64); }

}  // namespace

duckdb::LogicalType type_of(const duckdb::Api& api, const Column& column) {
  if (column.kind == Kind::kText || column.kind == Kind::kWritten || column.kind == Kind::kJson) {
    const duckdb::LogicalType type = api.create_logical_type(duckdb::kVarchar);
    if (column.kind == Kind::kJson) api.logical_type_set_alias(type, "JSON");
    return type;
  }
  const auto destroy = [&](duckdb::LogicalType type) { api.destroy_logical_type(&type); };
  if (column.kind == Kind::kMap) {
    const duckdb::LogicalType text = type_of(api, kText);
    const duckdb::LogicalType map = api.create_map_type(text, text);
    destroy(text);
    return map;
  }
  std::vector<duckdb::LogicalType> types;
  std::vector<std::string> names;
  std::vector<const char*> pointers;
  for (const Column& field : column.fields) {
    types.push_back(type_of(api, field));
    names.push_back(field.name());
  }
  for (const std::string& name : names) pointers.push_back(name.c_str());
  duckdb::LogicalType type = api.create_struct_type(types.data(), pointers.data(), types.size());
  for (const duckdb::LogicalType field : types) destroy(field);
  if (column.kind == Kind::kList) {
    const duckdb::LogicalType list = api.create_list_type(type);
    destroy(type);
    return list;
  }
  return type;
}

EventRows::Slot EventRows::make_slot(const Column* column) {
  Slot slot;
  slot.column = column;
  const auto fields = column->kind == Kind::kMap ? std::span<const Column>(kMapFields) : column->fields;
  for (const Column& field : fields) slot.fields.push_back(make_slot(&field));
  return slot;
}

namespace {

/// The escape \uXXXX at `at`, if there is one.
std::optional<uint32_t> escaped_unit(std::string_view text, size_t at) {
  if (text.substr(at, 2) != "\\u" || at + 6 > text.size()) return std::nullopt;
  uint32_t unit = 0;
  const auto [end, error] = std::from_chars(text.data() + at + 2, text.data() + at + 6, unit, 16);
  return error == std::errc() && end == text.data() + at + 6 ? std::optional(unit) : std::nullopt;
}

/// JSON in which each escaped half of a surrogate pair that stands alone is \ufffd instead. nullopt: there is none.
std::optional<std::string> without_lone_surrogates(std::string_view json) {
  std::optional<std::string> out;
  for (size_t at = json.find('\\'); at != std::string_view::npos; at = json.find('\\', at)) {
    const std::optional<uint32_t> unit = escaped_unit(json, at);
    if (!unit) {
      at += 2;
      continue;
    }
    const std::optional<uint32_t> next = escaped_unit(json, at + 6);
    const bool is_high = *unit >= 0xD800 && *unit < 0xDC00, is_low = *unit >= 0xDC00 && *unit < 0xE000;
    if (is_high && next && *next >= 0xDC00 && *next < 0xE000) {
      at += 12;
      continue;
    }
    if (is_high || is_low) {
      if (!out) out.emplace(json);
      out->replace(at + 2, 4, "fffd");
    }
    at += 6;
  }
  return out;
}

}  // namespace

EventRows::EventRows(const duckdb::Api& api, std::vector<size_t> columns) : api_(api), columns_(std::move(columns)) {
  const auto all = event_columns();
  slot_of_.assign(all.size(), -1);
  for (const size_t column : columns_) {
    if (column < all.size()) {
      wanted_ += slot_of_[column] < 0 ? 1 : 0;
      slot_of_[column] = static_cast<int>(slots_.size());
    }
    is_whole_ = is_whole_ || column == all.size();
    slots_.push_back(make_slot(column < all.size() ? &all[column] : column == all.size() ? &kJson : &kText));
  }
  put_.assign(slots_.size(), 0);
}

void EventRows::bind(Slot& slot, duckdb::Vector vector) {
  slot.vector = vector;
  api_.vector_ensure_validity_writable(vector);
  slot.validity = api_.vector_get_validity(vector);
  if (slot.column->kind == Kind::kStruct) {
    for (size_t i = 0; i < slot.fields.size(); ++i) bind(slot.fields[i], api_.struct_vector_get_child(vector, i));
  } else if (slot.column->kind == Kind::kList || slot.column->kind == Kind::kMap) {
    slot.entries = static_cast<duckdb::ListEntry*>(api_.vector_get_data(vector));
    slot.size = 0;
    slot.capacity = kRowsMax;
    bind_structs(slot);
  }
}

void EventRows::bind_structs(Slot& slot) {
  (void)api_.list_vector_reserve(slot.vector, slot.capacity);
  slot.structs = api_.list_vector_get_child(slot.vector);
  api_.vector_ensure_validity_writable(slot.structs);
  slot.structs_validity = api_.vector_get_validity(slot.structs);
  for (size_t i = 0; i < slot.fields.size(); ++i) bind(slot.fields[i], api_.struct_vector_get_child(slot.structs, i));
}

void EventRows::reserve(Slot& slot) {
  if (slot.size < slot.capacity) return;
  (void)api_.list_vector_set_size(slot.vector, slot.size);  // what is to be kept
  slot.capacity *= 2;
  bind_structs(slot);
}

void EventRows::begin(duckdb::Chunk chunk) {
  for (size_t i = 0; i < slots_.size(); ++i) bind(slots_[i], api_.data_chunk_get_vector(chunk, i));
  std::fill(put_.begin(), put_.end(), 0);
  rows_ = bytes_ = 0;
}

void EventRows::put_null(Slot& slot, uint64_t row) {
  set_invalid(slot.validity, row);
  if (slot.column->kind == Kind::kStruct) {
    for (Slot& field : slot.fields) put_null(field, row);
  } else if (slot.entries != nullptr) {
    slot.entries[row] = {slot.size, 0};
  }
}

void EventRows::put_text(Slot& slot, uint64_t row, std::string_view text) {
  set_valid(slot.validity, row);
  api_.vector_assign_string_element_len(slot.vector, row, text.data(), text.size());
}

bool EventRows::put_text_of(Slot& slot, uint64_t row, json::Cursor& cursor) {
  if (cursor.peek() == json::Cursor::Kind::kString) {
    json::Cursor::Text text;
    if (!cursor.take_string(text)) return false;
    if (!text.escaped) {
      put_text(slot, row, text.raw);
      return true;
    }
    text_.clear();
    text.append_to(text_);
    put_text(slot, row, text_);
    return true;
  }
  const size_t begin = cursor.offset();
  if (!cursor.skip()) return false;
  put_text(slot, row, record_.substr(begin, cursor.offset() - begin));
  return true;
}

bool EventRows::put_fields(std::vector<Slot>& fields, uint64_t row, json::Cursor& cursor) {
  uint64_t found = 0;
  if (!cursor.enter_object()) return false;
  json::Cursor::Text name;
  while (cursor.next_member(name)) {
    const auto field = std::find_if(fields.begin(), fields.end(), [&](const Slot& slot) {
      return slot.column->member.size() == name.raw.size() && text::equals_ignoring_case(slot.column->member, name.raw);
    });
    const uint64_t bit = field == fields.end() ? 0 : uint64_t{1} << (field - fields.begin());
    if (bit == 0 || (found & bit) != 0 ? !cursor.skip() : !put(*field, row, cursor)) return false;
    found |= bit;
  }
  for (size_t i = 0; i < fields.size(); ++i) {
    if ((found >> i & 1) == 0) put_null(fields[i], row);
  }
  return !cursor.failed();
}

bool EventRows::put_list(Slot& slot, uint64_t row, json::Cursor& cursor) {
  const uint64_t begin = slot.size;
  if (!cursor.enter_array()) return false;
  while (cursor.next_element()) {
    reserve(slot);
    if (cursor.peek() == json::Cursor::Kind::kObject) {
      set_valid(slot.structs_validity, slot.size);
      if (!put_fields(slot.fields, slot.size, cursor)) return false;
    } else {
      set_invalid(slot.structs_validity, slot.size);
      for (Slot& field : slot.fields) put_null(field, slot.size);
      if (!cursor.skip()) return false;
    }
    ++slot.size;
  }
  slot.entries[row] = {begin, slot.size - begin};
  return !cursor.failed();
}

bool EventRows::put_map(Slot& slot, uint64_t row, json::Cursor& cursor) {
  const uint64_t begin = slot.size;
  if (!cursor.enter_object()) return false;
  json::Cursor::Text name;
  std::vector<std::string> keys;
  while (cursor.next_member(name)) {
    std::string key = name.decoded();
    if (keys.size() == kMapKeysMax || std::find(keys.begin(), keys.end(), key) != keys.end()) {  // a MAP holds each key once
      if (!cursor.skip()) return false;
      continue;
    }
    reserve(slot);
    set_valid(slot.structs_validity, slot.size);
    put_text(slot.fields[0], slot.size, key);
    if (!put(slot.fields[1], slot.size, cursor)) return false;
    keys.push_back(std::move(key));
    ++slot.size;
  }
  slot.entries[row] = {begin, slot.size - begin};
  return !cursor.failed();
}

bool EventRows::put(Slot& slot, uint64_t row, json::Cursor& cursor) {
  using Value = json::Cursor::Kind;
  const Value value = cursor.peek();
  if (value == Value::kNull) {
    put_null(slot, row);
    return cursor.take_word();
  }
  switch (slot.column->kind) {
    case Kind::kText:
      return put_text_of(slot, row, cursor);
    case Kind::kWritten:
    case Kind::kJson: {
      const size_t begin = cursor.offset();
      if (!cursor.skip()) return false;
      put_text(slot, row, record_.substr(begin, cursor.offset() - begin));
      return true;
    }
    case Kind::kStruct:
      if (value != Value::kObject) break;
      set_valid(slot.validity, row);
      return put_fields(slot.fields, row, cursor);
    case Kind::kList:
      if (value != Value::kArray) break;
      set_valid(slot.validity, row);
      return put_list(slot, row, cursor);
    case Kind::kMap:
      if (value != Value::kObject) break;
      set_valid(slot.validity, row);
      return put_map(slot, row, cursor);
  }
  put_null(slot, row);  // of another kind than CloudTrail writes: it is in the column `record`
  return cursor.skip();
}

void EventRows::put_extra(size_t column, Slot& slot, uint64_t row, std::string_view record, const Source::File& file) {
  const Partition& partition = file.partition;
  const auto put_known = [&](std::string_view text) { text.empty() ? put_null(slot, row) : put_text(slot, row, text); };
  switch (static_cast<ExtraColumn>(column)) {
    case ExtraColumn::kRecord:
      return put_text(slot, row, record);
    case ExtraColumn::kFile:
      return put_text(slot, row, text::is_utf8(file.name) ? file.name : text::replace_invalid_utf8(file.name));
    case ExtraColumn::kAccount:
      return put_known(partition.account);
    case ExtraColumn::kRegion:
      return put_known(partition.region);
    case ExtraColumn::kYear:
      return put_known(partition.year);
    case ExtraColumn::kMonth:
      return put_known(partition.month);
    case ExtraColumn::kDay:
      return put_known(partition.day);
    default:
      return put_known(partition.date());
  }
}

bool EventRows::put_members(uint64_t row) {
  json::Cursor cursor(record_);
  json::Cursor::Text name;
  bool is_event = false;
  size_t wanted = wanted_;
  if (!cursor.enter_object()) return false;
  while ((wanted > 0 || !is_event || is_whole_) && cursor.next_member(name)) {
    const int column = event_column_of(name.raw);
    is_event = is_event || name.raw == "eventTime" || name.raw == "eventVersion";
    const int slot = column < 0 ? -1 : slot_of_[static_cast<size_t>(column)];
    if (slot < 0 || put_[static_cast<size_t>(slot)] == row + 1) {  // of members of one name the first counts
      if (!cursor.skip()) return false;
      continue;
    }
    if (!put(slots_[static_cast<size_t>(slot)], row, cursor)) return false;
    put_[static_cast<size_t>(slot)] = row + 1;
    --wanted;
  }
  return is_event && !cursor.failed();
}

bool EventRows::add(std::string_view record, const Source::File& file) {
  std::string repaired;
  if (!text::is_utf8(record)) {  // DuckDB takes it for granted
    repaired = text::replace_invalid_utf8(record);
    record = repaired;
  }
  if (const std::optional<std::string> paired = without_lone_surrogates(record)) {  // so does it that what JSON escapes is text
    repaired = *paired;
    record = repaired;
  }
  record_ = record;
  const uint64_t row = rows_;
  if (!put_members(row)) {
    std::fill(put_.begin(), put_.end(), 0);
    return false;
  }
  const size_t members = event_columns().size();
  for (size_t i = 0; i < slots_.size(); ++i) {
    if (columns_[i] >= members) put_extra(columns_[i] - members, slots_[i], row, record, file);
    else if (put_[i] != row + 1) put_null(slots_[i], row);
  }
  ++rows_;
  bytes_ += record.size();
  return true;
}

void EventRows::set_sizes(const std::vector<Slot>& slots) {
  for (const Slot& slot : slots) {
    if (slot.entries != nullptr) (void)api_.list_vector_set_size(slot.vector, slot.size);
    set_sizes(slot.fields);
  }
}

size_t EventRows::finish() {
  set_sizes(slots_);
  return rows_;
}

}  // namespace cairn::sql
