#include "history/postings.h"

#include <algorithm>

#include "history/segment_writer.h"
#include "segment/block.h"

namespace cairn::history {

Segment::List::List(const Segment& segment, Term term) : segment_(&segment), count_(term.count), row_(segment.rows_ - 1) {
  if (term.count == segment.rows_) {
    is_all_ = true;
    return;
  }
  if (term.count == 1) {
    row_ = term.reference;
    if (row_ >= segment.rows_) fail("a posting is out of range");
    return;
  }
  chunks_ = (count_ + kChunkPostings - 1) / kChunkPostings;
  begin_ = term.reference;
  if (chunks_ > 1) {
    offset_ = begin_;
    for (uint32_t* length : {&chunks_bytes_, &skips_bytes_})
      for (int i = 0; i < 4; ++i) *length |= uint32_t{byte()} << (8 * i);
    begin_ += 8;
    if (done_) return;
  }
  read_chunk(0, begin_);
}

void Segment::List::fail(std::string_view what) {
  if (!failure_) failure_ = segment_->damaged(what).value();
  done_ = true;
}

bool Segment::List::load(uint64_t offset) {
  const auto found = segment_->posting_table_.find(*segment_->bytes_, offset);
  if (!found || !*found) {
    if (!found) failure_ = found.error();
    fail("a posting list is out of range");
    return false;
  }
  auto bytes = segment_->bytes_->block((*found)->entry.at);
  if (!bytes) {
    failure_ = bytes.error();
    done_ = true;
    return false;
  }
  block_ = std::move(*bytes);
  block_begin_ = (*found)->entry.key;
  return true;
}

uint8_t Segment::List::byte() {
  if (done_) return 0;
  if (!block_ || offset_ < block_begin_ || offset_ - block_begin_ >= block_->size()) {
    if (!load(offset_)) return 0;
    if (offset_ - block_begin_ >= block_->size()) {
      fail("a posting list is cut short");
      return 0;
    }
  }
  return static_cast<uint8_t>((*block_)[offset_++ - block_begin_]);
}

uint64_t Segment::List::varint() {
  uint64_t v = 0;
  for (int shift = 0; shift < 35; shift += 7) {
    const uint8_t one = byte();
    v |= uint64_t{one & 0x7fu} << shift;
    if (one < 0x80) return v;
  }
  fail("a posting is too long");
  return 0;
}

bool Segment::List::read_chunk(uint32_t number, uint64_t offset) {
  chunk_ = number;
  at_ = 0;
  offset_ = offset;
  const uint32_t count = std::min(kChunkPostings, count_ - number * kChunkPostings);
  rows_.resize(count);
  uint32_t before = segment_->rows_ - 1;
  for (uint32_t i = 0; i < count; ++i) {
    const uint64_t distance = varint();
    if (done_) return false;
    if (distance > before || (distance == 0 && i > 0)) {
      fail("a posting is out of range");
      return false;
    }
    before -= static_cast<uint32_t>(distance);
    rows_[i] = before;
  }
  row_ = rows_[0];
  return true;
}

bool Segment::List::read_skips() {
  offset_ = begin_ + chunks_bytes_;
  uint64_t row = segment_->rows_ - 1, offset = 0;
  skips_.reserve(chunks_);
  for (uint32_t i = 0; i < chunks_; ++i) {
    const uint64_t distance = varint(), bytes = varint();
    if (!done_ && distance > row) fail("a posting list's table is wrong");
    if (done_) return false;
    row -= distance;
    skips_.push_back({static_cast<uint32_t>(row), static_cast<uint32_t>(offset)});
    offset += bytes;
  }
  if (offset != chunks_bytes_) fail("a posting list's table is wrong");
  return !done_;
}

void Segment::List::next() {
  if (row_ == 0) done_ = true;
  else seek(row_ - 1);
}

void Segment::List::seek(uint32_t row) {
  if (done_ || row_ <= row) return;
  if (is_all_) {
    row_ = row;
    return;
  }
  if (count_ == 1) {
    done_ = true;
    return;
  }
  if (rows_.back() > row) {
    if (chunk_ + 1 == chunks_) {
      done_ = true;
      return;
    }
    if (skips_.empty() && steps_++ < kStepsMax) return read_chunk(chunk_ + 1, offset_) ? seek(row) : void();
    if (skips_.empty() && !read_skips()) return;
    // The last chunk that begins at or above it; if all of that one is above, the next one's first.
    auto after = std::partition_point(skips_.begin() + chunk_ + 1, skips_.end(), [&](const Skip& skip) { return skip.first_row >= row; });
    if (after != skips_.begin() + chunk_ + 1) --after;
    if (!read_chunk(static_cast<uint32_t>(after - skips_.begin()), begin_ + after->offset)) return;
    return seek(row);
  }
  while (rows_[at_] > row) ++at_;
  row_ = rows_[at_];
}

}  // namespace cairn::history
