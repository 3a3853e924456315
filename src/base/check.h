#pragma once

namespace cairn {
[[noreturn]] void check_failed(const char* expression, const char* file, int line);
}

/// A bug, not an input: prints the expression and where, then aborts. Never on outside data.
#define CHECK(x)                                     \
  do {                                               \
    if (!(x)) [[unlikely]]                           \
      ::cairn::check_failed(#x, __FILE__, __LINE__); \
  } while (false)
