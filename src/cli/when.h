#pragma once
#include <optional>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace cairn::cli {

/// A moment as people write it: ISO 8601 (date alone: midnight UTC), seconds since 1970, `now`, or how long ago (`15m`, `2h`, `7d`).
Result<Time> parse_when(std::string_view text, Time now);

}  // namespace cairn::cli
