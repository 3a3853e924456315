#pragma once
#include <algorithm>
#include <optional>
#include <vector>

#include "history/segment.h"
#include "history/sieve.h"

namespace cairn::history {

/// What of a segment a selection surely does not want, without decoding it: by the row, and by the texts that are asked for. Texts are
/// sifted once so many rows were asked about that it is worth its while; where all rows are asked about, it looks ahead, at more and more
/// of them at once, by two threads. One thread asks.
class Segment::Sifting {
 public:
  Sifting(const Segment& segment, const Selection& selection)
      : segment_(segment),
        selection_(selection),
        scopes_(selection.wanted_scopes(segment.scopes())),
        can_sieve_(Sieve::can_tell(selection.query().texts)) {}

  /// False: none of its accounts and regions is wanted.
  bool wants_any() const {
    return std::ranges::any_of(scopes_, [](char kinds) { return kinds != 0; });
  }
  bool may_want(const Row& row) const { return selection_.may_want(row, scopes_); }
  /// True: it has none of the texts. `reading` is the caller's.
  bool rules_out(uint32_t row, Reading& reading);
  /// How many rows from this one on, in the selection's order, are ruled out, of the next `most` at most. 0: nothing is known yet.
  uint32_t ruled_out(uint32_t row, uint32_t most);

 private:
  static constexpr uint32_t kRowsBefore = 1000;  // asked about before it begins
  static constexpr uint32_t kTogetherMax = 256;  // so that who has no more time hears of it
  static constexpr uint32_t kAheadFirst = 512, kAheadMax = 1 << 16;

  void look_from(uint32_t row);
  void sift(uint32_t begin, uint32_t end);

  const Segment& segment_;
  const Selection& selection_;
  const std::vector<char> scopes_;
  bool can_sieve_;
  uint32_t asked_ = 0;
  std::optional<Sieve> sieve_;
  uint32_t ahead_ = kAheadFirst;
  uint32_t begin_ = 0;
  std::vector<char> ruled_out_;  // those from `begin_` on
};

}  // namespace cairn::history
