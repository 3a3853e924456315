#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

/// Hashes and checksums, over OpenSSL where it has them. Results are raw bytes (see text::hex, text::base64). Any thread.
namespace cairn::crypto {

std::string sha256(std::string_view data);  // 32 bytes
std::string hmac_sha256(std::string_view key, std::string_view data);
std::string md5(std::string_view data);  // 16 bytes (ETags)
bool equal_constant_time(std::string_view a, std::string_view b);

/// One running hash over a stream. kCrc*: big-endian bytes, as S3's checksum headers carry them (base64 of these).
enum class Algorithm { kMd5, kSha1, kSha256, kCrc32, kCrc32c, kCrc64Nvme };
class Hasher {
 public:
  explicit Hasher(Algorithm algorithm);
  Hasher(Hasher&&) noexcept;
  Hasher& operator=(Hasher&&) noexcept;
  ~Hasher();
  void update(std::string_view data);
  std::string finish();  // once

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};
std::string digest(Algorithm algorithm, std::string_view data);

/// CRC-32C (Castagnoli) of `data`, continuing from `seed` (0 to begin). Used by on-disk formats.
uint32_t crc32c(std::string_view data, uint32_t seed = 0);

}  // namespace cairn::crypto
