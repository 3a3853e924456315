#include "segment/block.h"

#include <zstd.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "base/check.h"
#include "base/crypto.h"

namespace cairn::segment {

namespace {

constexpr uint32_t kStoredAsIs = 0x80000000;
constexpr uint32_t kWithNoise = 0x40000000;
constexpr size_t kHeaderBytes = 8;

struct FreeContext {
  void operator()(ZSTD_CCtx* c) const { ZSTD_freeCCtx(c); }
  void operator()(ZSTD_DCtx* c) const { ZSTD_freeDCtx(c); }
};

template <class T>
void put(std::string& out, T v) {
  for (size_t i = 0; i < sizeof(T); ++i) out += static_cast<char>(v >> (8 * i));
}

}  // namespace

void put_u16(std::string& out, uint16_t v) { put(out, v); }
void put_u32(std::string& out, uint32_t v) { put(out, v); }
void put_u64(std::string& out, uint64_t v) { put(out, v); }

std::string seal_block(std::string_view raw, std::string_view noise, int level) {
  CHECK(raw.size() + noise.size() <= kBlockRawBytesMax);
  thread_local std::unique_ptr<ZSTD_CCtx, FreeContext> context(ZSTD_createCCtx());
  const size_t begin = kHeaderBytes + (noise.empty() ? 0 : 4);
  std::string out(begin + ZSTD_compressBound(raw.size()) + noise.size(), '\0');
  size_t size = ZSTD_compressCCtx(context.get(), out.data() + begin, out.size() - begin, raw.data(), raw.size(), level);
  CHECK(!ZSTD_isError(size));
  auto length = static_cast<uint32_t>(raw.size() + noise.size());
  std::string header;
  if (noise.empty() && size >= raw.size()) {
    length |= kStoredAsIs;
    size = raw.size();
    std::memcpy(out.data() + begin, raw.data(), raw.size());
  } else if (!noise.empty()) {
    length |= kWithNoise;
    put_u32(header, static_cast<uint32_t>(size));
    std::memcpy(out.data() + kHeaderBytes, header.data(), 4);
    header.clear();
    std::memcpy(out.data() + begin + size, noise.data(), noise.size());
  }
  out.resize(begin + size + noise.size());
  put_u32(header, length);
  put_u32(header, crypto::crc32c(std::string_view(out).substr(kHeaderBytes), crypto::crc32c(header)));
  std::memcpy(out.data(), header.data(), kHeaderBytes);
  out.shrink_to_fit();
  return out;
}

Result<std::string> open_block(std::string_view sealed) {
  if (sealed.size() < kHeaderBytes) return failure("a block is cut short");
  std::string_view payload = sealed.substr(kHeaderBytes);
  if (get_u32(sealed.data() + 4) != crypto::crc32c(payload, crypto::crc32c(sealed.substr(0, 4)))) {
    return failure("a block's checksum is wrong");
  }
  const uint32_t field = get_u32(sealed.data());
  const size_t length = field & ~(kStoredAsIs | kWithNoise);
  if (length > kBlockRawBytesMax) return failure("a block is too long");
  if (field & kStoredAsIs) {
    if (length != payload.size()) return failure("a block has a wrong length");
    return std::string(payload);
  }
  std::string_view noise;
  if (field & kWithNoise) {
    const size_t compressed = payload.size() < 4 ? SIZE_MAX : get_u32(payload.data());
    if (compressed > payload.size() - std::min<size_t>(4, payload.size())) return failure("a block has a wrong length");
    noise = payload.substr(4 + compressed);
    payload = payload.substr(4, compressed);
    if (noise.size() > length) return failure("a block has a wrong length");
  }
  thread_local std::unique_ptr<ZSTD_DCtx, FreeContext> context(ZSTD_createDCtx());
  std::string raw(length, '\0');
  const size_t expected = length - noise.size();
  const size_t size = ZSTD_decompressDCtx(context.get(), raw.data(), expected, payload.data(), payload.size());
  if (ZSTD_isError(size) || size != expected) return failure("a block cannot be decompressed");
  std::ranges::copy(noise, raw.begin() + static_cast<ptrdiff_t>(expected));
  return raw;
}

uint64_t Reader::long_varint() {
  uint64_t v = 0;
  for (size_t i = 0, shift = 0; shift < 64 && i < bytes_.size(); ++i, shift += 7) {
    v |= uint64_t{bytes_[i] & 0x7fu} << shift;
    if ((bytes_[i] & 0x80) != 0) continue;
    bytes_.remove_prefix(i + 1);
    return v;
  }
  ok_ = false;
  bytes_ = {};
  return 0;
}

}  // namespace cairn::segment
