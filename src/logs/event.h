#pragma once
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

/// The events of CloudWatch Logs' log groups. Groups and streams are opaque names here; times are milliseconds since 1970.
namespace cairn::logs {

/// Where an event stands in its group: by its time, then by the order in which it came.
struct Place {
  int64_t timestamp = 0;
  uint64_t position = 0;  // of the journal's entry that brought it ...
  uint32_t index = 0;     // ... and which event of that
  auto operator<=>(const Place&) const = default;
};

struct EventView {
  Place place;
  int64_t ingested = 0;
  std::string_view stream, message;
};

/// What one PutLogEvents brings to one stream.
struct Batch {
  struct Item {
    int64_t timestamp = 0;
    std::string message;
  };
  std::string group, stream;
  int64_t ingested = 0;
  std::vector<Item> items;
};

/// As the journal carries it to the store: a note of this topic. docs/formats/logs.md, "Batch".
constexpr std::string_view kNote = "logs";
std::string encode(const Batch& batch);
Result<Batch> decode_batch(std::string_view bytes);  // total: any bytes give a batch or a failure

}  // namespace cairn::logs
