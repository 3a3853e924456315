#pragma once
#include <string_view>

#include "base/json.h"

namespace cairn::s3 {

/// A bucket policy's text, as far as S3 checks it before keeping it. Throws MalformedPolicy.
Json checked_policy(std::string_view text, std::string_view bucket);

/// Whether S3 calls the policy public: it allows something to everyone, without a condition that names fixed callers.
bool is_public(const Json& policy);

}  // namespace cairn::s3
