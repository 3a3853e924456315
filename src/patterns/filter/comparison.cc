#include "patterns/filter/comparison.h"

#include <re2/re2.h>

#include <charconv>
#include <cstring>

#include "patterns/filter/filter_pattern.h"

namespace cairn::patterns {
namespace {

constexpr int64_t kRegexMemory = 1 << 20;  // of the automaton, in bytes
/// What stands in one beside letters, digits and the underscore; what may stand behind a backslash besides.
constexpr std::string_view kRegexSymbols = ":#=@/;,-^$?[]{}|\\*+.", kRegexClasses = "dDsSwW_";

/// Without quotes, what a value may hold beside letters, digits and the underscore.
bool is_bare(char c) { return is_word(c) || c == '.' || c == '*' || c == '-' || c == '+'; }

}  // namespace

std::optional<double> number_of(std::string_view text) {
  const std::string_view digits = text.starts_with('-') || text.starts_with('+') ? text.substr(1) : text;
  if (text.starts_with('+')) text = digits;
  if (digits.empty() || (!(digits[0] >= '0' && digits[0] <= '9') && digits[0] != '.')) return std::nullopt;  // "inf" and "nan" are words
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

Result<Regex, Refusal> Regex::read(Reader& reader) {
  const size_t begin = ++reader.at;
  for (; reader.peek() != '%'; ++reader.at) {
    if (reader.done()) return reader.at = begin - 1, reader.invalid();
    const char c = reader.text[reader.at];
    if (c == '\\') {
      ++reader.at;
      const char escaped = reader.peek();
      if (escaped == 'x') {
        for (int i = 0; i < 2; ++i)
          if (++reader.at, std::isxdigit(static_cast<unsigned char>(reader.peek())) == 0) return reader.invalid();
      } else if (reader.done() ||
                 (kRegexClasses.find(escaped) == std::string_view::npos && kRegexSymbols.find(escaped) == std::string_view::npos)) {
        return reader.bad_characters();
      }
    } else if (!is_word(c) && kRegexSymbols.find(c) == std::string_view::npos) {
      return reader.bad_characters();
    }
  }
  const std::string_view expression = reader.text.substr(begin, reader.at - begin);
  RE2::Options options(RE2::Quiet);
  options.set_max_mem(kRegexMemory);
  options.set_never_capture(true);
  options.set_dot_nl(true);
  Regex regex;
  const auto compiled = std::make_shared<RE2>(re2::StringPiece(expression.data(), expression.size()), options);
  if (expression.empty() || !compiled->ok()) return reader.at = begin, reader.invalid();
  regex.compiled_ = compiled;
  ++reader.at;
  return regex;
}

bool Regex::finds(std::string_view text) const { return RE2::PartialMatch(re2::StringPiece(text.data(), text.size()), *compiled_); }

Result<Comparison, Refusal> Comparison::read(Reader& reader) {
  reader.blanks();
  Comparison comparison;
  const size_t operator_at = reader.at;
  if (reader.take("!=") || reader.take("=!")) comparison.op_ = Op::kNotEqual;
  else if (reader.take("<=")) comparison.op_ = Op::kLessOrEqual;
  else if (reader.take(">=")) comparison.op_ = Op::kGreaterOrEqual;
  else if (reader.take("=")) comparison.op_ = Op::kEqual;
  else if (reader.take("<")) comparison.op_ = Op::kLess;
  else if (reader.take(">")) comparison.op_ = Op::kGreater;
  else return reader.invalid();
  reader.blanks();
  const size_t value_at = reader.at;
  if (reader.peek() == '%') {
    Result<Regex, Refusal> regex = Regex::read(reader);
    if (!regex) return tl::unexpected(regex.error());
    comparison.regex_ = std::move(*regex);
  } else if (reader.peek() == '"') {
    Result<std::string, Refusal> text = reader.quoted();
    if (!text) return tl::unexpected(text.error());
    comparison.text_ = std::move(*text);
  } else {
    comparison.text_ = reader.take_while(is_bare);
    if (comparison.text_.empty()) return reader.bad_characters();
    comparison.number_ = number_of(comparison.text_);
  }
  if (!comparison.is_equality() && !comparison.number_) return reader.at = comparison.regex_ ? operator_at : value_at, reader.invalid();
  std::string& text = comparison.text_;
  if (text.starts_with('*')) comparison.open_begin_ = true, text.erase(0, 1);
  if (text.ends_with('*')) comparison.open_end_ = true, text.pop_back();
  return comparison;
}

bool Comparison::compare(double value) const {
  switch (op_) {
    case Op::kEqual:
      return value == *number_;
    case Op::kNotEqual:
      return value != *number_;
    case Op::kLess:
      return value < *number_;
    case Op::kLessOrEqual:
      return value <= *number_;
    case Op::kGreater:
      return value > *number_;
    case Op::kGreaterOrEqual:
      return value >= *number_;
  }
  return false;
}

bool Comparison::equals(std::string_view value) const {
  if (open_begin_ && open_end_) return memmem(value.data(), value.size(), text_.data(), text_.size()) != nullptr;
  if (open_begin_) return value.ends_with(text_);
  if (open_end_) return value.starts_with(text_);
  return value == text_;
}

bool Comparison::holds(std::string_view value, Type type) const {
  if (number_ && type != Type::kText) {
    if (const std::optional<double> number = number_of(value)) return compare(*number);
  }
  if (!is_equality()) return false;
  return (regex_ ? regex_->finds(value) : equals(value)) == (op_ == Op::kEqual);
}

}  // namespace cairn::patterns
