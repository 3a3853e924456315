#include "sql/statement_text.h"

#include <algorithm>
#include <cctype>

namespace cairn::sql {
namespace {

bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || (static_cast<unsigned char>(c) & 0x80) != 0; }

/// Behind what is quoted from `at` on: up to the same quote, which stands for itself when doubled; `escapes`: after a backslash too.
size_t behind_quoted(std::string_view sql, size_t at, bool escapes) {
  const char quote = sql[at];
  for (size_t i = at + 1; i < sql.size(); ++i) {
    if (escapes && sql[i] == '\\') ++i;
    else if (sql[i] == quote && sql.substr(i + 1, 1) == std::string_view(&quote, 1)) ++i;
    else if (sql[i] == quote) return i + 1;
  }
  return sql.size();
}

/// Behind $tag$ … $tag$; `at` where it is none.
size_t behind_dollars(std::string_view sql, size_t at) {
  size_t end = at + 1;
  while (end < sql.size() && is_word(sql[end])) ++end;
  if (end == sql.size() || sql[end] != '$' || (at > 0 && is_word(sql[at - 1]))) return at;
  const std::string_view tag = sql.substr(at, end + 1 - at);
  const size_t close = sql.find(tag, end + 1);
  return close == sql.npos ? sql.size() : close + tag.size();
}

/// Behind the string, name or comment that begins at `at`; `at` where none does.
size_t behind_opaque(std::string_view sql, size_t at) {
  const std::string_view rest = sql.substr(at);
  if (rest[0] == '\'') {
    const bool escapes = at > 0 && (sql[at - 1] == 'e' || sql[at - 1] == 'E') && (at == 1 || !is_word(sql[at - 2]));
    return behind_quoted(sql, at, escapes);
  }
  if (rest[0] == '"') return behind_quoted(sql, at, false);
  if (rest[0] == '$') return behind_dollars(sql, at);
  if (rest.starts_with("--")) return std::min(sql.find('\n', at), sql.size());
  if (!rest.starts_with("/*")) return at;
  int depth = 0;  // they nest
  for (size_t i = at; i < sql.size(); ++i) {
    const std::string_view two = sql.substr(i, 2);
    if (two == "/*") ++depth, ++i;
    else if (two == "*/" && ++i && --depth == 0) return i + 1;
  }
  return sql.size();
}

}  // namespace

std::string without_semicolons(std::string_view sql) {
  std::string out(sql);
  for (size_t at = 0; at < sql.size();) {
    const size_t behind = behind_opaque(sql, at);
    if (behind == at && sql[at] == ';') out[at] = ' ';
    at = std::max(behind, at + 1);
  }
  return out;
}

}  // namespace cairn::sql
