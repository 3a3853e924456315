#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "archive/record_reader.h"
#include "base/result.h"
#include "sql/partition.h"

namespace cairn::sql {

/// Where records are: files of a directory, objects of a bucket, pages of a history. Any thread.
class Source {
 public:
  enum class Form {
    kRecords,             // JSON, which `open` gives
    kParquet,             // the table's columns as Parquet: DuckDB reads the files itself, by their names
    kPartitionedParquet,  // the same in …/account=…/region=…/date=…/, of which account and region may be "unknown"
  };
  struct File {
    std::string name;  // for people, and the column `file`
    Partition partition;
  };
  virtual ~Source() = default;
  virtual const std::vector<File>& files() const = 0;
  /// The bytes of one of them, for one reader.
  virtual Result<archive::RecordReader::Bytes> open(size_t file) = 0;
  virtual Form form() const { return Form::kRecords; }
  virtual bool is_one() const { return false; }  // what cannot be read of it leaves no answer, not one over the rest
};

/// What scans have done, and what they had to leave out. Any thread.
class ScanReport {
 public:
  static constexpr size_t kBadFilesMax = 1000;  // kept; all are counted

  std::atomic<uint64_t> files{0}, events{0}, raw_bytes{0};

  void bad(const std::string& file, std::string why) {
    const std::lock_guard lock(mutex_);
    if (bad_files_.size() < kBadFilesMax || bad_files_.contains(file)) bad_files_.emplace(file, std::move(why));
    else ++more_bad_;
  }
  std::map<std::string, std::string> bad_files() const {
    const std::lock_guard lock(mutex_);
    return bad_files_;
  }
  uint64_t more_bad() const {
    const std::lock_guard lock(mutex_);
    return more_bad_;
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::string> bad_files_;  // and why
  uint64_t more_bad_ = 0;
};

}  // namespace cairn::sql
