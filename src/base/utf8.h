#pragma once
#include <cstddef>
#include <string_view>

/// The shape of UTF-8, for those who walk over text that may be broken.
namespace cairn::utf8 {

inline constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

/// How many bytes the well-formed code point at s[i] takes (1 to 4); 0 if there is none. `i` < s.size().
/// Overlong forms, surrogates and what lies beyond U+10FFFF are not well-formed.
inline size_t length_at(std::string_view s, size_t i) {
  auto byte = [&](size_t k) { return i + k < s.size() ? static_cast<unsigned char>(s[i + k]) : 0u; };
  auto tail = [&](size_t k) { return (byte(k) & 0xC0u) == 0x80u; };
  unsigned first = byte(0);
  if (first < 0x80) return 1;
  if (first < 0xC2) return 0;
  if (first < 0xE0) return tail(1) ? 2 : 0;
  if (first < 0xF0) {
    bool overlong = first == 0xE0 && byte(1) < 0xA0;
    bool surrogate = first == 0xED && byte(1) >= 0xA0;
    return tail(1) && tail(2) && !overlong && !surrogate ? 3 : 0;
  }
  if (first > 0xF4) return 0;
  bool overlong = first == 0xF0 && byte(1) < 0x90;
  bool beyond = first == 0xF4 && byte(1) >= 0x90;
  return tail(1) && tail(2) && tail(3) && !overlong && !beyond ? 4 : 0;
}

}  // namespace cairn::utf8
