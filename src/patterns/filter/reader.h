#pragma once
#include <string>
#include <string_view>

#include "base/result.h"
#include "patterns/refusal.h"

namespace cairn::patterns {

/// ASCII letters, digits and the underscore: what a term may hold without quotes.
constexpr bool is_word(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
constexpr bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/// A place in a pattern that is being read.
struct Reader {
  std::string_view text;
  size_t at = 0;

  bool done() const { return at == text.size(); }
  char peek() const { return done() ? '\0' : text[at]; }
  void blanks() {
    while (!done() && is_blank(text[at])) ++at;
  }
  bool take(std::string_view word) {
    if (!text.substr(at).starts_with(word)) return false;
    at += word.size();
    return true;
  }
  template <class Accepts>
  std::string_view take_while(Accepts accepts) {
    const size_t begin = at;
    while (!done() && accepts(text[at])) ++at;
    return text.substr(begin, at - begin);
  }
  /// A string in double quotes, its first one next; \" and \\ stand for the second character.
  Result<std::string, Refusal> quoted() {
    const size_t begin = at++;
    std::string value;
    for (; !done(); ++at) {
      if (text[at] == '"') return ++at, value;
      if (text[at] == '\\' && at + 1 < text.size() && (text[at + 1] == '"' || text[at + 1] == '\\')) ++at;
      value += text[at];
    }
    at = begin;
    return invalid();
  }

  tl::unexpected<Refusal> invalid() const { return tl::unexpected<Refusal>({"Invalid filter pattern", at}); }
  /// What stands here cannot stand in a term: the run of such characters is named.
  tl::unexpected<Refusal> bad_characters() const {
    size_t end = at;
    while (end < text.size() && !is_blank(text[end]) && !is_word(text[end])) ++end;
    if (end == at) return invalid();
    return tl::unexpected<Refusal>({fmt::format("Invalid character(s) in term '{}'", text.substr(at, end - at)), at});
  }
};

}  // namespace cairn::patterns
