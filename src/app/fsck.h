#pragma once
#include <string>

#include "base/id.h"

namespace cairn::app {

struct FsckOptions {
  std::string data;
  bool repair = false;  // removes what nothing names
  Secret master_passphrase = {};
};

/// `cairn fsck`: whether a data directory that no server uses is whole. Says what it finds. Returns the exit code: 0 all is well (or was
/// repaired), 1 something is not, 3 it could not be looked at.
int fsck(const FsckOptions& options);

}  // namespace cairn::app
