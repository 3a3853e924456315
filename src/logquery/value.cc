#include "logquery/value.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/time.h"

namespace cairn::logquery {
namespace {

constexpr double kWholeMax = 9e15;  // up to here doubles hold every whole number

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::weak_ordering order_of(double a, double b) {
  return a < b ? std::weak_ordering::less : b < a ? std::weak_ordering::greater : std::weak_ordering::equivalent;
}

/// Whole, or with at most four decimals, as AWS shows what it calculates.
void append_number(std::string& out, double number) {
  if (number == std::floor(number)) {
    if (std::abs(number) < kWholeMax) out += std::to_string(static_cast<int64_t>(number));
    else fmt::format_to(std::back_inserter(out), "{:.0f}", number);
    return;
  }
  std::string text = fmt::format("{:.4f}", number);
  while (text.ends_with('0')) text.pop_back();
  if (text.ends_with('.')) text.pop_back();
  out += text == "-0" ? "0" : text;
}

std::weak_ordering compare_texts(std::string_view a, std::string_view b) {
  size_t i = 0, j = 0;
  const auto run = [](std::string_view text, size_t at) {
    size_t end = at;
    while (end < text.size() && is_digit(text[end])) ++end;
    return text.substr(at, end - at);
  };
  while (i < a.size() && j < b.size()) {
    if (is_digit(a[i]) && is_digit(b[j])) {
      const std::string_view left = run(a, i), right = run(b, j);
      if (left.size() != right.size()) return left.size() <=> right.size();
      if (const int order = left.compare(right); order != 0) return order <=> 0;
      i += left.size();
      j += right.size();
      continue;
    }
    if (a[i] != b[j]) return static_cast<unsigned char>(a[i]) <=> static_cast<unsigned char>(b[j]);
    ++i, ++j;
  }
  return (a.size() - i) <=> (b.size() - j);
}

}  // namespace

std::optional<double> number_of(const Value& value) {
  using Kind = Value::Kind;
  if (value.kind == Kind::kNumber || value.kind == Kind::kBool || value.kind == Kind::kTime) return value.number;
  if (value.kind != Kind::kText) return std::nullopt;
  std::string_view text = value.text;
  if (text.starts_with('+')) text.remove_prefix(1);
  const std::string_view digits = text.starts_with('-') ? text.substr(1) : text;
  if (digits.empty() || !(is_digit(digits[0]) || digits[0] == '.')) return std::nullopt;  // "inf" and "nan" are words
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

bool is_true(const Value& value) {
  if (const std::optional<double> number = number_of(value)) return *number != 0;
  return value.kind == Value::Kind::kText && value.text == "true";
}

void append_text(std::string& out, const Value& value) {
  switch (value.kind) {
    case Value::Kind::kNone:
    case Value::Kind::kPeriod:
      return;
    case Value::Kind::kText:
    case Value::Kind::kJson:
      out += value.text;
      return;
    case Value::Kind::kBool:
      out += value.number != 0 ? '1' : '0';
      return;
    case Value::Kind::kTime: {
      std::string text = timestamps::iso8601_millis(Time(std::chrono::milliseconds(static_cast<int64_t>(value.number))));
      std::replace(text.begin(), text.end(), 'T', ' ');
      text.pop_back();  // Z
      out += text;
      return;
    }
    case Value::Kind::kNumber:
      if (!value.text.empty()) out += value.text;
      else append_number(out, value.number);
      return;
  }
}

std::string_view text_of(const Value& value, Arena& arena) {
  if (value.kind == Value::Kind::kText || value.kind == Value::Kind::kJson) return value.text;
  if (value.kind == Value::Kind::kNumber && !value.text.empty()) return value.text;
  std::string text;
  append_text(text, value);
  return arena.keep(std::move(text));
}

bool are_equal(const Value& a, const Value& b) {
  if (a.kind == Value::Kind::kText && b.kind == Value::Kind::kText) return a.text == b.text;
  const std::optional<double> left = number_of(a), right = number_of(b);
  if (left && right) return *left == *right;
  Arena arena;
  return text_of(a, arena) == text_of(b, arena);
}

std::weak_ordering compare(const Value& a, const Value& b) {
  const std::optional<double> left = number_of(a), right = number_of(b);
  if (left && right) return order_of(*left, *right);
  Arena arena;
  return text_of(a, arena).compare(text_of(b, arena)) <=> 0;
}

std::weak_ordering compare_naturally(const Value& a, const Value& b) {
  if (!a.exists() || !b.exists()) return a.exists() <=> b.exists();
  const std::optional<double> left = number_of(a), right = number_of(b);
  if (left && right) return order_of(*left, *right);
  if (left || right) return left.has_value() <=> right.has_value();
  return compare_texts(a.text, b.text);
}

}  // namespace cairn::logquery
