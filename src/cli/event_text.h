#pragma once
#include <string>
#include <string_view>

#include "base/csv.h"
#include "base/json.h"

/// Events of SearchEvents as text, one way of writing each. Pure.
namespace cairn::cli {

using text::csv_cell;
using text::printable;

/// As `printable`, but lines stay lines.
std::string printable_lines(std::string_view text);

/// "1 log file", "2 log files"
std::string counted(uint64_t n, std::string_view noun);

enum class Output { kTable, kJson, kCsv, kNdjson };  // kNdjson: the records themselves, one a line

/// Writes events one after another. Not thread-safe.
class EventWriter {
 public:
  /// kLines: JSON as one event a line, for output without an end; else one document {"Events": [...]}.
  enum class JsonForm { kDocument, kLines };
  EventWriter(Output output, JsonForm json, bool with_region) : output_(output), json_(json), with_region_(with_region) {}

  std::string head() const;
  std::string event(const Json& event);
  std::string foot() const;

 private:
  const Output output_;
  const JsonForm json_;
  const bool with_region_;
  size_t written_ = 0;
};

}  // namespace cairn::cli
