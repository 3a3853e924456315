// Any text as the rule of a composite alarm and as a metric-math expression: reading ends, with what can be evaluated or a refusal with a
// place in it; and evaluating ends.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "services/monitoring/expression.h"
#include "services/monitoring/math.h"
#include "services/monitoring/rule.h"

namespace cairn::cloudwatch {
namespace {

void read_rule(std::string_view text) {
  const auto rule = AlarmRule::read(text);
  if (!rule) {
    if (rule.error().offset > text.size() || rule.error().message.empty()) std::abort();
    return;
  }
  if (rule->children().size() > AlarmRule::kChildrenMax) std::abort();
  for (const char* state : {"OK", "ALARM", "INSUFFICIENT_DATA", ""})
    (void)rule->holds([&](const std::string&) { return std::string(state); });
}

void evaluate_expression(std::string_view text) {
  const auto expression = read_expression(text);
  if (!expression) {
    if (expression.error().offset > text.size() || expression.error().message.empty()) std::abort();
    return;
  }
  const Series series{.id = "a", .label = "a", .start = 0, .end = 300, .period = 60, .points = {{0, 1}, {60, 2}, {180, -1}}};
  Surroundings surroundings{.value_of = {}, .metrics = {}, .start = 0, .end = 300, .period = 60};
  surroundings.value_of = [&](const std::string& id) -> Value {
    if (id == "a") return series;
    throw MathError{"no such id"};
  };
  surroundings.metrics = [&](const std::string&) { return std::vector<Series>{series, series}; };
  try {
    (void)evaluate(*expression, surroundings);
  } catch (const MathError& error) {
    if (error.message.empty()) std::abort();
  }
}

}  // namespace
}  // namespace cairn::cloudwatch

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  cairn::cloudwatch::read_rule(text);
  cairn::cloudwatch::evaluate_expression(text);
  return 0;
}
