#pragma once
#include <set>
#include <string>

#include "cli/target.h"

namespace cairn::cli {

/// The options of `cairn verify`. Empty: not given.
struct VerifyOptions {
  TargetOptions target;
  std::string what;        // a trail's ARN, s3://bucket[/prefix], a directory
  std::string start_time;  // as people write times: cli/when.h
  std::string end_time;    // digests up to here
  std::string until;       // the same, and the proof must reach it
  std::string regions;     // with commas between; "": all
  std::string keys_file;
  std::string save;    // a directory to copy to what is read
  size_t threads = 0;  // 0: as many as suit the source
  bool json = false;
};

/// `cairn verify`. Returns the exit code: 0 all is valid, 1 it is not or could not be found out, 2 wrong usage. With `proven` it is a step
/// of another command: adds to it the log files that signed digests prove (keys of a bucket, paths of a directory), and writes to stderr.
int verify(const VerifyOptions& options, std::set<std::string>* proven = nullptr);

}  // namespace cairn::cli
