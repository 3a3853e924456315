#pragma once
#include <cstddef>
#include <string>

namespace cairn::logquery {

/// Why a query is none, and which of its bytes say so.
struct Refusal {
  std::string message;
  size_t begin = 0, end = 0;
  bool is_missing = false;  // AWS has it, we do not
};

}  // namespace cairn::logquery
