#include "base/crc.h"

#include <array>
#include <bit>
#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace cairn::crc {
namespace {

static_assert(std::endian::native == std::endian::little, "eight bytes at a time are read as one little-endian number");

// "Slicing by 8": table[k][b] is what byte b does to the checksum when k more bytes follow it, so that eight bytes need
// eight lookups that do not wait for each other.
template <class Word>
using Tables = std::array<std::array<Word, 256>, 8>;

template <class Word>
constexpr Tables<Word> make_tables(Word polynomial) {
  Tables<Word> tables{};
  for (size_t b = 0; b < 256; ++b) {
    Word value = static_cast<Word>(b);
    for (int bit = 0; bit < 8; ++bit) value = value & 1 ? value >> 1 ^ polynomial : value >> 1;
    tables[0][b] = value;
  }
  for (size_t k = 1; k < 8; ++k) {
    for (size_t b = 0; b < 256; ++b) tables[k][b] = tables[k - 1][b] >> 8 ^ tables[0][tables[k - 1][b] & 0xFF];
  }
  return tables;
}

constexpr auto kCrc32 = make_tables<uint32_t>(0xEDB88320u);
constexpr auto kCrc32c = make_tables<uint32_t>(0x82F63B78u);
constexpr auto kCrc64Nvme = make_tables<uint64_t>(0x9A6C9329AC4BC9B5u);

template <class Word>
Word run(const Tables<Word>& t, std::string_view data, Word seed) {
  Word value = ~seed;
  const char* p = data.data();
  size_t left = data.size();
  for (; left >= 8; left -= 8, p += 8) {
    uint64_t eight;
    std::memcpy(&eight, p, 8);
    eight ^= value;
    value = t[7][eight & 0xFF] ^ t[6][eight >> 8 & 0xFF] ^ t[5][eight >> 16 & 0xFF] ^ t[4][eight >> 24 & 0xFF] ^ t[3][eight >> 32 & 0xFF] ^
            t[2][eight >> 40 & 0xFF] ^ t[1][eight >> 48 & 0xFF] ^ t[0][eight >> 56];
  }
  for (; left; --left, ++p) value = value >> 8 ^ t[0][(value ^ static_cast<unsigned char>(*p)) & 0xFF];
  return ~value;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) uint32_t crc32c_by_instruction(std::string_view data, uint32_t seed) {
  uint64_t value = ~seed;
  const char* p = data.data();
  size_t left = data.size();
  for (; left >= 8; left -= 8, p += 8) {
    uint64_t eight;
    std::memcpy(&eight, p, 8);
    value = _mm_crc32_u64(value, eight);
  }
  auto narrow = static_cast<uint32_t>(value);
  for (; left; --left, ++p) narrow = _mm_crc32_u8(narrow, static_cast<unsigned char>(*p));
  return ~narrow;
}
#endif

}  // namespace

uint32_t crc32(std::string_view data, uint32_t seed) { return run(kCrc32, data, seed); }

uint32_t crc32c(std::string_view data, uint32_t seed) {
#if defined(__x86_64__)
  static const bool has_instruction = __builtin_cpu_supports("sse4.2");
  if (has_instruction) return crc32c_by_instruction(data, seed);
#endif
  return run(kCrc32c, data, seed);
}

uint64_t crc64_nvme(std::string_view data, uint64_t seed) { return run(kCrc64Nvme, data, seed); }

}  // namespace cairn::crc
