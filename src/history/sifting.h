#pragma once
#include <vector>

#include "history/segment.h"
#include "history/sieve.h"

namespace cairn::history {

/// Which rows of a segment surely contain none of some texts. Whoever asks for one row will ask for those behind it: so it looks ahead,
/// more and more of them at once, by two threads. One thread asks.
class Segment::Sifting {
 public:
  /// Rows from `floor` to before `bound` will be asked for, in an order.
  Sifting(const Segment& segment, Sieve sieve, uint32_t floor, uint32_t bound, Query::Order order)
      : segment_(segment), sieve_(std::move(sieve)), floor_(floor), bound_(bound), is_newest_first_(order == Query::Order::kNewestFirst) {}

  bool rules_out(uint32_t row);

 private:
  static constexpr uint32_t kRowsFirst = 4096, kRowsMax = 1 << 16;

  void look_from(uint32_t row);
  void sift(uint32_t begin, uint32_t end);

  const Segment& segment_;
  const Sieve sieve_;
  const uint32_t floor_, bound_;
  const bool is_newest_first_;
  uint32_t ahead_ = kRowsFirst;
  uint32_t begin_ = 0;
  std::vector<char> ruled_out_;  // those from `begin_` on
};

}  // namespace cairn::history
