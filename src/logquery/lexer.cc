#include "logquery/lexer.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/text.h"

namespace cairn::logquery {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool begins_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '@' || static_cast<signed char>(c) < 0;
}
bool is_in_name(char c) { return begins_name(c) || is_digit(c) || c == '.'; }

struct Unit {
  std::string_view unit;
  std::string_view words[3];  // those of several letters may have an s behind them
};
constexpr Unit kUnits[] = {
    {"ms", {"ms", "msec", "millisecond"}},
    {"s", {"s", "sec", "second"}},
    {"m", {"m", "min", "minute"}},
    {"h", {"h", "hr", "hour"}},
    {"d", {"d", "day", "day"}},
    {"w", {"w", "week", "week"}},
    {"mo", {"mo", "mon", "month"}},
    {"q", {"q", "qtr", "quarter"}},
    {"y", {"y", "yr", "year"}},
};

}  // namespace

std::optional<std::string_view> unit_of(std::string_view word) {
  for (const Unit& unit : kUnits) {
    for (const std::string_view each : unit.words)
      if (word == each || (each.size() > 1 && word.size() == each.size() + 1 && word.ends_with('s') && word.starts_with(each)))
        return unit.unit;
  }
  return std::nullopt;
}

bool Token::is_word(std::string_view lower) const { return kind == Kind::kName && !quoted && text::equals_ignoring_case(text, lower); }

Refusal Lexer::unexpected(size_t begin, size_t end) const {
  const std::string_view before = query_.substr(0, begin);
  const size_t line = static_cast<size_t>(std::ranges::count(before, '\n')) + 1;
  const size_t line_begin = before.rfind('\n') == std::string_view::npos ? 0 : before.rfind('\n') + 1;
  const std::string_view symbol = begin < query_.size() ? query_.substr(begin, end - begin) : "<EOF>";
  const size_t position = text::code_points(before.substr(line_begin));
  return {fmt::format("unexpected symbol found {} at line {} and position {}", symbol, line, position), begin, end, false};
}

void Lexer::skip_blanks() {
  for (; at_ < query_.size(); ++at_) {
    const char c = query_[at_];
    if (c == '#') {
      while (at_ + 1 < query_.size() && query_[at_] != '\n') ++at_;
      continue;
    }
    if (c != ' ' && c != '\t' && c != '\n' && c != '\r') return;
  }
}

Result<Token, Refusal> Lexer::peek() {
  const size_t begin = at_;
  Result<Token, Refusal> token = read();
  at_ = begin;
  return token;
}

Result<Token, Refusal> Lexer::next() { return read(); }

Result<std::string, Refusal> Lexer::quoted(char quote) {
  const size_t begin = at_++;
  std::string value;
  for (; at_ < query_.size(); ++at_) {
    if (query_[at_] == quote) return ++at_, value;
    if (query_[at_] == '\\' && at_ + 1 < query_.size()) {
      const char escaped = query_[at_ + 1];
      if (escaped == quote || escaped == '\\') {
        ++at_;
      } else if (escaped == 'n' || escaped == 't') {
        value += escaped == 'n' ? '\n' : '\t';
        ++at_;
        continue;
      }
    }
    value += query_[at_];
  }
  return tl::unexpected(unexpected(begin, begin + 1));
}

/// `a.b.0`, `` a.`odd-name`.c ``, `list[3]`: dots between the parts, whatever was written.
Result<Token, Refusal> Lexer::name() {
  Token token{.kind = Token::Kind::kName, .begin = at_};
  while (at_ < query_.size()) {
    const char c = query_[at_];
    if (c == '`' && (token.text.empty() || token.text.ends_with('.'))) {
      Result<std::string, Refusal> part = quoted('`');
      if (!part) return tl::unexpected(part.error());
      token.text += *part;
      token.quoted = true;
    } else if (c == '[' && !token.text.empty() && at_ + 1 < query_.size() && is_digit(query_[at_ + 1]) && !token.is_word("in")) {
      size_t end = at_ + 1;
      while (end < query_.size() && is_digit(query_[end])) ++end;
      if (end == query_.size() || query_[end] != ']') break;
      token.text += '.';
      token.text += query_.substr(at_ + 1, end - at_ - 1);
      at_ = end + 1;
    } else if (is_in_name(c)) {
      token.text += c;
      ++at_;
    } else {
      break;
    }
  }
  token.end = at_;
  if (token.text.empty() || token.text.ends_with('.')) return tl::unexpected(unexpected(token));
  return token;
}

Result<Token, Refusal> Lexer::number() {
  Token token{.kind = Token::Kind::kNumber, .begin = at_};
  const char* begin = query_.data() + at_;
  const auto [end, error] = std::from_chars(begin, query_.data() + query_.size(), token.number);
  if (error != std::errc()) return tl::unexpected(unexpected(at_, at_ + 1));
  at_ = static_cast<size_t>(end - query_.data());
  const size_t word = at_;
  while (at_ < query_.size() && is_in_name(query_[at_])) ++at_;
  token.end = at_;
  if (at_ == word) {
    token.text = query_.substr(token.begin, at_ - token.begin);
    return token;
  }
  const auto unit = unit_of(query_.substr(word, at_ - word));
  if (!unit) return tl::unexpected(unexpected(token));
  token.kind = Token::Kind::kPeriod;
  token.text = *unit;
  return token;
}

Result<Token, Refusal> Lexer::read() {
  skip_blanks();
  Token token{.begin = at_, .end = at_};
  if (at_ == query_.size()) return token;
  const char c = query_[at_];
  if (begins_name(c) || c == '`') return name();
  if (is_digit(c) || (c == '.' && at_ + 1 < query_.size() && is_digit(query_[at_ + 1]))) return number();
  if (c == '"' || c == '\'') {
    Result<std::string, Refusal> value = quoted(c);
    if (!value) return tl::unexpected(value.error());
    token.kind = Token::Kind::kString;
    token.text = std::move(*value);
    token.end = at_;
    return token;
  }
  constexpr std::string_view kSymbols[] = {"!=", "<=", ">=", "=~", "==", "(", ")", "[", "]", ",",
                                           "|",  "=",  "<",  ">",  "+",  "-", "*", "/", "%", "^"};
  for (const std::string_view symbol : kSymbols) {
    if (!query_.substr(at_).starts_with(symbol)) continue;
    token.kind = Token::Kind::kSymbol;
    token.text = symbol;
    at_ += symbol.size();
    token.end = at_;
    return token;
  }
  return tl::unexpected(unexpected(at_, at_ + 1));
}

Result<std::optional<Token>, Refusal> Lexer::regex() {
  skip_blanks();
  if (at_ == query_.size() || query_[at_] != '/') return std::optional<Token>();
  Token token{.kind = Token::Kind::kString, .begin = at_};
  for (++at_; at_ < query_.size() && query_[at_] != '/'; ++at_) {
    if (query_[at_] == '\\' && at_ + 1 < query_.size()) token.text += query_[at_++];
    token.text += query_[at_];
  }
  if (at_ == query_.size()) return tl::unexpected(unexpected(token.begin, token.begin + 1));
  token.end = ++at_;
  return std::optional<Token>(std::move(token));
}

}  // namespace cairn::logquery
