#pragma once
#include <fmt/format.h>

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace cairn {

/// Why an expected thing did not come about, in words for a person: what is wrong, where, and what to do.
struct Failure {
  std::string message;
};

/// A value, or the reason why there is none. For outcomes one expects: untrusted bytes, disk and network, signatures.
/// A call that must end here throws aws::Error instead; a bug crashes by CHECK.
template <class T, class E = Failure>
using Result = tl::expected<T, E>;

/// `return failure("bad thing {}", x);` in a function that returns Result<T>.
template <class... Args>
tl::unexpected<Failure> failure(fmt::format_string<Args...> format, Args&&... args) {
  return tl::unexpected<Failure>(Failure{fmt::format(format, std::forward<Args>(args)...)});
}

}  // namespace cairn
