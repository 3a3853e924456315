#pragma once
#include <string>

namespace cairn {

/// Overwrites the bytes, also for a compiler that thinks nobody looks, and empties the string.
void wipe(std::string& bytes);

}  // namespace cairn
