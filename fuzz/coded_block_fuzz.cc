// A block of coded records: any bytes are refused or read; and any record comes back as it was.
#include <cstdlib>

#include "history/coder.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace cairn::history;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  Coder coder;
  std::string out;
  for (int twice = 0; twice < 3; ++twice) {
    coder.add(bytes, 1'760'000'000);
    if (!coder.open_record(coder.open_events() - 1, 1'760'000'000, out) || out != bytes) std::abort();
  }
  if (const auto block = CodedBlock::open(bytes))
    for (uint32_t place = 0; place < block->events() && place < 100; ++place) (void)block->record(place, 1'760'000'000, coder, out);
  return 0;
}
