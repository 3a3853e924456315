#pragma once
#include <memory>
#include <optional>
#include <string_view>

#include "template/backtracking.h"

namespace re2 {
class RE2;
}

namespace cairn::cfn {

/// An AllowedPattern, which the whole value must match, as Java's regular expressions do: in time linear in the value where that can be,
/// else within a number of steps.
class Pattern {
 public:
  /// The failure's message goes on behind "AllowedPattern ".
  static Result<Pattern> compile(std::string_view pattern);
  std::optional<bool> matches(std::string_view value) const;  // nothing: it takes too long to tell

 private:
  std::shared_ptr<const re2::RE2> linear_;  // or `trying_`
  std::optional<BacktrackingRegex> trying_;
};

}  // namespace cairn::cfn
