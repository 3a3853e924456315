#pragma once
#include "env/files.h"
#include "segment/catalog.h"

namespace cairn::history {

/// Whether the file is a segment of the format before this one.
bool is_old(env::Files& files, const std::string& path);

/// Writes segments of the format before this one (CAIRNHS1) again, each as it becomes due, and names them in the manifest; those of this
/// format stay. An interruption leaves a history of both, and the next start goes on. Fails on damage: it names file and way out.
Result<void> migrate(env::Files& files, const std::string& store, const std::string& directory);

}  // namespace cairn::history
