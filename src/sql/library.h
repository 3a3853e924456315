#pragma once
#include <string>
#include <vector>

#include "base/result.h"
#include "sql/duckdb_api.h"

namespace cairn::sql {

/// Where libduckdb.so may be: `chosen` (of $CAIRN_DUCKDB: the file, or its directory), and nothing else, if it is not empty; else near the
/// program: ../lib, lib and the same directory, duckdb in the build tree, and node_modules above it. Never the working directory: a file
/// that somebody put there would run.
std::vector<std::string> library_places(const std::string& chosen, const std::string& program);

/// Loads DuckDB from the first of these places where it is; it stays loaded. Fails with what to do where it is nowhere, or is too old.
Result<const duckdb::Api*> load_library(const std::vector<std::string>& places);

/// This program's own file.
std::string program_path();

}  // namespace cairn::sql
