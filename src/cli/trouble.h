#pragma once
#include <string>
#include <utility>

#include "base/result.h"

namespace cairn::cli {

/// What commands end with: the same number for the same trouble in all of them. docs/exit-codes.md
enum ExitCode : int {
  kDone = 0,
  kFound = 1,       // it did what it was for, and something of what it read is damaged, or not as it should be
  kWrongUsage = 2,  // the command line: an option, a time, a condition, a place that is not there or holds nothing of the kind
  kCouldNot = 3,    // it could not begin, or not go on: no server, no credentials, no permission, no room
  kNotCovered = 4,  // all was done, and no digest covers some of it
  kInterrupted = 130,
  kNobodyReads = 141,  // who reads its output has enough
};

/// Why a command ends otherwise than it should.
struct Trouble {
  ExitCode exit_code = kCouldNot;
  std::string message;  // for a person; "": nothing is to be said
};
inline tl::unexpected<Trouble> trouble(ExitCode exit_code, std::string message) {
  return tl::unexpected(Trouble{exit_code, std::move(message)});
}

}  // namespace cairn::cli
