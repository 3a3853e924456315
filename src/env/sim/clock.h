#pragma once
#include <mutex>

#include "env/clock.h"

namespace cairn::env {

/// A clock that moves only when told. Starts at 2026-01-01T00:00:00Z. Any thread.
class SimClock final : public Clock {
 public:
  SimClock();
  explicit SimClock(Time start) : now_(start) {}

  Time now() const override;
  std::chrono::nanoseconds steady() const override;

  void advance(std::chrono::nanoseconds d);  // both clocks, d >= 0; fractions of a millisecond add up
  void set(Time t);                          // the wall clock jumps, also backwards; steady() does not notice

 private:
  mutable std::mutex mutex_;
  std::chrono::sys_time<std::chrono::nanoseconds> now_;
  std::chrono::nanoseconds steady_{std::chrono::hours(1)};
};

}  // namespace cairn::env
