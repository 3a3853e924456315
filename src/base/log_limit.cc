#include "base/log_limit.h"

namespace cairn::log {

std::optional<uint64_t> Limit::admit(Time now) {
  constexpr std::chrono::milliseconds kInterval{1000};
  const Time::rep here = now.time_since_epoch().count();
  Time::rep last = last_.load(std::memory_order_relaxed);
  const bool due = here - last >= kInterval.count() || here < last;
  if (due && last_.compare_exchange_strong(last, here, std::memory_order_relaxed))
    return passed_over_.exchange(0, std::memory_order_relaxed);
  passed_over_.fetch_add(1, std::memory_order_relaxed);
  return std::nullopt;
}

}  // namespace cairn::log
