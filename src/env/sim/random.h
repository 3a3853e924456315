#pragma once
#include <array>
#include <mutex>

#include "env/random.h"

namespace cairn::env {

/// The same numbers for the same seed, on every machine (xoshiro256**, its state drawn from the seed by splitmix64).
/// Any thread; the order is as the calls come.
class SimRandom final : public Random {
 public:
  explicit SimRandom(uint64_t seed);
  void fill(std::span<std::byte> out) override;

  uint64_t next();
  uint64_t below(uint64_t limit);  // evenly from 0 to limit-1; limit >= 1
  bool one_in(uint64_t n) { return below(n) == 0; }

 private:
  uint64_t draw();  // under mutex_
  std::mutex mutex_;
  std::array<uint64_t, 4> state_;
};

}  // namespace cairn::env
