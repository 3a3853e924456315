#include "base/text.h"

#include <simdjson.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <numeric>

#include "base/utf8.h"

namespace cairn::text {
namespace {

char lower_char(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

template <class Int>
std::optional<Int> to_number(std::string_view s) {
  Int value{};
  auto [end, error] = std::from_chars(s.data(), s.data() + s.size(), value);
  if (error != std::errc{} || end != s.data() + s.size()) return std::nullopt;
  return value;
}

bool is_unreserved(char c) {
  bool letter_or_digit = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
  return letter_or_digit || c == '-' || c == '_' || c == '.' || c == '~';
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

constexpr std::string_view kBase64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr auto kFromBase64 = [] {
  std::array<int8_t, 256> table{};
  for (auto& entry : table) entry = -1;
  for (size_t i = 0; i < kBase64.size(); ++i) table[static_cast<unsigned char>(kBase64[i])] = static_cast<int8_t>(i);
  return table;
}();

size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      size_t replaced = diagonal + (lower_char(a[i - 1]) != lower_char(b[j - 1]) ? 1 : 0);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

}  // namespace

std::vector<std::string_view> split(std::string_view s, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    size_t at = s.find(separator);
    parts.push_back(s.substr(0, at));
    if (at == std::string_view::npos) return parts;
    s.remove_prefix(at + 1);
  }
}

std::string_view trim(std::string_view s) {
  constexpr std::string_view kBlank = " \t\r\n";
  size_t first = s.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return s.substr(first, s.find_last_not_of(kBlank) - first + 1);
}

std::string lower(std::string_view s) {
  std::string out(s);
  for (char& c : out) c = lower_char(c);
  return out;
}

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  auto same = [](char x, char y) { return lower_char(x) == lower_char(y); };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), same);
}

bool is_digits(std::string_view s) {
  return !s.empty() && std::all_of(s.begin(), s.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::optional<int64_t> to_int(std::string_view s) { return to_number<int64_t>(s); }
std::optional<uint64_t> to_uint(std::string_view s) { return to_number<uint64_t>(s); }

std::string lower_first(std::string_view s) {
  std::string out(s);
  if (!out.empty()) out[0] = lower_char(out[0]);
  return out;
}

bool is_utf8(std::string_view s) { return simdjson::validate_utf8(s.data(), s.size()); }

std::string replace_invalid_utf8(std::string_view s) {
  if (is_utf8(s)) return std::string(s);
  std::string out;
  out.reserve(s.size() + 16);
  for (size_t i = 0; i < s.size();) {
    size_t n = utf8::length_at(s, i);
    out += n ? s.substr(i, n) : utf8::kReplacement;
    i += std::max<size_t>(n, 1);
  }
  return out;
}

std::string percent_encode(std::string_view s, Slash slash) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  out.reserve(s.size() + 16);
  for (char c : s) {
    if (is_unreserved(c) || (c == '/' && slash == Slash::kKeep)) {
      out += c;
      continue;
    }
    auto byte = static_cast<unsigned char>(c);
    out += {'%', kHex[byte >> 4], kHex[byte & 15]};
  }
  return out;
}

std::optional<std::string> percent_decode(std::string_view s, Plus plus) {
  std::string out;
  out.reserve(s.size());
  for (size_t i = 0; i < s.size(); ++i) {
    if (s[i] == '+' && plus == Plus::kSpace) {
      out += ' ';
    } else if (s[i] != '%') {
      out += s[i];
    } else {
      if (s.size() - i < 3) return std::nullopt;
      int high = hex_value(s[i + 1]);
      int low = hex_value(s[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      out += static_cast<char>(high << 4 | low);
      i += 2;
    }
  }
  return out;
}

std::string hex(std::string_view bytes) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out(bytes.size() * 2, '\0');
  for (size_t i = 0; i < bytes.size(); ++i) {
    auto byte = static_cast<unsigned char>(bytes[i]);
    out[2 * i] = kHex[byte >> 4];
    out[2 * i + 1] = kHex[byte & 15];
  }
  return out;
}

std::optional<std::string> from_hex(std::string_view s) {
  if (s.size() % 2) return std::nullopt;
  std::string out(s.size() / 2, '\0');
  for (size_t i = 0; i < out.size(); ++i) {
    int high = hex_value(s[2 * i]);
    int low = hex_value(s[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    out[i] = static_cast<char>(high << 4 | low);
  }
  return out;
}

std::string base64(std::string_view bytes) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  auto byte = [&](size_t i) { return static_cast<uint32_t>(static_cast<unsigned char>(bytes[i])); };
  auto digit = [](uint32_t triple, int shift) { return kBase64[triple >> shift & 63]; };
  size_t i = 0;
  for (; i + 3 <= bytes.size(); i += 3) {
    uint32_t triple = byte(i) << 16 | byte(i + 1) << 8 | byte(i + 2);
    out += {digit(triple, 18), digit(triple, 12), digit(triple, 6), digit(triple, 0)};
  }
  if (bytes.size() - i == 1) {
    uint32_t triple = byte(i) << 16;
    out += {digit(triple, 18), digit(triple, 12), '=', '='};
  } else if (bytes.size() - i == 2) {
    uint32_t triple = byte(i) << 16 | byte(i + 1) << 8;
    out += {digit(triple, 18), digit(triple, 12), digit(triple, 6), '='};
  }
  return out;
}

std::optional<std::string> from_base64(std::string_view s) {
  if (s.size() % 4) return std::nullopt;
  size_t padding = s.ends_with("==") ? 2 : s.ends_with('=') ? 1 : 0;
  std::string_view digits = s.substr(0, s.size() - padding);
  std::string out;
  out.reserve(s.size() / 4 * 3);
  uint32_t bits = 0;
  int count = 0;
  for (char c : digits) {
    int value = kFromBase64[static_cast<unsigned char>(c)];
    if (value < 0) return std::nullopt;
    bits = bits << 6 | static_cast<uint32_t>(value);
    count += 6;
    if (count >= 8) {
      count -= 8;
      out += static_cast<char>(bits >> count & 0xFF);
    }
  }
  bool leftover = bits & ((1u << count) - 1);  // bits behind the last byte must be zero: one spelling per value
  if (leftover) return std::nullopt;
  return out;
}

size_t code_points(std::string_view s) {
  size_t count = 0;
  for (size_t i = 0; i < s.size(); ++count) i += std::max<size_t>(utf8::length_at(s, i), 1);
  return count;
}

std::optional<std::string_view> nearest(std::string_view word, const std::vector<std::string_view>& candidates) {
  constexpr size_t kWordMax = 200;  // the distance costs the product of both lengths
  if (word.empty() || word.size() > kWordMax) return std::nullopt;
  std::optional<std::string_view> best;
  size_t limit = std::max<size_t>(1, word.size() / 3);  // a third of the letters wrong is no slip any more
  for (std::string_view candidate : candidates) {
    if (candidate.size() > word.size() + limit || word.size() > candidate.size() + limit) continue;
    size_t distance = edit_distance(word, candidate);
    if (distance > limit || (best && distance == limit)) continue;
    best = candidate;
    limit = distance;
  }
  return best;
}

}  // namespace cairn::text
