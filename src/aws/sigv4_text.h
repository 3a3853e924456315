#pragma once
#include <string_view>

#include "base/text.h"

/// What the files of SigV4 share.
namespace cairn::aws::sigv4 {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";

/// Header names mostly differ in length: asked for every pair of sent and signed headers, so this comes first.
inline bool same_header(std::string_view a, std::string_view b) { return a.size() == b.size() && text::equals_ignoring_case(a, b); }

/// Calls `f(name, value)` for each parameter of a raw query string, undecoded. Empty parameters ("a&&b") are none.
template <class F>
void each_parameter(std::string_view query, F&& f) {
  while (!query.empty()) {
    const size_t end = query.find('&');
    const std::string_view parameter = query.substr(0, end);
    query = end == query.npos ? std::string_view() : query.substr(end + 1);
    if (parameter.empty()) continue;
    const size_t equals = parameter.find('=');
    f(parameter.substr(0, equals), equals == parameter.npos ? std::string_view() : parameter.substr(equals + 1));
  }
}

}  // namespace cairn::aws::sigv4
