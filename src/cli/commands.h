#pragma once

namespace CLI {
class App;
}

namespace cairn::cli {

/// Adds the client's commands (`env`, `lookup`, `query`, `verify`, `keys` …). What the chosen one returns is left in `exit_code`: 0 done, 1
/// it could not be done (said on stderr), 2 wrong usage. Both must outlive the parsing.
void add_commands(CLI::App& app, int& exit_code);

}  // namespace cairn::cli
