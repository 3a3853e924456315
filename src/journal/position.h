#pragma once
#include <compare>
#include <cstdint>

namespace cairn::journal {

/// Where an entry stands: 1, 2, 3 ... without gaps. 0 is "before the first".
struct Position {
  uint64_t seq = 0;
  auto operator<=>(const Position&) const = default;
};

}  // namespace cairn::journal
