#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "journal/position.h"

/// The journal's bytes as docs/formats/journal.md gives them: encode and decode, no I/O. Any thread.
namespace cairn::journal {

constexpr uint64_t kSegmentHeaderBytes = 4096;
constexpr size_t kBatchHeaderBytes = 48;
constexpr size_t kEntryHeaderBytes = 8;
constexpr uint32_t kBatchMagic = 0x54414243;

constexpr uint64_t padded(uint64_t bytes) { return (bytes + 7) & ~uint64_t{7}; }

struct SegmentHeader {
  uint64_t number = 0;
  uint64_t bytes = 0;
  uint64_t salt = 0;
  bool recycled = false;
};
std::string encode_segment_header(const SegmentHeader& header);  // kSegmentHeaderBytes
std::optional<SegmentHeader> decode_segment_header(std::string_view bytes);

struct BatchHeader {
  uint64_t incarnation = 0;
  uint64_t first = 0;
  uint64_t durable = 0;
  uint32_t count = 0;
  uint32_t bytes = 0;
  uint32_t previous = 0;
  uint32_t entries = 0;
  uint32_t checksum = 0;  // set by encode and decode

  uint64_t last() const { return first + count - 1; }
  uint64_t total_bytes() const { return kBatchHeaderBytes + bytes; }
};
/// Writes kBatchHeaderBytes at `out` and sets `header.checksum`.
void encode_batch_header(BatchHeader& header, uint64_t salt, char* out);
/// Nothing for what is no batch header of a segment with this salt.
std::optional<BatchHeader> decode_batch_header(std::string_view bytes, uint64_t salt);

/// The 8 bytes before a payload.
void encode_entry_header(std::string_view payload, uint32_t checksum, char* out);

/// Calls `f` for the entries with positions > `after` in a batch's bytes (behind its header). Returns the position of the
/// first damaged entry, else nothing; `f` may be empty.
using OnPayload = std::function<void(Position, std::string_view payload)>;
std::optional<uint64_t> walk_entries(const BatchHeader& header, std::string_view bytes, uint64_t after, const OnPayload& f);

std::string segment_name(uint64_t number);  // 00000001.log
std::optional<uint64_t> parse_segment_name(std::string_view name);
inline bool is_temporary_name(std::string_view name) { return name.ends_with(".tmp"); }

}  // namespace cairn::journal
