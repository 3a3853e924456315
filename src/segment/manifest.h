#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "env/files.h"

namespace cairn::segment {

/// Which files make up a store, and up to where they cover the journal. docs/formats/segments.md, "Manifest".
struct Manifest {
  struct Entry {
    std::string file;
    uint64_t events = 0;
    uint64_t bytes = 0;
  };
  uint64_t position = 0;
  std::vector<Entry> segments;  // oldest first
};

/// None: there is no manifest yet. A failure names the file; `store` is what it calls the whole ("history").
Result<std::optional<Manifest>> read_manifest(env::Files& files, std::string_view store, const std::string& directory);
/// The old or the new one, whatever happens; durable on return.
Result<void> write_manifest(env::Files& files, std::string_view store, const std::string& directory, const Manifest& manifest);

}  // namespace cairn::segment
