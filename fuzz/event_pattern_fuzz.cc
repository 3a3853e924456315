// Lines with event patterns up to an empty one, the rest is an event: any text is read or refused with a place in it, matching ends, and
// all patterns at once match as each alone.
#include <algorithm>
#include <cstdlib>

#include "patterns/event/event_matcher.h"

namespace cairn {
namespace {

using patterns::EventMatcher;
using patterns::EventPattern;

std::string_view take_line(std::string_view& data) {
  const size_t end = std::min(data.find('\n'), data.size());
  const std::string_view line = data.substr(0, end);
  data.remove_prefix(std::min(end + 1, data.size()));
  return line;
}

void match(std::string_view data) {
  std::vector<EventPattern> patterns;
  for (std::string_view line = take_line(data); !line.empty(); line = take_line(data)) {
    Result<EventPattern, patterns::Refusal> pattern = EventPattern::read(line);
    if (pattern) patterns.push_back(std::move(*pattern));
    else if (pattern.error().offset > line.size() || pattern.error().message.empty()) std::abort();
  }
  std::vector<const EventPattern*> rules;
  for (const EventPattern& pattern : patterns) rules.push_back(&pattern);
  static EventMatcher::Work work;
  std::vector<uint32_t> found;
  const bool is_object = EventMatcher(rules).match(data, work, found);
  if (!is_object && !found.empty()) std::abort();
  for (uint32_t i = 0; i < patterns.size(); ++i)
    if (EventMatcher(patterns[i]).matches(data) != std::binary_search(found.begin(), found.end(), i)) std::abort();
}

}  // namespace
}  // namespace cairn

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  cairn::match(std::string_view(reinterpret_cast<const char*>(bytes), size));
  return 0;
}
