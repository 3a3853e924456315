#pragma once
#include <string>

#include "patterns/filter/filter_pattern.h"
#include "services/logs/errors.h"

namespace cairn::logs_service {

/// Throws InvalidParameterException, with the place of what is wrong.
inline patterns::FilterPattern compiled_pattern(const std::string& text) {
  Result<patterns::FilterPattern, patterns::Refusal> pattern = patterns::FilterPattern::compile(text);
  if (!pattern)
    throw Error(kInvalidParameter, "Invalid filter pattern: {} (at character {})", pattern.error().message, pattern.error().offset + 1);
  return std::move(*pattern);
}

}  // namespace cairn::logs_service
