#include "env/sim/random.h"

#include <algorithm>
#include <bit>

#include "base/check.h"

namespace cairn::env {

SimRandom::SimRandom(uint64_t seed) {
  for (uint64_t& word : state_) {  // splitmix64: never leaves all four words zero
    uint64_t z = seed += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    word = z ^ z >> 31;
  }
}

uint64_t SimRandom::draw() {
  uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
  uint64_t t = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= t;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

uint64_t SimRandom::next() {
  std::lock_guard lock(mutex_);
  return draw();
}

uint64_t SimRandom::below(uint64_t limit) {
  CHECK(limit >= 1);
  uint64_t usable = UINT64_MAX - UINT64_MAX % limit;
  for (;;) {
    uint64_t value = next();
    if (value < usable) return value % limit;
  }
}

void SimRandom::fill(std::span<std::byte> out) {
  std::lock_guard lock(mutex_);
  while (!out.empty()) {
    uint64_t word = draw();
    size_t n = std::min(out.size(), sizeof word);
    for (size_t i = 0; i < n; ++i, word >>= 8) out[i] = static_cast<std::byte>(word & 0xFF);
    out = out.subspan(n);
  }
}

}  // namespace cairn::env
