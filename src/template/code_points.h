#pragma once
#include <string>
#include <string_view>

#include "base/utf8.h"

namespace cairn::cfn {

/// Bytes that are no UTF-8 become U+FFFD.
inline std::u32string code_points_of(std::string_view text) {
  std::u32string points;
  for (size_t i = 0; i < text.size();) {
    const size_t length = utf8::length_at(text, i);
    const auto byte = [&](size_t k) { return static_cast<char32_t>(static_cast<unsigned char>(text[i + k])); };
    char32_t point = byte(0);
    if (length == 2) point = (byte(0) & 0x1F) << 6 | (byte(1) & 0x3F);
    if (length == 3) point = (byte(0) & 0x0F) << 12 | (byte(1) & 0x3F) << 6 | (byte(2) & 0x3F);
    if (length == 4) point = (byte(0) & 0x07) << 18 | (byte(1) & 0x3F) << 12 | (byte(2) & 0x3F) << 6 | (byte(3) & 0x3F);
    points += length == 0 ? U'\uFFFD' : point;
    i += length == 0 ? 1 : length;
  }
  return points;
}

}  // namespace cairn::cfn
