#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace cairn::cfn {

/// The regular expressions that need to look around or back, which no automaton can: matched by trying, within a number of steps.
/// Java's syntax without flags, named groups, \Q and set operations in classes. Any thread.
class BacktrackingRegex {
 public:
  static constexpr size_t kStepsMax = 1'000'000;
  static constexpr size_t kDepthMax = 2'000;  // of tries within each other
  static constexpr size_t kRepeatMax = 10'000;

  static Result<BacktrackingRegex> compile(std::string_view pattern);
  /// Whether all of `value` matches; nothing: it takes more than the steps there are.
  std::optional<bool> matches(std::string_view value) const;

  struct Item;
  using Sequence = std::vector<Item>;
  struct Range {
    char32_t first, last;
  };
  struct Item {
    enum class Kind { kOneOf, kBegin, kEnd, kWordBoundary, kGroup, kLookAhead, kLookBehind, kBackReference };
    enum class Greed { kGreedy, kLazy, kPossessive };
    Kind kind = Kind::kOneOf;
    bool negated = false;
    std::vector<Range> ranges;
    std::vector<Sequence> alternatives;
    size_t group = 0;  // its number, from 1; 0: it remembers nothing
    size_t min = 1, max = 1;
    Greed greed = Greed::kGreedy;
  };

 private:
  std::vector<Sequence> alternatives_;
  size_t groups_ = 0;
};

}  // namespace cairn::cfn
