#pragma once
#include <string>
#include <string_view>

#include "base/result.h"
#include "env/files.h"

namespace cairn::cli {

/// Writes what somebody asked for under a name from the command line. A file that is there is replaced when the new one is whole; what is
/// no file (a device, a pipe, a link) is never replaced, but written into.
Result<void> write_named_file(env::Files& files, const std::string& path, std::string_view content);

}  // namespace cairn::cli
