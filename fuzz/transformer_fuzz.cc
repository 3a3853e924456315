// A line with a JSON path, a line with a template, the rest is an event: any path and template compile or are refused, what comes out is
// bounded, and JSON if the template is.
#include <cstdlib>

#include "base/json_cursor.h"
#include "rules/event_text.h"
#include "rules/transformer.h"

namespace cairn {
namespace {

using rules::Transformer;

std::string_view take_line(std::string_view& data) {
  const size_t end = std::min(data.find('\n'), data.size());
  const std::string_view line = data.substr(0, end);
  data.remove_prefix(std::min(end + 1, data.size()));
  return line;
}

void run(std::string_view data) {
  const std::string path(take_line(data));
  const std::string_view text = take_line(data);
  const auto transformer = Transformer::compile({{"a", path}, {"b", "$.detail"}}, text);
  if (!transformer) return;
  if (!rules::is_json_object(data)) return;  // events are
  const Result<std::string> out = transformer->apply(data, {"arn:aws:events:us-east-1:111122223333:rule/r", "r", "2026-01-01T00:00:00Z"});
  if (!out) return;
  if (out->size() > Transformer::kOutputBytesMax) std::abort();
  const size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos || (text[first] != '{' && text[first] != '[')) return;
  json::Cursor cursor(*out);
  if (!cursor.skip() || !cursor.at_end()) std::abort();
}

}  // namespace
}  // namespace cairn

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  cairn::run(std::string_view(reinterpret_cast<const char*>(bytes), size));
  return 0;
}
