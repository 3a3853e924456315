#include "base/json_depth.h"

#include <algorithm>

namespace cairn::json {

std::optional<size_t> too_deep_at(std::string_view text, int levels) {
  // Nearly all texts have fewer brackets than there may be levels.
  if (std::ranges::count_if(text, [](char c) { return c == '[' || c == '{'; }) <= levels) return std::nullopt;
  int depth = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    switch (text[i]) {
      case '"':
        for (++i; i < text.size() && text[i] != '"'; ++i) {
          if (text[i] == '\\') ++i;
        }
        break;
      case '[':
      case '{':
        if (++depth > levels) return i;
        break;
      case ']':
      case '}':
        --depth;
        break;
      default:
        break;
    }
  }
  return std::nullopt;
}

}  // namespace cairn::json
