#pragma once
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "env/files.h"

namespace cairn::cli {

/// Records as gzip files of NDJSON below a directory, one for each account, region and day (UTC):
/// account=…/region=…/date=YYYY-MM-DD/events.ndjson.gz. Their names end with .part until all is written.
class Partitions {
 public:
  static constexpr std::string_view kParquetName = "events.parquet";  // what may be made of them, beside them
  static bool is_unfinished(std::string_view name);                   // a file of either kind that is not whole

  static constexpr size_t kBufferedBytesMax = 64 << 20;     // of all files together, until some is written
  static constexpr size_t kFileBufferedBytesMax = 4 << 20;  // each becomes a gzip member

  Partitions(env::Files& files, std::string directory) : files_(files), directory_(std::move(directory)) {}

  /// A file as it is for good: what was added until then.
  struct Kept {
    std::string path;  // of its directory, below ours
    uint64_t bytes = 0, events = 0;
  };
  /// Makes it so of all that was added.
  Result<std::vector<Kept>> keep();
  /// Once, in the beginning: goes on with what `keep` told of, and removes what came behind it. Fails, before anything is changed, if a
  /// path is none that it tells of, and if a file is shorter. `is_all`: nothing was to be added any more, so that some may be sealed.
  Result<void> take_up(const std::vector<Kept>& kept, bool is_all);

  Result<void> add(std::string_view account, std::string_view region, Time time, std::string_view record);
  /// What becomes of each file when all is written: it is at `part`, whole, and holds so many events; `directory` is where it belongs.
  using Seal = std::function<Result<void>(const std::string& directory, const std::string& part, uint64_t events)>;
  Result<void> finish(const Seal& seal);
  Result<void> finish();  // each gets its name
  size_t count() const { return partitions_.size(); }

 private:
  struct Partition {
    std::string buffered;
    uint64_t written = 0, events = 0;
    bool is_named = false, is_kept = false;  // for good: that it is there, and all that was written
    bool is_sealed = false;
  };
  static std::string part_of(const std::string& path);
  Result<void> write(const std::string& path, Partition& partition);
  Result<void> write_all();
  Result<void> remove_others();

  env::Files& files_;
  const std::string directory_;
  std::map<std::string, Partition> partitions_;  // by directory
  size_t buffered_ = 0;
};

/// A file that is whole gets its name, for good.
Result<void> make_durable(env::Files& files, const std::string& part, const std::string& name);

}  // namespace cairn::cli
