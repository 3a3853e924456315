#include "journal/format.h"

#include <bit>
#include <cstring>

#include "base/crypto.h"
#include "base/text.h"

namespace cairn::journal {

static_assert(std::endian::native == std::endian::little, "fields are copied as they lie in memory");

namespace {

constexpr std::string_view kSegmentMagic = "CAIRNSEG";
constexpr uint32_t kVersion = 1;
constexpr size_t kSegmentChecksumAt = 44;

template <class T>
void put(char* out, size_t at, T value) {
  std::memcpy(out + at, &value, sizeof value);
}

template <class T>
T get(std::string_view bytes, size_t at) {
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

uint32_t salted(uint64_t salt, std::string_view bytes) {
  char seed[sizeof salt];
  std::memcpy(seed, &salt, sizeof salt);
  return crypto::crc32c(bytes, crypto::crc32c({seed, sizeof seed}));
}

}  // namespace

std::string encode_segment_header(const SegmentHeader& header) {
  std::string out(kSegmentHeaderBytes, '\0');
  out.replace(0, kSegmentMagic.size(), kSegmentMagic);
  put(out.data(), 8, kVersion);
  put(out.data(), 12, uint32_t{header.recycled});
  put(out.data(), 16, header.number);
  put(out.data(), 24, header.bytes);
  put(out.data(), 32, header.salt);
  put(out.data(), kSegmentChecksumAt, crypto::crc32c(std::string_view(out).substr(0, kSegmentChecksumAt)));
  return out;
}

std::optional<SegmentHeader> decode_segment_header(std::string_view bytes) {
  if (bytes.size() < kSegmentHeaderBytes || !bytes.starts_with(kSegmentMagic)) return std::nullopt;
  if (get<uint32_t>(bytes, kSegmentChecksumAt) != crypto::crc32c(bytes.substr(0, kSegmentChecksumAt))) return std::nullopt;
  if (get<uint32_t>(bytes, 8) != kVersion) return std::nullopt;
  return SegmentHeader{.number = get<uint64_t>(bytes, 16),
                       .bytes = get<uint64_t>(bytes, 24),
                       .salt = get<uint64_t>(bytes, 32),
                       .recycled = get<uint32_t>(bytes, 12) == 1};
}

void encode_batch_header(BatchHeader& header, uint64_t salt, char* out) {
  put(out, 0, kBatchMagic);
  put(out, 8, header.incarnation);
  put(out, 16, header.first);
  put(out, 24, header.durable);
  put(out, 32, header.count);
  put(out, 36, header.bytes);
  put(out, 40, header.previous);
  put(out, 44, header.entries);
  header.checksum = salted(salt, {out + 8, kBatchHeaderBytes - 8});
  put(out, 4, header.checksum);
}

std::optional<BatchHeader> decode_batch_header(std::string_view bytes, uint64_t salt) {
  if (bytes.size() < kBatchHeaderBytes || get<uint32_t>(bytes, 0) != kBatchMagic) return std::nullopt;
  const uint32_t checksum = get<uint32_t>(bytes, 4);
  if (checksum != salted(salt, bytes.substr(8, kBatchHeaderBytes - 8))) return std::nullopt;
  return BatchHeader{.incarnation = get<uint64_t>(bytes, 8),
                     .first = get<uint64_t>(bytes, 16),
                     .durable = get<uint64_t>(bytes, 24),
                     .count = get<uint32_t>(bytes, 32),
                     .bytes = get<uint32_t>(bytes, 36),
                     .previous = get<uint32_t>(bytes, 40),
                     .entries = get<uint32_t>(bytes, 44),
                     .checksum = checksum};
}

void encode_entry_header(std::string_view payload, uint32_t checksum, char* out) {
  put(out, 0, static_cast<uint32_t>(payload.size()));
  put(out, 4, checksum);
}

std::optional<uint64_t> walk_entries(const BatchHeader& header, std::string_view bytes, uint64_t after, const OnPayload& f) {
  uint64_t seq = header.first;
  uint32_t chain = 0;
  size_t at = 0;
  for (uint32_t i = 0; i < header.count; ++i, ++seq) {
    if (bytes.size() - at < kEntryHeaderBytes) return seq;
    const uint64_t size = get<uint32_t>(bytes, at);
    const uint32_t checksum = get<uint32_t>(bytes, at + 4);
    if (padded(size) > bytes.size() - at - kEntryHeaderBytes) return seq;
    chain = crypto::crc32c(bytes.substr(at, kEntryHeaderBytes), chain);
    const std::string_view payload = bytes.substr(at + kEntryHeaderBytes, size);
    if (checksum != crypto::crc32c(payload)) return seq;
    at += kEntryHeaderBytes + padded(size);
    if (f && seq > after) f(Position{seq}, payload);
  }
  if (at != bytes.size() || chain != header.entries) return header.first;
  return std::nullopt;
}

std::string segment_name(uint64_t number) { return fmt::format("{:08}.log", number); }

std::optional<uint64_t> parse_segment_name(std::string_view name) {
  if (name.size() < 12 || !name.ends_with(".log")) return std::nullopt;
  const auto number = text::to_uint(name.substr(0, name.size() - 4));
  if (!number || *number == 0 || segment_name(*number) != name) return std::nullopt;
  return number;
}

}  // namespace cairn::journal
