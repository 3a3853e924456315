#include "services/iam/statement_positions.h"

#include <cstddef>

namespace cairn::iam {
namespace {

Position position_of(std::string_view text, size_t offset) {
  Position at;
  for (size_t i = 0; i < offset; ++i) {
    if (text[i] == '\n') at = {at.line + 1, 1};
    else ++at.column;
  }
  return at;
}

/// The end of the string that begins at `at`: behind its closing quote.
size_t end_of_string(std::string_view text, size_t at) {
  for (++at; at < text.size() && text[at] != '"'; ++at)
    if (text[at] == '\\') ++at;
  return at + 1;
}

}  // namespace

std::vector<Extent> statement_positions(std::string_view text) {
  std::vector<Extent> extents;
  int depth = 0;
  int statement_depth = 0;  // of a statement's brace; 0: not within Statement
  size_t start = 0;
  std::string_view key;
  for (size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '"') {
      const size_t end = end_of_string(text, at);
      if (depth == 1) key = text.substr(at, end - at);
      at = end - 1;
    } else if (c == ':' && depth == 1 && key == "\"Statement\"") {
      statement_depth = 2;
      start = at + 1;
    } else if (c == '{' || c == '[') {
      ++depth;
      if (c == '[' && depth == 2 && statement_depth == 2) {  // a list of them
        statement_depth = 3;
        start = at + 1;
      }
    } else if (c == ',' && depth == statement_depth - 1) {
      if (depth == 1) statement_depth = 0;  // the member is over
      start = at + 1;
    } else if (c == '}' || c == ']') {
      if (c == '}' && depth == statement_depth) extents.push_back({position_of(text, start), position_of(text, at + 1)});
      --depth;
      if (depth == 1) statement_depth = 0;
    }
  }
  return extents;
}

}  // namespace cairn::iam
