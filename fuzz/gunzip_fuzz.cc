// Gzip from outside, against zlib, which knows the format independently: both refuse, or both make the same of it.
#include <zlib.h>

#include "archive/log_file.h"
#include "base/check.h"

namespace {

constexpr size_t kRawBytesMax = 64 << 10;

struct Inflated {
  std::string raw;
  size_t used = 0;  // of the input
};
/// `window_bits`: 16 + MAX_WBITS for gzip, -MAX_WBITS for what is inside.
std::optional<Inflated> by_zlib(std::string_view data, int window_bits) {
  z_stream stream{};
  CHECK(inflateInit2(&stream, window_bits) == Z_OK);
  static std::string buffer(kRawBytesMax + 1, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(data.data()));
  stream.avail_in = static_cast<uInt>(data.size());
  stream.next_out = reinterpret_cast<Bytef*>(buffer.data());
  stream.avail_out = static_cast<uInt>(buffer.size());
  const int end = inflate(&stream, Z_FINISH);
  Inflated out{buffer.substr(0, stream.total_out), stream.total_in};
  inflateEnd(&stream);
  if (end != Z_STREAM_END || out.raw.size() > kRawBytesMax) return std::nullopt;
  return out;
}

std::string little_endian(uLong value) {
  std::string out;
  for (int i = 0; i < 4; ++i) out += static_cast<char>(value >> 8 * i & 0xFF);
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  const auto ours = cairn::archive::gunzip(text, kRawBytesMax);
  const auto theirs = by_zlib(text, 16 + MAX_WBITS);
  CHECK(ours.has_value() == (theirs && theirs->used == size));
  CHECK(!ours || *ours == theirs->raw);

  // The same as what is inside, with a header and the right checksum around it.
  std::string gzip("\x1f\x8b\x08\0\0\0\0\0\0\xff", 10);
  const auto inside = by_zlib(text, -MAX_WBITS);
  gzip += text.substr(0, inside ? inside->used : size);
  if (inside) {
    gzip += little_endian(crc32(0, reinterpret_cast<const Bytef*>(inside->raw.data()), static_cast<uInt>(inside->raw.size())));
    gzip += little_endian(inside->raw.size());
  }
  const auto read = cairn::archive::gunzip(gzip, kRawBytesMax);
  CHECK(read.has_value() == inside.has_value());
  CHECK(!read || *read == inside->raw);
  if (size > 0) CHECK(cairn::archive::gunzip(cairn::archive::gzip(text), size).value() == text);
  return 0;
}
