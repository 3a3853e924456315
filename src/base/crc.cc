#include "base/crc.h"

#include <array>
#include <bit>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
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

constexpr uint32_t kCrc32Polynomial = 0xEDB88320u, kCrc32cPolynomial = 0x82F63B78u;
constexpr uint64_t kCrc64NvmePolynomial = 0x9A6C9329AC4BC9B5u;
constexpr auto kCrc32 = make_tables(kCrc32Polynomial);
constexpr auto kCrc32c = make_tables(kCrc32cPolynomial);
constexpr auto kCrc64Nvme = make_tables(kCrc64NvmePolynomial);

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
/// x^n modulo the polynomial, reflected as it is, so that x^0 is the highest bit.
constexpr uint64_t power_of_x(int n, uint32_t polynomial) {
  uint32_t power = uint32_t{1} << 31;
  for (; n > 0; --n) power = power & 1 ? power >> 1 ^ polynomial : power >> 1;
  return uint64_t{power} << 32;
}
constexpr uint64_t power_of_x(int n, uint64_t polynomial) {
  uint64_t power = uint64_t{1} << 63;
  for (; n > 0; --n) power = power & 1 ? power >> 1 ^ polynomial : power >> 1;
  return power;
}

/// What multiplies a block of 16 bytes by x^`bits`: its first eight bytes stand 64 bits higher. One less each, as the product of two
/// reflected numbers comes out one bit higher.
template <auto kPolynomial, int kBits>
struct Fold {
  static constexpr uint64_t kFirst = power_of_x(kBits + 63, kPolynomial), kSecond = power_of_x(kBits - 1, kPolynomial);
};

template <class F>
__attribute__((target("pclmul,sse4.1"))) inline __m128i fold(__m128i block, __m128i next) {
  const __m128i by = _mm_set_epi64x(static_cast<int64_t>(F::kSecond), static_cast<int64_t>(F::kFirst));
  return _mm_xor_si128(next, _mm_xor_si128(_mm_clmulepi64_si128(block, by, 0x00), _mm_clmulepi64_si128(block, by, 0x11)));
}

constexpr size_t kFoldedBytesMin = 128;

/// Blocks are multiplied by their distance and added to those that follow ("Fast CRC Computation for Generic Polynomials Using
/// PCLMULQDQ", Intel 2009), four at a time; what remains is 16 bytes with the same checksum, for the tables.
template <auto kPolynomial, class Word>
__attribute__((target("pclmul,sse4.1"))) Word run_folding(const Tables<Word>& tables, std::string_view data, Word seed) {
  using By64 = Fold<kPolynomial, 512>;
  using By16 = Fold<kPolynomial, 128>;
  const auto* p = reinterpret_cast<const __m128i*>(data.data());
  const Word begin = ~seed;
  __m128i a = _mm_xor_si128(_mm_loadu_si128(p), _mm_set_epi64x(0, static_cast<int64_t>(uint64_t{begin})));
  __m128i b = _mm_loadu_si128(p + 1), c = _mm_loadu_si128(p + 2), d = _mm_loadu_si128(p + 3);
  size_t left = data.size() - 64;
  for (p += 4; left >= 64; left -= 64, p += 4) {
    a = fold<By64>(a, _mm_loadu_si128(p));
    b = fold<By64>(b, _mm_loadu_si128(p + 1));
    c = fold<By64>(c, _mm_loadu_si128(p + 2));
    d = fold<By64>(d, _mm_loadu_si128(p + 3));
  }
  d = fold<By16>(fold<By16>(fold<By16>(a, b), c), d);
  for (; left >= 16; left -= 16, ++p) d = fold<By16>(d, _mm_loadu_si128(p));
  char rest[16];
  _mm_storeu_si128(reinterpret_cast<__m128i*>(rest), d);
  return run(tables, data.substr(data.size() - left), run(tables, {rest, sizeof rest}, static_cast<Word>(~Word{0})));
}

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

template <auto kPolynomial, class Word>
Word run_fastest(const Tables<Word>& tables, std::string_view data, Word seed) {
#if defined(__x86_64__)
  static const bool has_instruction = __builtin_cpu_supports("pclmul");
  if (has_instruction && data.size() >= kFoldedBytesMin) return run_folding<kPolynomial>(tables, data, seed);
#endif
  return run(tables, data, seed);
}

}  // namespace

uint32_t crc32(std::string_view data, uint32_t seed) { return run_fastest<kCrc32Polynomial>(kCrc32, data, seed); }

uint32_t crc32c(std::string_view data, uint32_t seed) {
#if defined(__x86_64__)
  static const bool has_instruction = __builtin_cpu_supports("sse4.2");
  if (has_instruction) return crc32c_by_instruction(data, seed);
#endif
  return run(kCrc32c, data, seed);
}

uint64_t crc64_nvme(std::string_view data, uint64_t seed) { return run_fastest<kCrc64NvmePolynomial>(kCrc64Nvme, data, seed); }

}  // namespace cairn::crc
