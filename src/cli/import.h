#pragma once
#include <string>

#include "cli/target.h"

namespace cairn::cli {

/// The options of `cairn import`. Empty: not given.
struct ImportOptions {
  TargetOptions target;
  std::string what;  // a directory, a file, s3://bucket[/prefix], - for the standard input
  std::string event_store;
  std::string keys_file;
  bool check_digests = false;
  size_t threads = 0;  // 0: as many as suit
  bool json = false;
};

/// `cairn import`. Returns the exit code: 0 all is in the history, 1 something was left out, 2 wrong usage, 3 it could not go on.
int import(const ImportOptions& options);

}  // namespace cairn::cli
