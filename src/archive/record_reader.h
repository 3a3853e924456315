#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "archive/log_file.h"
#include "archive/log_records.h"
#include "base/result.h"

namespace cairn::archive {

/// The records of a log file of any size (LogRecords says which forms it may have; gzip or plain, by its first byte), one after another,
/// in memory that depends on the largest record only. Not thread-safe.
class RecordReader {
 public:
  static constexpr size_t kRecordBytesMax = 16 << 20;  // CloudTrail's are below 1 MB, but for oversized fields
  /// The file's next bytes, valid until the next call; "" at its end.
  using Bytes = std::function<Result<std::string_view>()>;

  explicit RecordReader(Bytes bytes) { read(std::move(bytes)); }
  void read(Bytes bytes);  // another file, in the same memory

  /// The next record as it is written, valid until the next call; nullopt at the end. A failure is of something that is no record, named
  /// by its offset in the (unpacked) file, and what comes behind it may be asked for; or of the rest of the file, and the end is next.
  /// Whether a record is sound JSON is not looked at.
  Result<std::optional<std::string_view>> next();
  uint64_t raw_bytes() const { return offset_ + records_.consumed(); }  // that were read, unpacked

 private:
  Result<void> grow();

  Bytes bytes_;
  std::string_view pending_;  // of the file, not yet unpacked
  Gunzip gunzip_;
  bool packed_ = false, began_ = false, ended_ = false;
  std::optional<Failure> failed_;  // with all that would follow
  std::string buffer_;             // what records_ goes through
  uint64_t offset_ = 0;            // of the buffer in the file
  LogRecords records_{"", false};
};

}  // namespace cairn::archive
