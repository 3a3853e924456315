#pragma once
#include <memory>
#include <string>

#include "base/result.h"

namespace cairn::cli {

/// Makes files of records into Parquet, one after another, by DuckDB's library. Their columns are those of the table `events`
/// (docs/query.md), but for what the files' paths say.
class ParquetFiles {
 public:
  static constexpr uint64_t kMemoryBytes = uint64_t{512} << 20;  // of DuckDB's
  static constexpr uint64_t kGroupBytes = uint64_t{64} << 20;    // of rows; writing them takes a multiple of it

  /// Fails with where to get the library.
  static Result<void> are_possible();
  /// Loads it. `directory` is there: files are written into it before they have their names.
  static Result<std::unique_ptr<ParquetFiles>> open(const std::string& directory);
  ~ParquetFiles();

  /// From the file `records` to `parquet`, for good; `records` is gone then. Fails if these are not so many events.
  Result<void> write(const std::string& records, uint64_t events, const std::string& parquet);

 private:
  struct Impl;
  explicit ParquetFiles(std::unique_ptr<Impl> impl);
  const std::unique_ptr<Impl> impl_;
};

}  // namespace cairn::cli
