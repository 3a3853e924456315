#include "history/history.h"

#include <algorithm>

#include "base/log.h"
#include "base/time.h"
#include "segment/block.h"

namespace cairn::history {

Result<std::unique_ptr<History>> History::open(env::Files& files, const env::Clock& clock, const Options& options) {
  auto history = std::make_unique<SegmentedHistory>(files, clock, options);
  if (auto loaded = history->load(); !loaded) return tl::unexpected(loaded.error());
  return history;
}

SegmentedHistory::SegmentedHistory(env::Files& files, const env::Clock& clock, Options options)
    : files_(files),
      clock_(clock),
      options_(std::move(options)),
      events_(files, "history", options_.directory, options_.tail_bytes_max, std::make_shared<Tail>(1)) {}

Result<void> SegmentedHistory::load() {
  const Result<uint64_t> position = events_.load();
  if (!position) return tl::unexpected(position.error());
  consumed_ = *position;
  events_.change_tail([&](std::shared_ptr<Tail>& tail) { tail = std::make_shared<Tail>(consumed_ + 1); });
  return {};
}

void SegmentedHistory::consume(journal::Position position, const journal::EntryView& entry) {
  std::lock_guard writing(writing_);
  if (position.seq <= consumed_) return;  // fed again after a restart, or cleared meanwhile
  Tail& tail = *events_.tail();
  add_records(tail, position.seq, entry.records);
  consumed_ = position.seq;
  events_.consumed(entry);
  events_.seal_if_due(tail.bytes(), tail.full(options_.tail_bytes_max), options_.tail_bytes_max * 4, [this] { return seal_locked(); });
}

void SegmentedHistory::add_records(Tail& tail, uint64_t position, const std::vector<std::string_view>& records) {
  uint32_t index = 0;
  for (std::string_view record : records) {
    const auto attributes = event::attributes(record, document_);
    if (attributes) {
      tail.add({position, index}, *attributes, record);
    } else {
      log::error("a journal entry holds no readable event; it cannot be looked up",
                 {{"position", std::to_string(position)}, {"error", attributes.error().message}});
    }
    ++index;
  }
}

bool SegmentedHistory::seal() {
  std::lock_guard writing(writing_);
  return seal_locked();
}

bool SegmentedHistory::seal_locked() {
  Tail& tail = *events_.tail();
  const bool is_empty = tail.rows() == 0;
  if (!is_empty) tail.close_block();
  return events_.seal(
      consumed_, is_empty, [&](const std::string& path) { return write_segment(files_, path, tail, consumed_); },
      std::make_shared<Tail>(consumed_ + 1));
}

void SegmentedHistory::clear(journal::Position position) {
  std::lock_guard writing(writing_);
  // Events after `position` stay: they can only be in the tail, unless the caller names the past.
  const uint64_t upto = position.seq;
  auto tail = std::make_shared<Tail>(upto + 1);
  Tail& before = *events_.tail();
  for (const Row& row : before.all_rows()) {
    const Cursor cursor = before.cursor_of(row);
    if (cursor.position <= upto) continue;
    before.close_block();
    const auto raw = segment::open_block(*before.blocks()[row.block]);
    const auto record = event_of_block(raw.value(), row.place & kPlaceMask);
    tail->add(cursor, event::attributes(record.value(), document_).value(), record.value());
  }
  consumed_ = std::max(consumed_, upto);
  (void)events_.keep([&](const Segment& segment) { return segment.last_position() > upto; }, std::move(tail),
                     std::max(events_.position(), upto));
}

/// What is dropped is gone for good, and the clock may be wrong: after a jump (or a long stop) it is believed only kCatchUpRate
/// times faster than time passes, from the newest sealed event on. A day of a wrong clock is noticed before it costs the history.
Time SegmentedHistory::reckoned_now() {
  const Time now = clock_.now();
  const std::chrono::nanoseconds steady = clock_.steady();
  if (!reckoned_) {
    reckoned_ = now;
    uint32_t newest = 0;
    for (const auto& segment : *events_.segments()) newest = std::max(newest, segment->newest_time());
    if (newest > 0) reckoned_ = Time(std::chrono::seconds(newest));
  } else {
    *reckoned_ += std::chrono::floor<std::chrono::milliseconds>((steady - reckoned_at_) * kCatchUpRate);
  }
  reckoned_at_ = steady;
  reckoned_ = std::min(*reckoned_, now);
  if (now - *reckoned_ > kJumpNoted && !std::exchange(jump_noted_, true)) {
    log::warning("the clock is days ahead of the newest event; old events are forgotten slowly until it is caught up with",
                 {{"clock", timestamps::iso8601(now)}, {"newest", timestamps::iso8601(*reckoned_)}});
  }
  return *reckoned_;
}

void SegmentedHistory::expire() {
  std::lock_guard writing(writing_);
  const uint32_t oldest = row_seconds(reckoned_now() - options_.retention);
  (void)events_.keep([&](const Segment& segment) { return segment.newest_time() >= oldest; }, std::nullopt, events_.position());
}

uint64_t SegmentedHistory::events() const {
  return events_.look([](const auto& tail, const auto& segments) {
    uint64_t sum = tail->rows();
    for (const auto& segment : *segments) sum += segment->count();
    return sum;
  });
}

Result<void> SegmentedHistory::verify() const {
  for (const auto& segment : *events_.segments()) {
    if (auto sound = segment->verify(); !sound) return sound;
  }
  return {};
}

}  // namespace cairn::history
