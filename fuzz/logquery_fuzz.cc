// A line with a query (its commands may be separated by | as ever), the rest are log events, one a line: any query compiles or is refused
// with a place in it; running it ends, within its memory, and gives rows of its columns.
#include <cstdlib>

#include "logquery/query.h"

namespace cairn {
namespace {

std::string_view take_line(std::string_view& data) {
  const size_t end = std::min(data.find('\n'), data.size());
  const std::string_view line = data.substr(0, end);
  data.remove_prefix(std::min(end + 1, data.size()));
  return line;
}

void run(std::string_view data) {
  const std::string_view text = take_line(data);
  const Result<logquery::Query, logquery::Refusal> query = logquery::Query::compile(text);
  if (!query) {
    const logquery::Refusal& refusal = query.error();
    if (refusal.message.empty() || refusal.begin > refusal.end || refusal.end > text.size()) std::abort();
    return;
  }
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
