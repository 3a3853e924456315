#pragma once
#include <optional>
#include <vector>

#include "history/segment.h"
#include "history/sieve.h"

namespace cairn::history {

/// Which rows of a segment surely contain none of the texts that a search asks for. It begins once so many were asked about that it is
/// worth its while. Where all rows are asked about, it looks ahead, at more and more of them at once, by two threads. One thread asks.
class Segment::Sifting {
 public:
  Sifting(const Segment& segment, const Selection& selection)
      : segment_(segment), selection_(selection), is_possible_(Sieve::can_tell(selection.query().texts)) {}

  bool rules_out(uint32_t row, Reading& reading);

 private:
  static constexpr uint32_t kRowsBefore = 1000;  // asked about before it begins
  static constexpr uint32_t kAheadFirst = 4096, kAheadMax = 1 << 16;

  void look_from(uint32_t row);
  void sift(uint32_t begin, uint32_t end);

  const Segment& segment_;
  const Selection& selection_;
  bool is_possible_;
  uint32_t asked_ = 0;
  std::optional<Sieve> sieve_;
  uint32_t ahead_ = kAheadFirst;
  uint32_t begin_ = 0;
  std::vector<char> ruled_out_;  // those from `begin_` on
};

}  // namespace cairn::history
