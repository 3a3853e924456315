#include "history/history.h"

#include <algorithm>
#include <cstdlib>

#include "base/log.h"
#include "base/time.h"
#include "segment/block.h"

namespace cairn::history {

namespace {

constexpr size_t kTailGrowthMax = 8;  // times tail_bytes_max, while the disk refuses segments

}  // namespace

Result<std::unique_ptr<History>> History::open(env::Files& files, const env::Clock& clock, const Options& options) {
  auto history = std::make_unique<SegmentedHistory>(files, clock, options);
  if (auto loaded = history->load(); !loaded) return tl::unexpected(loaded.error());
  return history;
}

SegmentedHistory::SegmentedHistory(env::Files& files, const env::Clock& clock, Options options)
    : files_(files), clock_(clock), options_(std::move(options)), catalog_(files, "history", options_.directory), storage_(files) {
  publish(std::make_shared<Tail>(1), std::make_shared<Segments>());
}

Result<void> SegmentedHistory::load() {
  auto manifest = catalog_.open();
  if (!manifest) return tl::unexpected(manifest.error());
  auto segments = std::make_shared<Segments>();
  for (const segment::Manifest::Entry& entry : manifest->segments) {
    auto segment = Segment::open(storage_, options_.directory, entry.file);
    if (!segment) return tl::unexpected(segment.error());
    if ((*segment)->bytes() != entry.bytes || (*segment)->rows() != entry.events) {
      return failure("history segment {}/{} is not the one that the manifest names", options_.directory, entry.file);
    }
    segments->push_back(std::move(*segment));
  }
  consumed_ = manifest->position;
  publish(std::make_shared<Tail>(consumed_ + 1), std::move(segments));
  durable_position_ = consumed_;
  return {};
}

SegmentedHistory::Snapshot SegmentedHistory::snapshot() const {
  std::lock_guard lock(mutex_);
  return {tail_, segments_};
}

void SegmentedHistory::publish(std::shared_ptr<Tail> tail, std::shared_ptr<const Segments> segments) {
  std::lock_guard lock(mutex_);
  tail_ = std::move(tail);
  segments_ = std::move(segments);
}

void SegmentedHistory::consume(journal::Position position, const journal::EntryView& entry) {
  std::lock_guard writing(writing_);
  if (position.seq <= consumed_) return;  // fed again after a restart, or cleared meanwhile
  // `tail_` changes under `writing_` only, so it may be read here without the other lock.
  add_records(*tail_, position.seq, entry.records);
  consumed_ = position.seq;
  for (std::string_view record : entry.records) journal_bytes_ += record.size();
  for (const journal::ChangeView& change : entry.changes) journal_bytes_ += change.key.size() + change.value.value_or("").size() + 32;
  if (!tail_->full(options_.tail_bytes_max) && journal_bytes_ < journal_bytes_max()) return;
  if (journal_bytes_ < retry_bytes_) return;
  if (seal_locked()) return;
  retry_bytes_ = journal_bytes_ + options_.tail_bytes_max / 8;
  if (tail_->bytes() > options_.tail_bytes_max * kTailGrowthMax) {
    log::error(
        "the event history could not be written for too long: stopping before memory runs out. Nothing is lost: the journal "
        "feeds it again at the next start",
        {{"directory", options_.directory}});
    std::abort();
  }
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
  const std::shared_ptr<Tail> tail = tail_;
  std::shared_ptr<const Segments> segments = segments_;
  if (tail->rows() > 0) {
    tail->close_block();
    const std::string file = segment::Catalog::file_name(consumed_);
    const std::string path = catalog_.path(file);
    const auto written = write_segment(files_, path, *tail, consumed_);
    if (!written) {
      log::error("the event history cannot be written; its newest part stays in memory", {{"error", written.error().message}});
      (void)files_.remove(path);  // else it is a leftover for the next opening
      return false;
    }
    if (!catalog_.settle()) return false;
    auto segment = Segment::open(storage_, options_.directory, file);
    if (!segment) {
      log::error("the event history cannot be written; its newest part stays in memory", {{"error", segment.error().message}});
      return false;
    }
    auto longer = std::make_shared<Segments>(*segments);
    longer->push_back(std::move(*segment));
    segments = std::move(longer);
  }
  if (!write_manifest_of(*segments, consumed_)) return false;
  publish(std::make_shared<Tail>(consumed_ + 1), std::move(segments));
  durable_position_ = consumed_;
  journal_bytes_ = 0;
  retry_bytes_ = 0;
  return true;
}

bool SegmentedHistory::write_manifest_of(const Segments& segments, uint64_t position) {
  segment::Manifest manifest{position, {}};
  for (const auto& segment : segments) manifest.segments.push_back({segment->file(), segment->rows(), segment->bytes()});
  return catalog_.write(manifest);
}

void SegmentedHistory::clear(journal::Position position) {
  std::lock_guard writing(writing_);
  // Events after `position` stay: they can only be in the tail, unless the caller names the past.
  const uint64_t upto = position.seq;
  auto tail = std::make_shared<Tail>(upto + 1);
  for (const Row& row : tail_->all_rows()) {
    const Cursor cursor = tail_->cursor_of(row);
    if (cursor.position <= upto) continue;
    tail_->close_block();
    const auto raw = segment::open_block(*tail_->blocks()[row.block]);
    const auto record = event_of_block(raw.value(), row.place & kPlaceMask);
    tail->add(cursor, event::attributes(record.value(), document_).value(), record.value());
  }
  auto kept = std::make_shared<Segments>();
  const std::shared_ptr<const Segments> before = segments_;
  for (const auto& segment : *before) {
    if (segment->last_position() > upto) kept->push_back(segment);
  }
  consumed_ = std::max(consumed_, upto);
  const uint64_t durable = std::max<uint64_t>(durable_position_, upto);
  publish(std::move(tail), kept);
  journal_bytes_ = 0;
  if (!write_manifest_of(*kept, durable)) return;
  durable_position_ = durable;
  for (const auto& segment : *before) {
    if (segment->last_position() > upto) continue;
    segment->drop();
    catalog_.remove(segment->file());
  }
}

/// What is dropped is gone for good, and the clock may be wrong: after a jump (or a long stop) it is believed only kCatchUpRate
/// times faster than time passes, from the newest sealed event on. A day of a wrong clock is noticed before it costs the history.
Time SegmentedHistory::reckoned_now() {
  const Time now = clock_.now();
  const std::chrono::nanoseconds steady = clock_.steady();
  if (!reckoned_) {
    reckoned_ = now;
    uint32_t newest = 0;
    for (const auto& segment : *segments_) newest = std::max(newest, segment->newest_time());
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
  const std::shared_ptr<const Segments> before = segments_;
  auto kept = std::make_shared<Segments>();
  for (const auto& segment : *before) {
    if (segment->newest_time() >= oldest) kept->push_back(segment);
  }
  if (kept->size() == before->size()) return;
  if (!write_manifest_of(*kept, durable_position_)) return;
  publish(tail_, kept);
  for (const auto& segment : *before) {
    if (segment->newest_time() >= oldest) continue;
    segment->drop();
    catalog_.remove(segment->file());
  }
}

uint64_t SegmentedHistory::events() const {
  const Snapshot now = snapshot();
  uint64_t sum = now.tail->rows();
  for (const auto& segment : *now.segments) sum += segment->rows();
  return sum;
}

Result<void> SegmentedHistory::verify() const {
  for (const auto& segment : *snapshot().segments) {
    if (auto sound = segment->verify(); !sound) return sound;
  }
  return {};
}

}  // namespace cairn::history
