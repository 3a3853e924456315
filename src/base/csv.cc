#include "base/csv.h"

#include "base/text.h"

namespace cairn::text {

std::string printable(std::string_view s) {
  std::string clean = is_utf8(s) ? std::string(s) : replace_invalid_utf8(s);
  std::string out;
  for (size_t i = 0; i < clean.size(); ++i) {
    const auto c = static_cast<unsigned char>(clean[i]);
    const bool is_c1 = c == 0xc2 && i + 1 < clean.size() && static_cast<unsigned char>(clean[i + 1]) < 0xa0;
    // Marks that turn the direction of text around, and line separators: U+2028..202E, U+2066..2069.
    bool is_turn = false;
    if (c == 0xe2 && i + 2 < clean.size()) {
      const auto b = static_cast<unsigned char>(clean[i + 1]), d = static_cast<unsigned char>(clean[i + 2]);
      is_turn = (b == 0x80 && d >= 0xa8 && d <= 0xae) || (b == 0x81 && d >= 0xa6 && d <= 0xa9);
    }
    if (c < 0x20 || c == 0x7f || is_c1 || is_turn) {
      out += "\xef\xbf\xbd";
      i += is_c1 ? 1 : is_turn ? 2 : 0;
    } else {
      out += clean[i];
    }
  }
  return out;
}

std::string csv_cell(std::string_view s) {
  std::string text = printable(s);
  if (!text.empty() && std::string_view("=+-@").find(text[0]) != std::string_view::npos) text.insert(0, "'");
  if (text.find_first_of(",;\"") == std::string::npos) return text;  // some spreadsheets split at semicolons
  std::string out = "\"";
  for (char c : text) {
    if (c == '"') out += '"';
    out += c;
  }
  return out + "\"";
}

}  // namespace cairn::text
