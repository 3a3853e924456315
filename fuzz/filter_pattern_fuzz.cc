// A line with a filter pattern, a line with a field, the rest is a log event: any pattern compiles or is refused with a place in it, and
// matching ends, with and without values alike. The walk over JSON accepts what the parser accepts, and nothing else.
#include <cstdlib>

#include "base/json.h"
#include "base/json_cursor.h"
#include "base/text.h"
#include "patterns/filter/filter_pattern.h"

namespace cairn {
namespace {

using patterns::FilterPattern;

std::string_view take_line(std::string_view& data) {
  const size_t end = std::min(data.find('\n'), data.size());
  const std::string_view line = data.substr(0, end);
  data.remove_prefix(std::min(end + 1, data.size()));
  return line;
}

void hold_against_parser(std::string_view text) {
  json::Cursor cursor(text);
  const bool is_json = cursor.skip() && cursor.at_end(), parsed = json::parse(text).has_value();
  if (parsed && !is_json) std::abort();
  const bool numbers_fit =
      text.size() < 300 && text.find_first_of("eE") == std::string_view::npos;  // the parser refuses those beyond double
  if (is_json && !parsed && numbers_fit && text::is_utf8(text)) std::abort();
}

void match(std::string_view data) {
  const std::string_view text = take_line(data), field = take_line(data);
  const Result<FilterPattern, patterns::Refusal> pattern = FilterPattern::compile(text);
  if (!pattern) {
    if (pattern.error().offset > text.size() || pattern.error().message.empty()) std::abort();
    return;
  }
  const bool matches = pattern->matches(data);
  const std::vector<std::string> fields = {std::string(field)};
  if (const Result<FilterPattern, patterns::Refusal> with_field = FilterPattern::compile(text, fields)) {
    FilterPattern::Values values;
    if (with_field->matches(data, values) != matches || (matches && values.size() != 1)) std::abort();
  }
  if (matches) (void)pattern->extracted(data);
}

}  // namespace
}  // namespace cairn

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const std::string_view data(reinterpret_cast<const char*>(bytes), size);
  cairn::hold_against_parser(data);
  cairn::match(data);
  return 0;
}
