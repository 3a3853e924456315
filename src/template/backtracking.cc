#include "template/backtracking.h"

#include <functional>

#include "template/code_points.h"

/// The matcher: tries.
namespace cairn::cfn {
namespace {

using Item = BacktrackingRegex::Item;
using Sequence = BacktrackingRegex::Sequence;
using Range = BacktrackingRegex::Range;
using Kind = Item::Kind;
using Greed = Item::Greed;

struct TooManySteps {};

class Matcher {
 public:
  using Rest = std::function<bool(size_t)>;

  Matcher(std::u32string text, size_t groups) : text_(std::move(text)), groups_(groups + 1, {std::u32string::npos, 0}) {}

  bool any_of(const std::vector<Sequence>& alternatives, size_t at, const Rest& rest) {
    return std::any_of(alternatives.begin(), alternatives.end(), [&](const Sequence& sequence) { return from(sequence, 0, at, rest); });
  }
  size_t size() const { return text_.size(); }

 private:
  struct Deeper {
    explicit Deeper(Matcher& matcher) : matcher_(matcher) {
      if (++matcher_.steps_ > BacktrackingRegex::kStepsMax || ++matcher_.depth_ > BacktrackingRegex::kDepthMax) throw TooManySteps{};
    }
    ~Deeper() { --matcher_.depth_; }
    Matcher& matcher_;
  };

  bool from(const Sequence& sequence, size_t i, size_t at, const Rest& rest) {
    const Deeper deeper(*this);
    if (i == sequence.size()) return rest(at);
    const Item& item = sequence[i];
    const Rest behind = [&](size_t next) { return from(sequence, i + 1, next, rest); };
    if (item.kind == Kind::kOneOf) return run_of(item, at, behind);
    if (item.greed != Greed::kPossessive) return again(item, 0, at, behind);
    size_t end = 0;
    const bool fits = again(item, 0, at, [&](size_t next) { return end = next, true; });
    return fits && behind(end);
  }

  bool run_of(const Item& item, size_t at, const Rest& behind) {
    size_t longest = 0;
    const size_t room = std::min(item.max, text_.size() - at);
    while (longest < room && fits(item, text_[at + longest])) ++longest;
    steps_ += longest;
    if (longest < item.min) return false;
    if (item.greed == Greed::kPossessive) return behind(at + longest);
    for (size_t k = 0; k <= longest - item.min; ++k)
      if (behind(at + (item.greed == Greed::kLazy ? item.min + k : longest - k))) return true;
    return false;
  }

  bool again(const Item& item, size_t count, size_t at, const Rest& behind) {
    const Deeper deeper(*this);
    const auto once_more = [&] {
      return count < item.max && once(item, at, [&](size_t next) {
               const bool is_stuck = next == at && count >= item.min;
               return !is_stuck && again(item, count + 1, next, behind);
             });
    };
    const bool may_stop = count >= item.min;
    if (item.greed == Greed::kLazy && may_stop && behind(at)) return true;
    if (once_more()) return true;
    return item.greed != Greed::kLazy && may_stop && behind(at);
  }

  bool once(const Item& item, size_t at, const Rest& rest) {
    switch (item.kind) {
      case Kind::kOneOf:
        return at < text_.size() && fits(item, text_[at]) && rest(at + 1);
      case Kind::kBegin:
        return at == 0 && rest(at);
      case Kind::kEnd:
        return at == text_.size() && rest(at);
      case Kind::kWordBoundary:
        return (is_word(at) != (at > 0 && is_word(at - 1))) != item.negated && rest(at);
      case Kind::kGroup:
        return group(item, at, rest);
      case Kind::kLookAhead:
        return any_of(item.alternatives, at, [](size_t) { return true; }) != item.negated && rest(at);
      case Kind::kLookBehind:
        return behind_fits(item, at) != item.negated && rest(at);
      case Kind::kBackReference: {
        const auto [begin, end] = groups_[item.group];
        if (begin == std::u32string::npos || text_.compare(at, end - begin, text_, begin, end - begin) != 0) return false;
        return rest(at + end - begin);
      }
    }
    return false;
  }

  bool group(const Item& item, size_t at, const Rest& rest) {
    if (item.group == 0) return any_of(item.alternatives, at, rest);
    const auto before = groups_[item.group];
    const bool fits = any_of(item.alternatives, at, [&](size_t next) {
      const auto inner = groups_[item.group];
      groups_[item.group] = {at, next};
      if (rest(next)) return true;
      groups_[item.group] = inner;
      return false;
    });
    if (!fits) groups_[item.group] = before;
    return fits;
  }

  bool behind_fits(const Item& item, size_t at) {
    for (size_t begin = 0; begin <= at; ++begin)
      if (any_of(item.alternatives, begin, [at](size_t end) { return end == at; })) return true;
    return false;
  }

  static bool fits(const Item& item, char32_t c) {
    const bool is_one = std::any_of(item.ranges.begin(), item.ranges.end(), [c](const Range& r) { return c >= r.first && c <= r.last; });
    return is_one != item.negated;
  }

  bool is_word(size_t at) const {
    if (at >= text_.size()) return false;
    const char32_t c = text_[at];
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
  }

  const std::u32string text_;
  std::vector<std::pair<size_t, size_t>> groups_;
  size_t steps_ = 0, depth_ = 0;
};

}  // namespace

std::optional<bool> BacktrackingRegex::matches(std::string_view value) const {
  Matcher matcher(code_points_of(value), groups_);
  try {
    return matcher.any_of(alternatives_, 0, [&](size_t end) { return end == matcher.size(); });
  } catch (const TooManySteps&) {
    return std::nullopt;
  }
}

}  // namespace cairn::cfn
