#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "metrics/metric.h"
#include "metrics/row.h"
#include "segment/block.h"

/// Any bytes whatever as a batch of measurements or a metric's key: reading them ends, and what was read is what is written again.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  using namespace cairn;
  const std::string_view data(reinterpret_cast<const char*>(bytes), size);
  (void)metrics::decode_batch(data);
  // A block's checksum keeps nearly all bytes out: what is in one is tried by itself.
  if (const auto rows = metrics::decode_batch(segment::seal_block(data))) {
    metrics::Table table;
    for (const metrics::Row& row : *rows) table.add(row);
    const auto again = metrics::decode_batch(metrics::encode(table));
    CHECK(again.has_value() && again->size() == table.rows().size());
  }
  if (const auto metric = metrics::metric_of(data)) CHECK(metrics::key_of(*metric) == data);
  return 0;
}
