#pragma once
#include <string_view>

namespace cairn::cli {

/// Writes at once; false: it could not be, and errno says why.
bool print(std::string_view text);

/// Says why nothing more can be written, unless who read it has enough; what the command ends with. `error`: errno.
int unwritable(std::string_view command, int error);

}  // namespace cairn::cli
