#include "history/sifting.h"

#include <algorithm>
#include <future>
#include <system_error>

namespace cairn::history {

bool Segment::Sifting::rules_out(uint32_t row, Reading& reading) {
  if (!can_sieve_ || ++asked_ < kRowsBefore) return false;
  if (!sieve_ && !sieve_.emplace(selection_.query().texts).look_at(reading, segment_.words_)) {
    sieve_.reset();
    can_sieve_ = false;
    return false;
  }
  if (!selection_.terms().empty()) {  // few rows between others
    const auto coded = reading.coded(row);
    return coded && !sieve_->may_contain(coded->body);
  }
  if (row < begin_ || row - begin_ >= ruled_out_.size()) look_from(row);
  return ruled_out_[row - begin_] != 0;
}

uint32_t Segment::Sifting::ruled_out(uint32_t row, uint32_t most) {
  if (!sieve_ || !selection_.terms().empty()) return 0;
  if (row < begin_ || row - begin_ >= ruled_out_.size()) look_from(row);
  most = std::min(most, kTogetherMax);
  uint32_t rows = 0;
  if (selection_.query().order == Query::Order::kNewestFirst) {
    for (uint32_t at = row - begin_; rows < most && rows <= at && ruled_out_[at - rows] != 0;) ++rows;
  } else {
    for (uint32_t at = row - begin_; rows < most && at + rows < ruled_out_.size() && ruled_out_[at + rows] != 0;) ++rows;
  }
  return rows;
}

void Segment::Sifting::look_from(uint32_t row) {
  uint32_t end = row + 1;
  if (selection_.query().order == Query::Order::kNewestFirst) {
    begin_ = end - std::min(ahead_, end);
  } else {
    begin_ = row;
    end = begin_ + std::min(ahead_, segment_.rows_ - begin_);
  }
  ruled_out_.assign(end - begin_, 0);
  ahead_ = std::min(ahead_ * 2, kAheadMax);
  const uint32_t middle = begin_ + (end - begin_) / 2;
  std::future<void> other;
  try {
    other = std::async(std::launch::async, [this, middle, end] { sift(middle, end); });
  } catch (const std::system_error&) {  // the system gives no more threads
    return sift(begin_, end);
  }
  sift(begin_, middle);
  other.get();
}

void Segment::Sifting::sift(uint32_t begin, uint32_t end) {
  Reading reading(segment_, Reading::Way::kPassing);
  for (uint32_t row = begin; row < end;) {
    const auto block = reading.coded_block(row);  // whoever reads what is damaged says so
    const uint32_t next = block ? std::min(end, block->first + block->second->events()) : row + 1;
    if (block && !sieve_->may_any_contain(block->second->bodies())) {
      std::fill(ruled_out_.begin() + (row - begin_), ruled_out_.begin() + (next - begin_), 1);
      row = next;
    }
    for (; row < next; ++row) {
      const auto at = reading.row(row);
      if (at && !may_want(*at)) continue;  // it will not be asked about
      const auto coded = reading.coded(row);
      ruled_out_[row - begin_] = coded && !sieve_->may_contain(coded->body);
    }
  }
}

}  // namespace cairn::history
