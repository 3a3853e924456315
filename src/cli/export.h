#pragma once
#include <string>
#include <vector>

#include "cli/target.h"

namespace cairn::cli {

/// The options of `cairn export`. Empty: not given.
struct ExportOptions {
  TargetOptions target;
  std::string from = "history";
  std::string to;                 // a directory that is not there yet, or empty
  std::string format = "ndjson";  // or parquet
  std::string filter;
  std::string start_time, end_time;
  std::vector<std::string> accounts;
};

/// `cairn export`. Returns the exit code: 0 it is done, 2 wrong usage, 3 it could not go on.
int export_events(const ExportOptions& options);

}  // namespace cairn::cli
