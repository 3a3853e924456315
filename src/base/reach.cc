#include "base/reach.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>

namespace cairn {
namespace {

struct Network {
  uint32_t address;
  int bits;
};
constexpr uint32_t v4(uint32_t a, uint32_t b, uint32_t c, uint32_t d) { return a << 24 | b << 16 | c << 8 | d; }
constexpr Network kPrivate[] = {{v4(0, 0, 0, 0), 8},     {v4(10, 0, 0, 0), 8},      {v4(100, 64, 0, 0), 10},  {v4(169, 254, 0, 0), 16},
                                {v4(172, 16, 0, 0), 12}, {v4(192, 0, 0, 0), 24},    {v4(192, 0, 2, 0), 24},   {v4(192, 168, 0, 0), 16},
                                {v4(198, 18, 0, 0), 15}, {v4(198, 51, 100, 0), 24}, {v4(203, 0, 113, 0), 24}, {v4(224, 0, 0, 0), 4},
                                {v4(240, 0, 0, 0), 4}};

Reach reach_of_v4(uint32_t address) {
  if (address >> 24 == 127) return Reach::kLoopback;
  const bool is_private = std::ranges::any_of(kPrivate, [&](const Network& n) { return (address ^ n.address) >> (32 - n.bits) == 0; });
  return is_private ? Reach::kPrivate : Reach::kPublic;
}

}  // namespace

std::optional<Reach> reach_of(std::string_view text) {
  const std::string address(text);
  in_addr four{};
  if (inet_pton(AF_INET, address.c_str(), &four) == 1) return reach_of_v4(ntohl(four.s_addr));
  std::array<uint8_t, 16> six{};
  if (inet_pton(AF_INET6, address.c_str(), six.data()) != 1) return std::nullopt;
  const auto v4_at = [&](size_t at) { return v4(six[at], six[at + 1], six[at + 2], six[at + 3]); };
  const auto begins = [&](std::initializer_list<uint8_t> bytes) { return std::equal(bytes.begin(), bytes.end(), six.begin()); };
  if (begins({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff})) return reach_of_v4(v4_at(12));     // mapped
  if (begins({0, 0x64, 0xff, 0x9b, 0, 0, 0, 0, 0, 0, 0, 0})) return reach_of_v4(v4_at(12));  // translated
  if (begins({0x20, 0x02})) return reach_of_v4(v4_at(2));                                    // 6to4
  if (begins({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1})) return Reach::kLoopback;
  const bool is_global = six[0] >> 5 == 1;  // 2000::/3 is all that was ever given out
  return is_global && !begins({0x20, 0x01, 0x0d, 0xb8}) ? Reach::kPublic : Reach::kPrivate;
}

}  // namespace cairn
