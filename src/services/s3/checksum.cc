#include "services/s3/checksum.h"

#include <array>

#include "base/check.h"
#include "base/text.h"
#include "services/s3/errors.h"
#include "services/s3/input.h"

namespace cairn::s3 {
namespace {

constexpr auto kAlgorithms = std::to_array<ChecksumAlgorithm>({
    {"CRC32", "ChecksumCRC32", "crc32", crypto::Algorithm::kCrc32, true, true},
    {"CRC32C", "ChecksumCRC32C", "crc32c", crypto::Algorithm::kCrc32c, true, true},
    {"CRC64NVME", "ChecksumCRC64NVME", "crc64nvme", crypto::Algorithm::kCrc64Nvme, true, false},
    {"SHA1", "ChecksumSHA1", "sha1", crypto::Algorithm::kSha1, false, true},
    {"SHA256", "ChecksumSHA256", "sha256", crypto::Algorithm::kSha256, false, true},
});

/// A reflected CRC's polynomial: bit 0 of the register is the highest power.
struct Polynomial {
  uint64_t value;
  int bits;
};

Polynomial polynomial(crypto::Algorithm hash) {
  switch (hash) {
    case crypto::Algorithm::kCrc32:
      return {0xEDB88320, 32};
    case crypto::Algorithm::kCrc32c:
      return {0x82F63B78, 32};
    case crypto::Algorithm::kCrc64Nvme:
      return {0x9A6C9329AC4BC9B5, 64};
    default:
      CHECK(false);
      return {};
  }
}

/// a * b modulo the polynomial.
uint64_t multiply(uint64_t a, uint64_t b, const Polynomial& p) {
  uint64_t product = 0;
  for (uint64_t bit = uint64_t{1} << (p.bits - 1); bit != 0; bit >>= 1) {
    if (a & bit) product ^= b;
    b = (b & 1) != 0 ? (b >> 1) ^ p.value : b >> 1;
  }
  return product;
}

/// x to the power of 8 * n: what n further bytes do to a register.
uint64_t shift_by_bytes(uint64_t n, const Polynomial& p) {
  uint64_t result = uint64_t{1} << (p.bits - 1);     // x^0
  uint64_t power = uint64_t{1} << (p.bits - 1 - 8);  // x^8
  for (; n != 0; n >>= 1) {
    if (n & 1) result = multiply(power, result, p);
    power = multiply(power, power, p);
  }
  return result;
}

uint64_t from_bytes(std::string_view bytes) {
  uint64_t value = 0;
  for (unsigned char c : bytes) value = value << 8 | c;
  return value;
}

std::string to_bytes(uint64_t value, int bits) {
  std::string bytes;
  for (int shift = bits - 8; shift >= 0; shift -= 8) bytes += static_cast<char>(value >> shift & 0xff);
  return bytes;
}

}  // namespace

const ChecksumAlgorithm* checksum_algorithm(std::string_view name) {
  for (const ChecksumAlgorithm& algorithm : kAlgorithms)
    if (algorithm.name == name) return &algorithm;
  return nullptr;
}

const ChecksumAlgorithm& default_checksum() { return *checksum_algorithm("CRC64NVME"); }

const ChecksumAlgorithm* given_checksum(const Json& in) {
  for (const ChecksumAlgorithm& algorithm : kAlgorithms)
    if (has(in, algorithm.member)) return &algorithm;
  return nullptr;
}

const ChecksumAlgorithm& checked_algorithm(std::string_view name) {
  const ChecksumAlgorithm* algorithm = checksum_algorithm(name);
  if (algorithm == nullptr) {
    throw Error(kInvalidRequest,
                "Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, CRC64NVME, "
                "SHA1, SHA256]");
  }
  return *algorithm;
}

void Checksum::show_value(Json& out) const {
  if (const ChecksumAlgorithm* known = checksum_algorithm(algorithm)) out[std::string(known->member)] = value;
}

void Checksum::show(Json& out) const {
  if (algorithm.empty()) return;
  show_value(out);
  out["ChecksumType"] = std::string(type());
}

std::string combine_crc(const ChecksumAlgorithm& algorithm, std::string_view a, std::string_view b, uint64_t b_bytes) {
  // Both start from and end with all ones; these cancel out, so that only A's register must be moved past B.
  const Polynomial p = polynomial(algorithm.hash);
  return to_bytes(multiply(shift_by_bytes(b_bytes, p), from_bytes(a), p) ^ from_bytes(b), p.bits);
}

PartsChecksum::PartsChecksum(const ChecksumAlgorithm& algorithm, bool composite) : algorithm_(algorithm), composite_(composite) {
  CHECK(composite ? algorithm.composite : algorithm.whole);
}

void PartsChecksum::add(std::string_view raw, uint64_t part_bytes) {
  if (composite_) {
    value_ += raw;
  } else {
    value_ = parts_ == 0 ? std::string(raw) : combine_crc(algorithm_, value_, raw, part_bytes);
  }
  ++parts_;
}

Checksum PartsChecksum::finish() {
  Checksum checksum{.algorithm = std::string(algorithm_.name), .composite = composite_};
  checksum.value = composite_ ? fmt::format("{}-{}", text::base64(crypto::digest(algorithm_.hash, value_)), parts_) : text::base64(value_);
  return checksum;
}

}  // namespace cairn::s3
