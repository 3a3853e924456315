#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "env/files.h"

namespace cairn::history {

/// Which segments make up the history. docs/formats/history.md, "Manifest".
struct Manifest {
  struct Entry {
    std::string file;
    uint64_t events = 0;
    uint64_t bytes = 0;
  };
  uint64_t position = 0;
  std::vector<Entry> segments;  // oldest first
};

/// None: there is no manifest yet. A failure names the file.
Result<std::optional<Manifest>> read_manifest(env::Files& files, const std::string& directory);
/// The old or the new one, whatever happens; durable on return.
Result<void> write_manifest(env::Files& files, const std::string& directory, const Manifest& manifest);

}  // namespace cairn::history
