#pragma once
#include <string>
#include <vector>

#include "cli/target.h"

namespace cairn::cli {

struct LaunchUrlOptions {
  TargetOptions target;
  std::string what;  // a file, the URL of an object in the server's S3, or AWS's quick-create link to one
  std::string stack_name;
  std::vector<std::string> parameters;  // NAME=VALUE
};

/// Prints a link to a page that creates a stack of the template. Returns the process's exit code.
int launch_url(const LaunchUrlOptions& given);

}  // namespace cairn::cli
