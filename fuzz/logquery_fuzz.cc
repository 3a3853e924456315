// A line with a query (its commands may be separated by | as ever), the rest are log events, one a line: any query compiles or is refused
// with a place in it; running it ends, within its memory, and gives rows of its columns.
#include <cstdlib>

#include "logquery/formula.h"
#include "logquery/query.h"

namespace cairn {
namespace {

std::string_view take_line(std::string_view& data) {
  const size_t end = std::min(data.find('\n'), data.size());
  const std::string_view line = data.substr(0, end);
  data.remove_prefix(std::min(end + 1, data.size()));
  return line;
}

void expect_place(const logquery::Refusal& refusal, std::string_view text) {
  if (refusal.message.empty() || refusal.begin > refusal.end || refusal.end > text.size()) std::abort();
}

/// The same of an expression by itself; what is known not to hold without a look does not hold.
void run_formula(std::string_view text, std::string_view data) {
  const logquery::Dialect dialect{.words = {"Word"}, .free_text = true};
  const Result<logquery::Formula, logquery::Refusal> formula = logquery::Formula::compile(text, dialect);
  if (!formula) return expect_place(formula.error(), text);
  logquery::FormulaRun run(*formula, 1);
  while (!data.empty()) {
    const std::string_view message = take_line(data);
    const std::vector<std::string_view> words[] = {{message.substr(0, message.size() / 2), "word"}};
    const bool holds = run.holds({.message = message, .words = words});
    if (holds && !formula->may_hold(message)) std::abort();
    if (run.failed()) return;
  }
}

void run(std::string_view data) {
  const std::string_view text = take_line(data);
  run_formula(text, data);
  const Result<logquery::Query, logquery::Refusal> query = logquery::Query::compile(text);
  if (!query) return expect_place(query.error(), text);
  logquery::Run run(*query, {.rows = 10, .memory_bytes_max = 1 << 20, .pointer = [](const logquery::Event&) { return std::string("p"); }});
  int64_t time = 1'767'268'800'000;
  for (uint64_t position = 100; !data.empty() && position > 0; --position) {
    const std::string_view message = take_line(data);
    if (!run.add({.timestamp = time--, .log = "1:g", .stream = "s", .message = message, .position = position})) break;
  }
  const Result<logquery::Table> table = run.finish();
  if (!table) return;
  for (const auto& row : table->rows)
    if (row.size() != table->columns.size()) std::abort();
}

}  // namespace
}  // namespace cairn

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  cairn::run({reinterpret_cast<const char*>(data), size});
  return 0;
}
