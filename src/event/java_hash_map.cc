#include "event/java_hash_map.h"

namespace cairn::event {
namespace {

/// One code point from the front of `s`, which it shortens; U+FFFD for a byte that starts none.
uint32_t next_code_point(std::string_view& s) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(s[i]); };
  const unsigned char first = byte(0);
  const size_t length = first < 0x80 ? 1 : first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC0 ? 2 : 0;
  if (length == 0 || length > s.size()) {
    s.remove_prefix(1);
    return 0xFFFD;
  }
  uint32_t point = length == 1 ? first : first & (0xFFu >> (length + 1));
  for (size_t i = 1; i < length; ++i) point = point << 6 | (byte(i) & 0x3F);
  s.remove_prefix(length);
  return point;
}

}  // namespace

uint32_t java_spread_hash(std::string_view utf8) {
  uint32_t hash = 0;
  while (!utf8.empty()) {
    const uint32_t point = next_code_point(utf8);
    if (point < 0x10000) {
      hash = hash * 31 + point;
    } else {
      hash = hash * 31 + (0xD800 + ((point - 0x10000) >> 10));
      hash = hash * 31 + (0xDC00 + ((point - 0x10000) & 0x3FF));
    }
  }
  return hash ^ (hash >> 16);
}

size_t java_table_size(size_t size, HashTable table) {
  if (table == HashTable::kGrown) {
    size_t slots = 16;
    while (size > slots / 4 * 3) slots *= 2;
    return slots;
  }
  const size_t wanted = size * 4 / 3 + 1;  // (int)(size / 0.75f + 1)
  size_t slots = 1;
  while (slots < wanted) slots *= 2;
  return slots;
}

}  // namespace cairn::event
