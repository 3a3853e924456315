#include "services/monitoring/java_number.h"

#include <array>
#include <charconv>
#include <cmath>

namespace cairn::cloudwatch {

std::string java_number(double value) {
  std::array<char, 400> buffer;
  const double magnitude = std::abs(value);
  const bool is_plain = value == 0 || (magnitude >= 1e-3 && magnitude < 1e7);
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                 is_plain ? std::chars_format::fixed : std::chars_format::scientific)
                       .ptr;
  std::string text(buffer.data(), end);
  if (is_plain) return text.find('.') == std::string::npos ? text + ".0" : text;
  const size_t e = text.find('e');
  std::string digits = text.substr(0, e);
  if (digits.find('.') == std::string::npos) digits += ".0";
  return digits + "E" + std::to_string(std::atoi(text.c_str() + e + 1));
}

}  // namespace cairn::cloudwatch
