#pragma once
#include <algorithm>
#include <string>

namespace cairn::archive {

/// A record as a line of NDJSON. Its bytes are carried on, but for line ends, which in JSON can only stand between values.
inline std::string ndjson_line(std::string record) {
  std::ranges::replace_if(
      record, [](char c) { return c == '\n' || c == '\r'; }, ' ');
  return record += '\n';
}

}  // namespace cairn::archive
