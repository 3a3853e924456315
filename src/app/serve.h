#pragma once
#include "app/settings.h"

namespace cairn::app {

/// `cairn serve`: opens, listens, says so, and serves until SIGINT or SIGTERM. Returns the exit code.
int serve(const Settings& settings);

}  // namespace cairn::app
