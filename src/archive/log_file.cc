#include "archive/log_file.h"

#include <isa-l/igzip_lib.h>
#include <libdeflate.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <utility>

#include "base/check.h"
#include "base/crypto.h"
#include "base/text.h"

namespace cairn::archive {
namespace {

// libdeflate writes (a fifth smaller than what ISA-L makes, and fast enough for 50,000 events a second on a core), ISA-L reads (as
// fast as libdeflate, and piece by piece). Figures: docs/performance.md.
constexpr int kLevel = 6;
constexpr size_t kPieceBytes = 64 << 10;  // stays in the processor's cache between inflating and hashing

struct FreeCompressor {
  void operator()(libdeflate_compressor* compressor) const { libdeflate_free_compressor(compressor); }
};

std::string why(int error) {
  switch (error) {
    case ISAL_INVALID_WRAPPER:
      return "it does not begin as gzip does";
    case ISAL_UNSUPPORTED_METHOD:
      return "its compression method is unknown";
    case ISAL_INCORRECT_CHECKSUM:
      return "its checksum is wrong";
    default:
      return "its compressed data is damaged";
  }
}

}  // namespace

void LogFileWriter::add(std::string_view record) {
  raw_ += records_ == 0 ? std::string_view(R"({"Records":[)") : std::string_view(",");
  raw_ += record;
  ++records_;
}

LogFile LogFileWriter::finish() {
  if (records_ == 0) raw_ = R"({"Records":[)";
  raw_ += "]}";
  LogFile file{.gzip = gzip(raw_), .sha256 = text::hex(crypto::sha256(raw_)), .raw_bytes = raw_.size()};
  raw_.clear();
  records_ = 0;
  return file;
}

std::string gzip(std::string_view raw) {
  thread_local const std::unique_ptr<libdeflate_compressor, FreeCompressor> compressor(libdeflate_alloc_compressor(kLevel));
  CHECK(compressor);
  std::string out(libdeflate_gzip_compress_bound(compressor.get(), raw.size()), '\0');
  const size_t size = libdeflate_gzip_compress(compressor.get(), raw.data(), raw.size(), out.data(), out.size());
  CHECK(size > 0);
  out.resize(size);
  out.shrink_to_fit();
  return out;
}

struct Gunzip::Impl {
  size_t read = 0;  // bytes of the file
  inflate_state state;
  std::array<uint8_t, kPieceBytes> piece;
};

Gunzip::Gunzip() : impl_(std::make_unique<Impl>()) { reset(); }
Gunzip::~Gunzip() = default;

void Gunzip::reset() {
  impl_->read = 0;
  isal_inflate_init(&impl_->state);
  impl_->state.crc_flag = ISAL_GZIP;
}

Result<void> Gunzip::feed(std::string_view bytes, const std::function<void(std::string_view)>& sink) {
  const auto taken = feed_member(bytes, sink);
  if (!taken) return tl::unexpected(taken.error());
  if (*taken < bytes.size()) return failure("bytes follow the end of the compressed data");
  return {};
}

Result<size_t> Gunzip::feed_member(std::string_view bytes, const std::function<void(std::string_view)>& sink) {
  const size_t size = bytes.size();
  inflate_state& state = impl_->state;
  // ISA-L overlooks flags that RFC 1952 reserves and wants refused.
  constexpr size_t kFlagsAt = 3;
  if (impl_->read <= kFlagsAt && kFlagsAt < impl_->read + bytes.size() && (bytes[kFlagsAt - impl_->read] & 0xE0) != 0)
    return failure("{}", why(ISAL_INVALID_WRAPPER));
  impl_->read += bytes.size();
  while (true) {
    // avail_in has 32 bits.
    const size_t part = std::min(bytes.size(), size_t{1} << 30);
    state.next_in = reinterpret_cast<uint8_t*>(const_cast<char*>(bytes.data()));
    state.avail_in = static_cast<uint32_t>(part);
    do {
      if (state.block_state == ISAL_BLOCK_FINISH) {
        if (state.avail_in > 0) return size - bytes.size() + (part - state.avail_in);
        break;
      }
      state.next_out = impl_->piece.data();
      state.avail_out = kPieceBytes;
      if (const int error = isal_inflate(&state); error != ISAL_DECOMP_OK) return failure("{}", why(error));
      const size_t made = kPieceBytes - state.avail_out;
      if (made > 0) sink({reinterpret_cast<const char*>(impl_->piece.data()), made});
    } while (state.avail_in > 0 || state.avail_out == 0);
    bytes.remove_prefix(part);
    if (bytes.empty()) return size;
  }
}

Result<void> Gunzip::finish() {
  if (impl_->state.block_state != ISAL_BLOCK_FINISH) return failure("its compressed data ends too early");
  return {};
}

Result<std::string> gunzip(std::string_view gzip, size_t raw_bytes_max) {
  Gunzip reader;
  std::string raw;
  // Fed in pieces, so that what would become too large is noticed before it is made.
  for (size_t at = 0; at < gzip.size(); at += kPieceBytes / 16) {
    const auto fed = reader.feed(gzip.substr(at, kPieceBytes / 16), [&](std::string_view piece) {
      if (raw.size() <= raw_bytes_max) raw += piece;
    });
    if (!fed) return tl::unexpected(fed.error());
    if (raw.size() > raw_bytes_max) return failure("it holds more than {} bytes", raw_bytes_max);
  }
  if (auto ended = reader.finish(); !ended) return tl::unexpected(ended.error());
  return raw;
}

Result<size_t> gunzip_members(std::string_view gzip, std::span<char> room) {
  constexpr size_t kPartMax = size_t{1} << 30;  // sizes have 32 bits
  size_t size = 0;
  inflate_state state;
  while (!gzip.empty()) {
    if (!is_gzip(gzip)) return failure("bytes follow the end of the compressed data");
    constexpr size_t kFlagsAt = 3;
    if (gzip.size() > kFlagsAt && (gzip[kFlagsAt] & 0xE0) != 0) return failure("{}", why(ISAL_INVALID_WRAPPER));
    isal_inflate_init(&state);
    state.crc_flag = ISAL_GZIP;
    state.next_in = reinterpret_cast<uint8_t*>(const_cast<char*>(gzip.data()));
    state.avail_in = static_cast<uint32_t>(std::min(gzip.size(), kPartMax));
    while (state.block_state != ISAL_BLOCK_FINISH) {
      if (size == room.size()) return size;
      const auto asked = static_cast<uint32_t>(std::min(room.size() - size, kPartMax));
      state.next_out = reinterpret_cast<uint8_t*>(room.data() + size);
      state.avail_out = asked;
      const uint32_t in_before = state.avail_in;
      if (const int error = isal_inflate(&state); error != ISAL_DECOMP_OK) return failure("{}", why(error));
      size += asked - state.avail_out;
      if (state.avail_out > 0 && state.avail_in == 0 && in_before == 0 && state.block_state != ISAL_BLOCK_FINISH)
        return failure("its compressed data ends too early");
    }
    gzip.remove_prefix(static_cast<size_t>(reinterpret_cast<const char*>(state.next_in) - gzip.data()));
  }
  return size;
}

}  // namespace cairn::archive
