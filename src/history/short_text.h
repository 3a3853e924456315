#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>

/// Records consist of short texts: they are copied and read here without a call for each.
namespace cairn::history {

/// memcpy; returns where the copy ends.
inline char* copy_short(char* to, const char* from, size_t n) {
  struct Sixteen {
    uint64_t low, high;
  };
  // The first and the last bytes, which may overlap.
  const auto twice = [&]<class Part>(Part first) {
    Part last;
    std::memcpy(&first, from, sizeof first);
    std::memcpy(&last, from + n - sizeof last, sizeof last);
    std::memcpy(to, &first, sizeof first);
    std::memcpy(to + n - sizeof last, &last, sizeof last);
  };
  if (n > 2 * sizeof(Sixteen)) {
    std::memcpy(to, from, n);
  } else if (n >= sizeof(Sixteen)) {
    twice(Sixteen());
  } else if (n >= 8) {
    twice(uint64_t());
  } else if (n >= 4) {
    twice(uint32_t());
  } else if (n > 0) {
    const char first = from[0], middle = from[n / 2], last = from[n - 1];
    to[0] = first;
    to[n / 2] = middle;
    to[n - 1] = last;
  }
  return to + n;
}

/// Fewer than eight bytes as a number, the first lowest.
inline uint64_t read_short(const char* p, size_t n) {
  const auto byte = [p](size_t i) { return uint64_t{static_cast<uint8_t>(p[i])} << (8 * i); };
  if (n >= 4) {
    uint32_t first, last;
    std::memcpy(&first, p, sizeof first);
    std::memcpy(&last, p + n - sizeof last, sizeof last);
    return first | uint64_t{last} << (8 * (n - sizeof last));
  }
  return n == 0 ? 0 : byte(0) | byte(n / 2) | byte(n - 1);
}

}  // namespace cairn::history
