#pragma once
#include <cstdint>
#include <optional>

#include "metrics/row.h"

/// How long measurements are kept, and how finely: AWS's numbers. Seconds.
namespace cairn::metrics {

constexpr int64_t kHour = 3600, kDay = 24 * kHour;

struct Grain {
  int64_t age;          // up to so old ...
  uint32_t resolution;  // ... this finely
};
inline constexpr Grain kGrains[] = {{3 * kHour, 1}, {15 * kDay, 60}, {63 * kDay, 300}, {455 * kDay, 3600}};
constexpr int64_t kAgeMax = kGrains[3].age;

/// The finest resolution of what is `age` old; nullopt: nothing is kept of it.
constexpr std::optional<uint32_t> resolution_at(int64_t age) {
  for (const Grain& grain : kGrains)
    if (age <= grain.age) return grain.resolution;
  return std::nullopt;
}

/// The slot that takes over what is in this one. nullopt: it is too old for any.
inline std::optional<Slot> slot_at(const Slot& slot, int64_t now) {
  const std::optional<uint32_t> finest = resolution_at(now - slot.time);
  if (!finest) return std::nullopt;
  if (slot.resolution >= *finest) return slot;
  return slot_of(slot.time, *finest, slot.unit);
}

}  // namespace cairn::metrics
