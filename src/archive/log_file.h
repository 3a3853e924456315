#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

/// A delivered log file: gzip of {"Records":[…]}. docs/formats/archive.md.
namespace cairn::archive {

struct LogFile {
  std::string gzip;
  std::string sha256;  // hex, of the uncompressed bytes: what digests name
  uint64_t raw_bytes = 0;
};

/// Gathers finished records, whose bytes are carried on unchanged.
class LogFileWriter {
 public:
  void add(std::string_view record);
  size_t raw_bytes() const { return raw_.size(); }
  size_t records() const { return records_; }
  LogFile finish();  // empties it

 private:
  std::string raw_;
  size_t records_ = 0;
};

std::string gzip(std::string_view raw);  // the same bytes for the same input
/// One gzip member and nothing behind it; fails on anything else, and on more than `raw_bytes_max`.
Result<std::string> gunzip(std::string_view gzip, size_t raw_bytes_max);

/// All members of a file that has one or several, at the beginning of `room`; returns how many bytes they have. What does not fit fills it.
Result<size_t> gunzip_members(std::string_view gzip, std::span<char> room);
inline bool is_gzip(std::string_view bytes) { return bytes.starts_with("\x1f\x8b"); }

/// The same, piece by piece, in memory that does not grow: 64 KiB and what the format needs. Not thread-safe.
class Gunzip {
 public:
  Gunzip();
  ~Gunzip();
  /// Calls `sink` with what `bytes` bring to light, up to 64 KiB at a time. After a failure only `reset` may follow.
  Result<void> feed(std::string_view bytes, const std::function<void(std::string_view)>& sink);
  /// The same up to the end of the gzip member, for files of several; returns how many of `bytes` it took. If not all, `reset` and go on.
  Result<size_t> feed_member(std::string_view bytes, const std::function<void(std::string_view)>& sink);
  Result<void> finish();  // fails if the data ended too early
  void reset();           // ready for another file

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// What delivery keeps a file below, and readers accept at most.
constexpr size_t kLogFileRawBytesMax = 48 << 20;
constexpr size_t kReadRawBytesMax = size_t{2} << 30;

}  // namespace cairn::archive
