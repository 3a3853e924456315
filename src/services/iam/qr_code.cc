#include "services/iam/qr_code.h"

#include <libdeflate.h>
#include <qrencode.h>

#include <memory>

#include "base/check.h"

namespace cairn::iam {
namespace {

constexpr unsigned kScale = 4, kMargin = 4;  // pixels of a module; modules around the code

void append_u32(std::string& out, uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(value >> shift);
}

/// A PNG chunk: length, type, data, CRC over the last two.
void append_chunk(std::string& png, std::string_view type, std::string_view data) {
  append_u32(png, static_cast<uint32_t>(data.size()));
  const size_t checked = png.size();
  png += type;
  png += data;
  append_u32(png, libdeflate_crc32(0, png.data() + checked, png.size() - checked));
}

}  // namespace

std::string qr_code_png(std::string_view text) {
  const std::unique_ptr<QRcode, decltype(&QRcode_free)> code(QRcode_encodeString8bit(std::string(text).c_str(), 0, QR_ECLEVEL_M),
                                                             &QRcode_free);
  CHECK(code != nullptr);
  const auto modules = static_cast<unsigned>(code->width);
  const unsigned side = (modules + 2 * kMargin) * kScale;
  const auto is_black = [&](unsigned x, unsigned y) {
    const unsigned column = x / kScale, row = y / kScale;
    if (column < kMargin || row < kMargin || column >= modules + kMargin || row >= modules + kMargin) return false;
    return (code->data[(row - kMargin) * modules + column - kMargin] & 1) != 0;
  };
  std::string pixels;  // one bit each; every row begins with its filter, 0
  for (unsigned y = 0; y < side; ++y) {
    pixels += '\0';
    for (unsigned x = 0; x < side; x += 8) {
      unsigned char byte = 0;
      for (unsigned bit = 0; bit < 8; ++bit)
        byte = static_cast<unsigned char>(byte << 1 | (x + bit < side && is_black(x + bit, y) ? 0 : 1));
      pixels += static_cast<char>(byte);
    }
  }
  const std::unique_ptr<libdeflate_compressor, decltype(&libdeflate_free_compressor)> compressor(libdeflate_alloc_compressor(6),
                                                                                                 &libdeflate_free_compressor);
  CHECK(compressor != nullptr);
  std::string packed(libdeflate_zlib_compress_bound(compressor.get(), pixels.size()), '\0');
  packed.resize(libdeflate_zlib_compress(compressor.get(), pixels.data(), pixels.size(), packed.data(), packed.size()));

  std::string header;
  append_u32(header, side);
  append_u32(header, side);
  header += std::string_view("\x01\x00\x00\x00\x00", 5);  // one bit, grey, deflate, adaptive, not interlaced
  std::string png("\x89PNG\r\n\x1a\n", 8);
  append_chunk(png, "IHDR", header);
  append_chunk(png, "IDAT", packed);
  append_chunk(png, "IEND", "");
  return png;
}

}  // namespace cairn::iam
