// Any text is a schedule or none; one that is gives times that grow, end before the year 2200, and of a rate always another one.
#include <cstdlib>

#include "rules/schedule.h"

namespace cairn {
namespace {

using rules::Schedule;

void run(std::string_view text) {
  const std::optional<Schedule> schedule = Schedule::parse(text);
  if (!schedule) return;
  const Time start = *timestamps::parse_iso8601("2026-02-27T23:58:30Z"), end = *timestamps::parse_iso8601("2200-01-01T00:00:00Z");
  Time last = start;
  for (int i = 0; i < 8; ++i) {
    const std::optional<Time> next = schedule->next(last, start);
    if (!next) {
      if (text.starts_with("rate(")) std::abort();
      return;
    }
    if (*next <= last || (text.starts_with("cron(") && *next >= end)) std::abort();
    last = *next;
  }
}

}  // namespace
}  // namespace cairn

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  cairn::run(std::string_view(reinterpret_cast<const char*>(bytes), size));
  return 0;
}
