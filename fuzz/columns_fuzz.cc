// Blocks of columns: any bytes are refused or read, and what was read is what is written again.
#include <cstdlib>

#include "history/columns.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace cairn::history;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  std::vector<uint32_t> numbers, again;
  for (size_t width = 1; width <= 4; ++width) {
    if (size == 0 || (size - 1) % width != 0) continue;
    const size_t count = (size - 1) / width;
    if (read_numbers(bytes, count, numbers) && (!read_numbers(code_numbers(numbers), count, again) || again != numbers)) std::abort();
  }
  ColumnValues values;
  for (uint32_t place = 0; place < 3; ++place) {
    const auto text = value_at(bytes, place);
    if (!text) continue;
    const auto number = values.number(*text);
    if (!number || values.text(*number) != *text || value_at(code_values(values, 0, values.size()), *number) != *text) std::abort();
  }
  if (const auto place = read_place(bytes); place && place->flags > 3) std::abort();
  return 0;
}
