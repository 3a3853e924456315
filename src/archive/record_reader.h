#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "archive/log_file.h"
#include "base/result.h"

namespace cairn::archive {

/// The records of a log file, one after another, in memory that depends on the largest record only. Takes what CloudTrail delivers and
/// what people make of it: gzip or plain, by its first bytes; {"Records":[…]}, an array, or a record a line; several of these in a row.
/// Not thread-safe.
class RecordReader {
 public:
  static constexpr size_t kRecordBytesMax = 16 << 20;  // CloudTrail's are below 1 MB, but for oversized fields
  /// The file's next bytes, valid until the next call; "" at its end.
  using Bytes = std::function<Result<std::string_view>()>;

  explicit RecordReader(Bytes bytes) { read(std::move(bytes)); }
  void read(Bytes bytes);  // another file, in the same memory

  /// The next record as it is written, one JSON object, valid until the next call; nullopt at the end. After a failure, which names the
  /// offset in the (unpacked) file, nothing more may be asked. Strict JSON, but UTF-8 is taken for granted.
  Result<std::optional<std::string_view>> next();
  uint64_t raw_bytes() const { return offset_; }  // that were read, unpacked

 private:
  enum class Place { kOutside, kFirstElement, kNextElement, kBehindElements };

  Result<bool> grow();               // false: there is no more
  Result<std::optional<char>> at();  // the next byte that is no blank, nullopt at the end
  Result<std::string_view> object();
  tl::unexpected<Failure> bad(std::string_view what) const;
  void step(size_t bytes) {
    at_ += bytes;
    offset_ += bytes;
  }
  std::string_view rest() const { return std::string_view(buffer_).substr(at_); }

  Bytes bytes_;
  std::string_view pending_;  // of the file, not yet unpacked
  Gunzip gunzip_;
  bool packed_ = false, began_ = false, ended_ = false;
  std::string buffer_;
  size_t at_ = 0;        // in the buffer
  uint64_t offset_ = 0;  // of it in the file
  Place place_ = Place::kOutside;
  bool wrapped_ = false;  // by {"Records": … }
};

}  // namespace cairn::archive
