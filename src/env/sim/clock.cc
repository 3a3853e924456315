#include "env/sim/clock.h"

#include "base/check.h"

namespace cairn::env {

SimClock::SimClock() : now_(std::chrono::sys_days(std::chrono::year(2026) / 1 / 1)) {}

Time SimClock::now() const {
  std::lock_guard lock(mutex_);
  return std::chrono::floor<std::chrono::milliseconds>(now_);
}

std::chrono::nanoseconds SimClock::steady() const {
  std::lock_guard lock(mutex_);
  return steady_;
}

void SimClock::advance(std::chrono::nanoseconds d) {
  CHECK(d.count() >= 0);
  std::lock_guard lock(mutex_);
  now_ += d;
  steady_ += d;
}

void SimClock::set(Time t) {
  std::lock_guard lock(mutex_);
  now_ = t;
}

}  // namespace cairn::env
