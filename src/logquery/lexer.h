#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "logquery/refusal.h"

namespace cairn::logquery {

struct Token {
  enum class Kind { kEnd, kName, kString, kNumber, kPeriod, kSymbol };
  Kind kind = Kind::kEnd;
  std::string text;  // of a name or a string what it stands for; of a period its unit
  double number = 0;
  bool quoted = false;  // a name that stands in backticks: no keyword, no function
  size_t begin = 0, end = 0;

  bool is(std::string_view symbol) const { return kind == Kind::kSymbol && text == symbol; }
  bool is_word(std::string_view lower) const;  // in any case
};

/// Cuts a query into tokens, one after the other: what a slash means is known to the parser alone.
class Lexer {
 public:
  explicit Lexer(std::string_view query) : query_(query) {}

  /// The next token, not taken.
  Result<Token, Refusal> peek();
  Result<Token, Refusal> next();
  /// A regular expression between slashes, if one begins here; what stands between them.
  Result<std::optional<Token>, Refusal> regex();

  std::string_view query() const { return query_; }
  /// "unexpected symbol found X at line 1 and position 20".
  Refusal unexpected(size_t begin, size_t end) const;
  Refusal unexpected(const Token& token) const { return unexpected(token.begin, token.end); }

 private:
  void skip_blanks();
  Result<Token, Refusal> read();
  Result<std::string, Refusal> quoted(char quote);
  Result<Token, Refusal> name();
  Result<Token, Refusal> number();

  const std::string_view query_;
  size_t at_ = 0;
};

/// The unit of a period as bin() knows it: ms, s, m, h, d, w, mo, q or y; nullopt for other words.
std::optional<std::string_view> unit_of(std::string_view word);

}  // namespace cairn::logquery
