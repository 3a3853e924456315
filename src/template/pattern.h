#pragma once
#include <memory>
#include <optional>
#include <string_view>

#include "base/result.h"

struct pcre2_real_code_8;

namespace cairn::cfn {

/// An AllowedPattern, which the whole value must match: a regular expression as Java has them, near enough (docs/differences.md). Any
/// thread.
class Pattern {
 public:
  static constexpr uint32_t kStepsMax = 1'000'000;    // of matching one value
  static constexpr uint32_t kKilobytesMax = 8 << 10;  // of memory meanwhile

  /// The failure's message goes on behind "AllowedPattern ".
  static Result<Pattern> compile(std::string_view pattern);
  /// Nothing: it takes too long to tell.
  std::optional<bool> matches(std::string_view value, uint32_t steps_max = kStepsMax) const;

 private:
  std::shared_ptr<const pcre2_real_code_8> code_;
};

}  // namespace cairn::cfn
