#pragma once
#include <chrono>

#include "base/time.h"

namespace cairn::env {

/// The only source of time. Any thread.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Time now() const = 0;                         // UTC; may jump
  virtual std::chrono::nanoseconds steady() const = 0;  // never goes back; for intervals
};

const Clock& system_clock();

}  // namespace cairn::env
