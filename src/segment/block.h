#pragma once
#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "base/result.h"

/// What the stores that follow the journal are built of: immutable files of checksummed, compressed blocks, and a manifest that says
/// which files count. docs/formats/segments.md.
namespace cairn::segment {

/// Blocks, and the integers within.
constexpr size_t kBlockRawBytesMax = 64 << 20;  // what a length field may ask us to allocate

constexpr int kLevel = 1;  // of zstd; higher ones are for what is written once and read long

/// `raw`, compressed where that helps; behind it `noise`, which does not compress, as it is. Opened, it is both as one.
std::string seal_block(std::string_view raw, std::string_view noise = {}, int level = kLevel);
/// The raw bytes. Total: any bytes give a block or a failure (without a file's name: the caller adds it).
Result<std::string> open_block(std::string_view sealed);

void put_u16(std::string& out, uint16_t v);
void put_u32(std::string& out, uint32_t v);
void put_u64(std::string& out, uint64_t v);
inline void put_varint(std::string& out, uint64_t v) {  // LEB128
  char bytes[10];
  size_t length = 0;
  for (; v >= 0x80; v >>= 7) bytes[length++] = static_cast<char>(v | 0x80);
  bytes[length++] = static_cast<char>(v);
  out.append(bytes, length);
}
template <class T>
T get(const char* p) {
  static_assert(std::endian::native == std::endian::little);
  T v;
  std::memcpy(&v, p, sizeof v);
  return v;
}
inline uint16_t get_u16(const char* p) { return get<uint16_t>(p); }
inline uint32_t get_u32(const char* p) { return get<uint32_t>(p); }
inline uint64_t get_u64(const char* p) { return get<uint64_t>(p); }

/// Reads front to back; after a read past the end `ok` is false and everything further is zero.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}
  uint32_t u32() { return take(4) ? get_u32(last_) : 0; }
  uint64_t u64() { return take(8) ? get_u64(last_) : 0; }
  uint64_t varint() {
    if (bytes_.size() >= 3) {  // nearly all are short
      const auto byte = [this](size_t at) { return static_cast<uint64_t>(static_cast<uint8_t>(bytes_[at])); };
      uint64_t v = byte(0);
      size_t length = 1;
      if (v >= 0x80) v = (v & 0x7f) | byte(length++) << 7;
      if (v >= 0x80 << 7) v = (v & 0x3fff) | byte(length++) << 14;
      if (v < 0x80 << 14) {
        bytes_.remove_prefix(length);
        return v;
      }
    }
    return long_varint();
  }
  std::string_view bytes(size_t n) { return take(n) ? std::string_view(last_, n) : std::string_view(); }
  size_t left() const { return bytes_.size(); }
  bool ok() const { return ok_; }

 private:
  uint64_t long_varint();
  bool take(size_t n) {
    if (n > bytes_.size()) {
      ok_ = false;
      bytes_ = {};
      return false;
    }
    last_ = bytes_.data();
    bytes_.remove_prefix(n);
    return true;
  }
  std::string_view bytes_;
  const char* last_ = nullptr;
  bool ok_ = true;
};

}  // namespace cairn::segment
