#pragma once
#include "base/json.h"
#include "env/random.h"

namespace cairn::s3 {

/// Throws what is wrong with the rules of a request, in AWS's words; returns them as they are to be kept: each with an ID.
Json checked_rules(const Json& configuration, env::Random& random);

}  // namespace cairn::s3
