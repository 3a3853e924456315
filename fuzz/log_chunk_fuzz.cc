#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "logs/chunk.h"
#include "logs/event.h"
#include "segment/block.h"

/// Any bytes whatever as a batch or a chunk of log events: reading them ends, and what was read is what is written again.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace cairn;
  const std::string_view data(reinterpret_cast<const char*>(bytes), size);
  if (const Result<logs::Chunk> chunk = logs::decode_chunk(data)) {
    const Result<logs::Chunk> again = logs::decode_chunk(logs::encode(*chunk));
    CHECK(again.has_value() && again->size() == chunk->size());
    for (size_t i = 0; i < chunk->size(); ++i)
      CHECK((*again)[i].place == (*chunk)[i].place && (*again)[i].message == (*chunk)[i].message &&
            (*again)[i].stream == (*chunk)[i].stream);
  }
  (void)logs::decode_batch(data);
  // A block's checksum keeps nearly all bytes out: what is in one is tried by itself.
  if (const Result<logs::Batch> batch = logs::decode_batch(segment::seal_block(data))) {
    const Result<logs::Batch> again = logs::decode_batch(logs::encode(*batch));
    CHECK(again.has_value() && again->items.size() == batch->items.size());
  }
  return 0;
}
