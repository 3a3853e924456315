// What callers put into names: whatever it is, findings lie in it, in order, apart from each other, and hiding them keeps JSON what it was.
#include <cstdlib>

#include "base/json.h"
#include "event/sensitive.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace cairn;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::vector<event::Sensitive> found = event::find_sensitive(text);
  const char* from = text.data();
  for (const event::Sensitive& each : found) {
    if (each.value.empty() || each.value.data() < from || each.value.data() + each.value.size() > text.data() + text.size()) std::abort();
    from = each.value.data() + each.value.size();
  }
  const std::string hidden = event::hide(text, found);
  if (found.empty() ? hidden != text : json::parse(text).has_value() && !json::parse(hidden).has_value()) std::abort();
  return 0;
}
