#pragma once
#include <cstddef>
#include <string>

namespace cairn::patterns {

/// Why a pattern is none.
struct Refusal {
  std::string message;  // as AWS words it
  size_t offset = 0;    // of the byte of the pattern that is wrong, or where something is missing
};

}  // namespace cairn::patterns
