#include "cli/when.h"

#include "base/text.h"

namespace cairn::cli {

Result<Time> parse_when(std::string_view text, Time now) {
  if (text == "now") return now;
  if (const auto ago = timestamps::parse_duration(text)) return now - *ago;
  if (text::is_digits(text) && text.size() != 8) {  // eight digits are a date without dashes
    if (const auto time = timestamps::parse_epoch(text)) return *time;
  }
  if (const auto time = timestamps::parse_iso8601(text)) return *time;
  if (text.size() == 10) {
    if (const auto time = timestamps::parse_iso8601(std::string(text) + "T00:00:00Z")) return *time;
  }
  if (const auto time = timestamps::parse_epoch(text)) return *time;
  return failure(
      "'{}' is no time: give ISO 8601 (2026-01-31T09:30:00Z, 2026-01-31), seconds since 1970, now, or how long ago (15m, 2h, 7d)", text);
}

}  // namespace cairn::cli
