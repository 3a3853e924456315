#pragma once
#include <string>
#include <string_view>

#include "api/call.h"

namespace cairn::s3 {

/// A request header as it came, the first of that name (in lower case); "" if there is none.
inline std::string sent_header(const api::Call& call, std::string_view name) {
  for (const auto& [header, value] : call.http.headers)
    if (header == name) return value;
  return {};
}

}  // namespace cairn::s3
