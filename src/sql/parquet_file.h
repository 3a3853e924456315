#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "sql/duckdb_api.h"

namespace cairn::sql {

/// Writes events into one Parquet file (zstd), in the columns of the table `events` but for those of a file's path. docs/query.md.
/// One thread at a time; a thread of its own writes.
class ParquetFile {
 public:
  struct Options {
    uint64_t memory_bytes = uint64_t{512} << 20;  // of DuckDB's
    std::string temporary_directory;              // "": nothing is put aside
  };
  /// `path` is replaced when `finish` succeeds; until then its name has `.partial` behind it, and goes with the object.
  static Result<std::unique_ptr<ParquetFile>> create(const duckdb::Api& api, const std::string& path, const Options& options);
  ~ParquetFile();

  /// One record as JSON. Waits while too much is not written yet. A failure, if not of this record then of one before, is final.
  Result<void> add(std::string_view record);
  /// The file is there, and durable; returns how many events are in it.
  Result<uint64_t> finish();

 private:
  struct Impl;
  explicit ParquetFile(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace cairn::sql
