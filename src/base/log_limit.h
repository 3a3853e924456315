#pragma once
#include <atomic>
#include <cstdint>
#include <optional>

#include "base/time.h"

namespace cairn::log {

/// For what comes in floods: one line a second at most. Any thread.
class Limit {
 public:
  /// nullopt: not now; else how many were passed over since the last line.
  std::optional<uint64_t> admit(Time now);

 private:
  std::atomic<Time::rep> last_{0};
  std::atomic<uint64_t> passed_over_{0};
};

}  // namespace cairn::log
