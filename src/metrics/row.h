#pragma once
#include <compare>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "metrics/summary.h"
#include "metrics/unit.h"

namespace cairn::metrics {

/// Which measurements of a metric are kept as one: those of one unit in one span of `resolution` seconds from `time` on.
struct Slot {
  int64_t time = 0;  // seconds since 1970, a multiple of the resolution
  uint32_t resolution = 60;
  Unit unit = 0;
  auto operator<=>(const Slot&) const = default;
};

/// The slot of a moment. `resolution`: 1 for high-resolution metrics, else 60.
Slot slot_of(int64_t seconds, uint32_t resolution, Unit unit);

struct Bucket {
  Slot slot;
  Summary summary;
};

/// Some of what was measured of one metric, in the order of the slots.
struct Row {
  std::string key;
  std::vector<Bucket> buckets;
};

/// Gathers measurements, by metric and slot. Not thread-safe.
class Table {
 public:
  using Slots = std::map<Slot, Summary>;
  using Rows = std::map<std::string, Slots, std::less<>>;

  void add(std::string_view key, const Slot& slot, const Summary& summary);
  void add(const Row& row);

  bool empty() const { return rows_.empty(); }
  size_t bytes() const { return bytes_; }  // of memory, near enough
  uint64_t buckets() const { return buckets_; }
  const Rows& rows() const { return rows_; }

 private:
  Rows rows_;
  size_t bytes_ = 0;
  uint64_t buckets_ = 0;
};

/// docs/formats/metrics.md, "Row".
void encode(std::string& out, const Row& row);
Row decode_row(segment::Reader& in);  // any bytes give one; the reader tells whether they were enough

/// As the journal carries measurements to the store: a note of this topic. docs/formats/metrics.md, "Batch".
constexpr std::string_view kNote = "metrics";
std::string encode(const Table& table);
Result<std::vector<Row>> decode_batch(std::string_view bytes);  // total: any bytes give rows or a failure

}  // namespace cairn::metrics
