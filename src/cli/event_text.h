#pragma once
#include <string>
#include <string_view>

#include "base/json.h"

/// Events of SearchEvents as text, one way of writing each. Pure.
namespace cairn::cli {

enum class Output { kTable, kJson, kCsv };

/// Control characters, which could command a terminal, and broken UTF-8 become U+FFFD.
std::string printable(std::string_view s);

/// One cell, made printable: quoted where RFC 4180 asks for it; what a spreadsheet would run as a formula gets an apostrophe before it.
std::string csv_cell(std::string_view s);

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
