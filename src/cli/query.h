#pragma once
#include <cstdint>
#include <string>

#include "cli/target.h"

namespace cairn::cli {

/// The options of `cairn query`. Empty: not given.
struct QueryOptions {
  TargetOptions target;
  std::string sql;  // "-": from standard input
  std::string from = "history";
  std::string regions, accounts;  // with commas between
  std::string start_time, end_time;
  std::string output, to;
  uint64_t memory_mb = 0;  // 0: 2 GB, or half of the machine's
  size_t threads = 0;      // 0: as many as cores; 8 for a bucket
  std::string temporary;   // "": $TMPDIR, /tmp
};

/// `cairn query`. Returns the exit code: 0 done, 1 it could not be done, 2 wrong usage, 3 done, but for files that could not be read,
/// 130 interrupted.
int query(const QueryOptions& options);

}  // namespace cairn::cli
