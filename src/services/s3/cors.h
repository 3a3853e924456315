#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.h"

/// Cross-origin resource sharing: what a bucket's rules say to a page from elsewhere. The document ("cors") holds the rules as they were
/// put, a list.
namespace cairn::s3 {

inline constexpr std::string_view kCorsSetting = "cors";
constexpr size_t kCorsRulesMax = 100;
constexpr size_t kCorsBytesMax = 64 << 10;  // of the rules as they are kept

using CorsHeaders = std::vector<std::pair<std::string, std::string>>;

/// What the page wants to do, as its browser tells.
struct CorsRequest {
  std::string_view origin;
  std::string_view method;   // that of the call to come, or of this one
  std::string_view headers;  // Access-Control-Request-Headers, as sent; "": none
};

/// The headers of an answer that lets the page see it; nullopt: no rule does.
std::optional<CorsHeaders> cors_headers(const Json& rules, const CorsRequest& request);

/// Throws what S3 says of rules that make no sense.
void check_cors_rules(const Json& rules);

}  // namespace cairn::s3
