#include "journal/segments.h"

#include <algorithm>

#include "base/check.h"

namespace cairn::journal {

namespace {

constexpr size_t kReadBytesMin = 64 << 10;  // one system call brings at least this much, if it is there

tl::unexpected<Failure> damaged(const Segment& segment, uint64_t entry) {
  return failure("journal: segment {}, entry {} is damaged (checksum). Restore the file from a backup.", segment.path, entry);
}

/// Bytes of a segment below `end`, read in large pieces.
class Window {
 public:
  Window(const Segment& segment, uint64_t end, size_t piece_bytes) : segment_(segment), end_(end), piece_(piece_bytes) {}

  /// [offset, offset + size), which lies below `end`.
  Result<std::string_view> view(uint64_t offset, size_t size) {
    CHECK(offset + size <= end_);
    if (offset < start_ || offset + size > start_ + filled_) {
      const size_t wanted = std::min<uint64_t>(std::max(piece_, size), end_ - offset);
      if (wanted > capacity_) {
        buffer_ = std::make_unique_for_overwrite<char[]>(wanted);
        capacity_ = wanted;
      }
      const auto got = segment_.file->pread(offset, {buffer_.get(), wanted});
      if (!got) return failure("journal: cannot read {}: {}", segment_.path, got.error().message);
      if (*got < wanted) return failure("journal: {} has become shorter", segment_.path);
      start_ = offset;
      filled_ = wanted;
    }
    return std::string_view(buffer_.get() + (offset - start_), size);
  }

 private:
  const Segment& segment_;
  uint64_t end_;
  size_t piece_;
  std::unique_ptr<char[]> buffer_;
  size_t capacity_ = 0;
  uint64_t start_ = 0;
  size_t filled_ = 0;
};

}  // namespace

Segments::Segments(std::vector<std::shared_ptr<Segment>> live, std::vector<std::shared_ptr<Segment>> spares, Position last)
    : live_(live.begin(), live.end()), spares_(spares.begin(), spares.end()), durable_(last.seq) {
  CHECK(!live_.empty());
}

std::shared_ptr<Segment> Segments::newest() const {
  const std::lock_guard lock(mutex_);
  return live_.back();
}

bool Segments::has_spare() const {
  const std::lock_guard lock(mutex_);
  return !spares_.empty();
}

uint64_t Segments::next_number() const {
  const std::lock_guard lock(mutex_);
  return (spares_.empty() ? live_ : spares_).back()->header.number + 1;
}

void Segments::add_spare(std::shared_ptr<Segment> segment) {
  const std::lock_guard lock(mutex_);
  spares_.push_back(std::move(segment));
}

void Segments::begin_spare() {
  const std::lock_guard lock(mutex_);
  CHECK(!spares_.empty());
  live_.push_back(std::move(spares_.front()));
  spares_.pop_front();
}

void Segments::publish(uint64_t first, uint64_t end, Position last) {
  const std::lock_guard lock(mutex_);
  Segment& newest = *live_.back();
  if (newest.first == 0) newest.first = first;
  newest.end = end;
  ++newest.batches;
  durable_ = last.seq;
  const uint64_t marked = newest.marks.empty() ? kSegmentHeaderBytes : newest.marks.back().offset;
  if (end >= marked + kMarkBytes) newest.marks.push_back({last.seq, end});
}

Position Segments::durable() const {
  const std::lock_guard lock(mutex_);
  return {durable_};
}

Position Segments::oldest() const {
  const std::lock_guard lock(mutex_);
  return {std::max<uint64_t>(live_.front()->first, 1)};
}

std::shared_ptr<Segment> Segments::find(uint64_t number) const {
  const uint64_t oldest = live_.front()->header.number;
  if (number < oldest || number - oldest >= live_.size()) return nullptr;
  return live_[number - oldest];
}

uint64_t Segments::bytes_behind(Position position) const {
  const std::lock_guard lock(mutex_);
  uint64_t bytes = 0;
  for (size_t i = live_.size(); i-- > 0;) {
    if (position.seq >= durable_) break;
    bytes += live_[i]->end;
    if (live_[i]->first != 0 && live_[i]->first <= position.seq + 1) break;
  }
  return bytes;
}

Segments::Cursor Segments::locate(uint64_t after) const {
  for (const Cursor& cursor : cursors_) {
    if (cursor.segment != 0 && cursor.last == after && find(cursor.segment)) return cursor;
  }
  // The last segment that begins at or before the entry looked for; one that has no batch yet begins nowhere.
  auto at = std::partition_point(live_.begin(), live_.end(),
                                 [&](const auto& segment) { return segment->first != 0 && segment->first <= after + 1; });
  CHECK(at != live_.begin());
  const Segment& segment = **std::prev(at);
  const auto mark = std::ranges::upper_bound(segment.marks, after, {}, &Segment::Mark::last);
  if (mark == segment.marks.begin()) return {after, segment.header.number, kSegmentHeaderBytes};
  return {after, segment.header.number, std::prev(mark)->offset};
}

Result<size_t> Segments::read(Position after, size_t bytes_max, const OnEntry& f) {
  std::unique_lock lock(mutex_);
  if (after.seq >= durable_) return 0;
  if (after.seq + 1 < live_.front()->first) {
    return failure("journal: entries up to {} are no longer kept; {} was asked for", live_.front()->first - 1, after.seq + 1);
  }
  Cursor at = locate(after.seq);
  size_t given = 0;
  size_t given_bytes = 0;
  while (given_bytes < bytes_max) {
    const std::shared_ptr<Segment> segment = find(at.segment);  // held: it is not recycled under our hands
    if (!segment) break;
    const uint64_t end = segment->end;
    lock.unlock();
    Window window(*segment, end, std::max(bytes_max, kReadBytesMin));
    while (at.offset < end && given_bytes < bytes_max) {
      const auto head = end - at.offset < kBatchHeaderBytes ? Result<std::string_view>("") : window.view(at.offset, kBatchHeaderBytes);
      if (!head) return tl::unexpected(head.error());
      const auto header = decode_batch_header(*head, segment->header.salt);
      if (!header || header->total_bytes() > end - at.offset) return damaged(*segment, at.last + 1);
      // A repeat holds entries that were given already.
      if (header->count > 0 && header->last() > at.last) {
        const auto body = window.view(at.offset + kBatchHeaderBytes, header->bytes);
        if (!body) return tl::unexpected(body.error());
        const auto bad = walk_entries(*header, *body, at.last, [&](Position position, std::string_view payload) {
          ++given;
          given_bytes += payload.size();
          f(position, payload);
        });
        if (bad) return damaged(*segment, *bad);
      }
      at.last = std::max(at.last, header->first + header->count - 1);
      at.offset += header->total_bytes();
    }
    lock.lock();
    if (at.offset < end) break;
    if (at.offset < segment->end) continue;  // it grew meanwhile
    if (!find(at.segment + 1)) break;
    at = {at.last, at.segment + 1, kSegmentHeaderBytes};
  }
  // Many who have read to the same place leave one cursor.
  if (std::ranges::find(cursors_, at.last, &Cursor::last) == cursors_.end()) cursors_[next_cursor_++ % kCursorsMax] = at;
  return given;
}

bool Segments::release(Position position) {
  const std::lock_guard lock(mutex_);
  bool any = false;
  // The next one must hold a durable entry and more behind it: a journal must know where it begins, even when its last batch
  // is destroyed while it is written again.
  const auto stands = [&](const Segment& next) {
    return next.first != 0 && next.first <= durable_ && (next.batches >= 2 || (live_.size() >= 3 && live_[2]->batches > 0));
  };
  while (live_.size() >= 2 && live_[1]->first <= position.seq + 1 && stands(*live_[1])) {
    released_.push_back(std::move(live_.front()));
    live_.pop_front();
    any = true;
  }
  return any;
}

std::shared_ptr<Segment> Segments::released() const {
  const std::lock_guard lock(mutex_);
  if (released_.empty() || released_.front().use_count() > 1) return nullptr;  // copies are made under the lock only
  return released_.front();
}

size_t Segments::released_count() const {
  const std::lock_guard lock(mutex_);
  return released_.size();
}

void Segments::forget_released() {
  const std::lock_guard lock(mutex_);
  released_.pop_front();
}

}  // namespace cairn::journal
