// A block of coded records: any bytes are refused or read; any record comes back as it was, also from another dictionary.
#include <cstdlib>

#include "history/recoder.h"

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
    for (uint32_t place = 0; place < block->events() && place < 100; ++place) {
      const bool is_sound = block->record(place, 1'760'000'000, coder, out);
      Coder other;
      if (!Recoder(other, coder, coder.words()).add(block->coded(place))) {
        if (is_sound) std::abort();
        continue;
      }
      std::string again;
      if (other.open_record(0, 1'760'000'000, again) != is_sound || (is_sound && again != out)) std::abort();
    }
  return 0;
}
