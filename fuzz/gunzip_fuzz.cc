// Gzip from outside, against zlib, which knows the format independently: both refuse, or both make the same of it.
#include <zlib.h>

#include "archive/log_file.h"
#include "base/check.h"

namespace {

constexpr size_t kRawBytesMax = 1 << 20;

/// One member and nothing behind it.
std::optional<std::string> by_zlib(std::string_view gzip) {
  z_stream stream{};
  CHECK(inflateInit2(&stream, 16 + MAX_WBITS) == Z_OK);
  std::string raw(kRawBytesMax + 1, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(gzip.data()));
  stream.avail_in = static_cast<uInt>(gzip.size());
  stream.next_out = reinterpret_cast<Bytef*>(raw.data());
  stream.avail_out = static_cast<uInt>(raw.size());
  const int end = inflate(&stream, Z_FINISH);
  const bool good = end == Z_STREAM_END && stream.avail_in == 0 && stream.total_out <= kRawBytesMax;
  raw.resize(stream.total_out);
  inflateEnd(&stream);
  return good ? std::optional(raw) : std::nullopt;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(bytes), size);
  // As it comes, and with its first bytes made a plausible header, so that the data behind is reached.
  std::string with_header("\x1f\x8b\x08\0\0\0\0\0\0\xff", 10);
  with_header += text;
  for (const std::string_view gzip : {text, std::string_view(with_header)}) {
    const auto ours = cairn::archive::gunzip(gzip, kRawBytesMax);
    const auto theirs = by_zlib(gzip);
    CHECK(ours.has_value() == theirs.has_value());
    CHECK(!ours || *ours == *theirs);
  }
  if (size > 0) CHECK(cairn::archive::gunzip(cairn::archive::gzip(text), size).value() == text);
  return 0;
}
