#include "cli/standard_output.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

#include "cli/trouble.h"

namespace cairn::cli {

bool print(std::string_view text) { return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0; }

int unwritable(std::string_view command, int error) {
  if (error == EPIPE) return kNobodyReads;
  fmt::print(stderr, "cairn {}: standard output cannot be written: {}\n", command, std::generic_category().message(error));
  return kCouldNot;
}

}  // namespace cairn::cli
