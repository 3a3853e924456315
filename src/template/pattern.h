#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace re2 {
class RE2;
}

namespace cairn::cfn {

/// An AllowedPattern, which the whole value must match, in time linear in the value. Written as Java's; look-ahead may stand at its
/// beginning alone ("^(?=.*[0-9])(?!admin)..."), back references nowhere.
class Pattern {
 public:
  /// The failure's message goes on behind "AllowedPattern ".
  static Result<Pattern> compile(std::string_view pattern);
  bool matches(std::string_view value) const;

 private:
  struct Look {
    std::shared_ptr<const re2::RE2> ahead;
    bool wanted;
  };
  std::vector<Look> looks_;
  std::shared_ptr<const re2::RE2> whole_;
};

}  // namespace cairn::cfn
