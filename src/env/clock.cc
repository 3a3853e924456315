#include "env/clock.h"

namespace cairn::env {
namespace {

class SystemClock final : public Clock {
 public:
  Time now() const override { return std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now()); }
  std::chrono::nanoseconds steady() const override { return std::chrono::steady_clock::now().time_since_epoch(); }
};

}  // namespace

const Clock& system_clock() {
  static const SystemClock clock;
  return clock;
}

}  // namespace cairn::env
