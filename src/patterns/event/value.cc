#include "patterns/event/value.h"

#include <arpa/inet.h>

#include <charconv>
#include <cmath>
#include <cstring>

#include "base/text.h"
#include "base/utf8.h"

namespace cairn::patterns {
namespace {

constexpr size_t kDigitsAlwaysExact = 15;  // so many significant digits survive the way into a double and back

/// A decimal number as its significant digits and the power of ten of the first; zero has none.
struct Decimal {
  std::string digits;
  int64_t exponent = 0;
  bool negative = false;
  bool operator==(const Decimal&) const = default;
};

Decimal decimal_of(std::string_view text) {
  Decimal decimal;
  decimal.negative = text.starts_with('-');
  int64_t point = -1, written = 0;
  size_t i = decimal.negative ? 1 : 0;
  for (; i < text.size() && text[i] != 'e' && text[i] != 'E'; ++i) {
    if (text[i] == '.') point = written;
    else decimal.digits += text[i], ++written;
  }
  if (point < 0) point = written;
  if (i < text.size()) {
    std::string_view exponent = text.substr(i + 1);
    if (exponent.starts_with('+')) exponent.remove_prefix(1);
    const std::optional<int64_t> power = text::to_int(exponent);
    point = power && std::abs(*power) < 1'000'000'000 ? point + *power : (exponent.starts_with('-') ? -1'000'000'000 : 1'000'000'000);
  }
  const size_t first = decimal.digits.find_first_not_of('0');
  if (first == std::string::npos) return {};
  decimal.exponent = point - static_cast<int64_t>(first);
  decimal.digits.erase(0, first);
  decimal.digits.erase(decimal.digits.find_last_not_of('0') + 1);
  return decimal;
}

std::optional<Address> v4_of(std::string_view text) {
  if (text.size() > 15) return std::nullopt;
  Address address;
  address.is_v4 = true;
  const std::vector<std::string_view> parts = text::split(text, '.');
  if (parts.size() != 4) return std::nullopt;
  for (size_t i = 0; i < 4; ++i) {
    const std::optional<uint64_t> part = text::to_uint(parts[i]);
    if (!part || *part > 255) return std::nullopt;
    address.bytes[i] = static_cast<uint8_t>(*part);
  }
  return address;
}

/// The lower-case letter of a two-byte code point, or itself.
uint32_t lower_of(uint32_t c) {
  if ((c >= 0xC0 && c <= 0xDE && c != 0xD7) || (c >= 0x391 && c <= 0x3A9 && c != 0x3A2) || (c >= 0x410 && c <= 0x42F)) return c + 0x20;
  if (c >= 0x400 && c <= 0x40F) return c + 0x50;
  const bool even_is_upper = (c >= 0x100 && c <= 0x137 && c != 0x130 && c != 0x131) || (c >= 0x14A && c <= 0x177) ||
                             (c >= 0x460 && c <= 0x481) || (c >= 0x48A && c <= 0x4BF);
  if (even_is_upper) return c | 1;
  const bool odd_is_upper = (c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17E);
  return odd_is_upper && c % 2 == 1 ? c + 1 : c;
}

}  // namespace

std::optional<double> comparable_number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (end != text.data() + text.size()) return std::nullopt;
  if (error != std::errc() || !std::isfinite(value)) return std::nullopt;
  size_t digits = 0;
  for (const char c : text) {
    if (c == 'e' || c == 'E') digits = kDigitsAlwaysExact;  // it may be beyond what is normal: look
    digits += c >= '0' && c <= '9' ? 1 : 0;
  }
  if (digits > kDigitsAlwaysExact) {
    char shortest[64];
    const auto written = std::to_chars(shortest, shortest + sizeof shortest, value);
    Decimal exact = decimal_of({shortest, static_cast<size_t>(written.ptr - shortest)}), given = decimal_of(text);
    if (exact != given) return std::nullopt;
  }
  return value == 0 ? 0.0 : value;
}

std::optional<Address> address_of(std::string_view text) {
  if (text.size() < 2 || text.size() > 45) return std::nullopt;
  if (text.find(':') == std::string_view::npos) return text[0] >= '0' && text[0] <= '9' ? v4_of(text) : std::nullopt;
  if (text.find('.') != std::string_view::npos) return std::nullopt;  // EventBridge takes no dotted IPv6
  Address address;
  if (inet_pton(AF_INET6, std::string(text).c_str(), address.bytes.data()) != 1) return std::nullopt;
  constexpr std::array<uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
  if (!std::equal(kMapped.begin(), kMapped.end(), address.bytes.begin())) return address;
  Address v4;
  v4.is_v4 = true;
  std::copy(address.bytes.begin() + 12, address.bytes.end(), v4.bytes.begin());
  return v4;
}

bool is_within(const Address& address, const Address& network, int prefix_bits) {
  if (address.is_v4 != network.is_v4) return false;
  const auto whole = static_cast<size_t>(prefix_bits / 8);
  if (std::memcmp(address.bytes.data(), network.bytes.data(), whole) != 0) return false;
  const int left = prefix_bits % 8;
  return left == 0 || (address.bytes[whole] ^ network.bytes[whole]) >> (8 - left) == 0;
}

std::string fold(std::string_view text) {
  std::string folded = text::lower(text);
  for (size_t i = 0; i < folded.size(); ++i) {
    const auto first = static_cast<uint8_t>(folded[i]);
    if (first < 0xC3 || first > 0xD2 || utf8::length_at(folded, i) != 2) continue;
    const uint32_t lower = lower_of((first & 0x1Fu) << 6 | (static_cast<uint8_t>(folded[i + 1]) & 0x3Fu));
    folded[i] = static_cast<char>(0xC0 | lower >> 6);
    folded[++i] = static_cast<char>(0x80 | (lower & 0x3F));
  }
  return folded;
}

Wildcard::Wildcard(std::string_view pattern) : pieces_(1) {
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '*') {
      pieces_.emplace_back();
      continue;
    }
    if (pattern[i] == '\\' && i + 1 < pattern.size()) ++i;
    pieces_.back() += pattern[i];
  }
}

bool Wildcard::matches(std::string_view text) const {
  if (pieces_.size() == 1) return text == pieces_[0];
  const std::string& tail = pieces_.back();
  if (text.size() < head().size() + tail.size() || !text.starts_with(head()) || !text.ends_with(tail)) return false;
  text = text.substr(head().size(), text.size() - head().size() - tail.size());
  for (size_t i = 1; i + 1 < pieces_.size(); ++i) {  // the leftmost place leaves most for those that follow
    const void* found = memmem(text.data(), text.size(), pieces_[i].data(), pieces_[i].size());
    if (found == nullptr) return false;
    text.remove_prefix(static_cast<size_t>(static_cast<const char*>(found) - text.data()) + pieces_[i].size());
  }
  return true;
}

std::optional<std::string> wildcard_error(std::string_view pattern) {
  // Positions are those of the value as EventBridge keeps it, in quotes.
  for (size_t i = 0; i < pattern.size(); ++i) {
    const char next = i + 1 < pattern.size() ? pattern[i + 1] : '\0';
    if (pattern[i] == '*' && next == '*') return fmt::format("Consecutive wildcard characters at pos {}", i + 1);
    if (pattern[i] != '\\') continue;
    if (next != '*' && next != '\\') return fmt::format("Invalid escape character at pos {}", i + 1);
    ++i;
  }
  return std::nullopt;
}

}  // namespace cairn::patterns
