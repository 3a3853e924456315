#pragma once
#include <map>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "env/files.h"

namespace cairn::cli {

/// Records as gzip files of NDJSON below a directory, one for each account, region and day (UTC):
/// account=…/region=…/date=YYYY-MM-DD/events.ndjson.gz. Their names end with .part until all is written.
class Partitions {
 public:
  static constexpr size_t kBufferedBytesMax = 64 << 20;     // of all files together, until some is written
  static constexpr size_t kFileBufferedBytesMax = 4 << 20;  // each becomes a gzip member

  Partitions(env::Files& files, std::string directory) : files_(files), directory_(std::move(directory)) {}

  Result<void> add(std::string_view account, std::string_view region, Time time, std::string_view record);
  Result<void> finish();
  size_t count() const { return partitions_.size(); }

 private:
  struct Partition {
    std::string buffered;
    uint64_t written = 0;
  };
  Result<void> write(const std::string& path, Partition& partition);

  env::Files& files_;
  const std::string directory_;
  std::map<std::string, Partition> partitions_;  // by directory
  size_t buffered_ = 0;
};

}  // namespace cairn::cli
