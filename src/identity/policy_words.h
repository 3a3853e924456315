#pragma once
#include <string>

#include "aws/policy/policy.h"

namespace cairn::identity {

/// IAM's words, and STS's, for why a text is no policy, with the spot behind them in brackets.
std::string refusal_words(const aws::policy::Problem& problem);

}  // namespace cairn::identity
