#pragma once
#include <cstdint>
#include <span>
#include <string>

namespace cairn::env {

/// The only source of randomness. Any thread. The system's is cryptographically strong; the simulated one is seeded.
class Random {
 public:
  virtual ~Random() = default;
  virtual void fill(std::span<std::byte> out) = 0;

  std::string bytes(size_t n);
  std::string uuid();                                   // version 4, lower case
  std::string letters(size_t n, const char* alphabet);  // n characters drawn evenly from `alphabet`
};

Random& system_random();

}  // namespace cairn::env
