#pragma once
#include "app/settings.h"
#include "base/id.h"

namespace cairn::app {

/// `cairn serve`: opens, listens, says so, and serves until SIGINT or SIGTERM. Returns the exit code.
int serve(const Settings& settings);

/// What CAIRN_MASTER_PASSPHRASE holds, which is in the environment no longer; empty: it was not set.
Result<Secret> take_master_passphrase();

}  // namespace cairn::app
