#include "history/history.h"

#include <algorithm>

#include "base/check.h"
#include "base/log.h"
#include "base/text.h"
#include "base/time.h"
#include "history/merge.h"
#include "history/migrate.h"
#include "history/terms.h"

namespace cairn::history {

namespace {

constexpr size_t kCacheBytesMin = 8 << 20;
constexpr int kSegmentsOfRetention = 8;  // none spans more than this part of it

size_t cache_bytes(const Options& options) {
  const size_t others = 2 * options.tail_bytes_max;
  return std::max(kCacheBytesMin, options.memory_bytes_max > others ? options.memory_bytes_max - others : 0);
}

/// As rows have them.
uint32_t row_span(std::chrono::nanoseconds time) {
  return static_cast<uint32_t>(std::min<int64_t>(std::chrono::floor<std::chrono::seconds>(time).count(), UINT32_MAX));
}

}  // namespace

Result<std::unique_ptr<History>> History::open(env::Files& files, const env::Clock& clock, const Options& options) {
  auto history = std::make_unique<SegmentedHistory>(files, clock, options);
  if (auto loaded = history->load(); !loaded) return tl::unexpected(loaded.error());
  return history;
}

SegmentedHistory::SegmentedHistory(env::Files& files, const env::Clock& clock, Options options)
    : files_(files),
      clock_(clock),
      options_(std::move(options)),
      events_(files, "history", options_.directory, options_.tail_bytes_max, std::make_shared<Tail>(1), cache_bytes(options_)),
      merger_(files, events_, row_span(options_.retention / kSegmentsOfRetention)),
      imports_(files, clock, options_.directory, events_.storage()) {}

Result<void> SegmentedHistory::load() {
  if (auto migrated = migrate(files_, "history", options_.directory); !migrated) return migrated;
  const Result<uint64_t> position = events_.load();
  if (!position) return tl::unexpected(position.error());
  if (auto loaded = imports_.load(); !loaded) return loaded;
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
  for (const journal::ChangeView& change : entry.changes)
    if (change.value && journal::topic_of(change.key) == kImportTopic)
      for (std::string_view file : text::split(*change.value, '\n')) imports_.name(waiting_imports_.emplace_back(file));
  adopt_waiting();
  events_.consumed(entry);
  events_.seal_if_due(tail.bytes(), tail.full(options_.tail_bytes_max), options_.tail_bytes_max * 4, [this] { return seal_locked(); });
}

void SegmentedHistory::caught_up(journal::Position) {
  std::lock_guard writing(writing_);
  if (adopt_waiting()) imports_.sweep();
}

/// The journal's entries that name them stay until that is done.
bool SegmentedHistory::adopt_waiting() {
  const auto look = [this](Seeking& seeking, const std::optional<Imports::Seen>& seen) -> Result<void> {
    for (const auto& segment : *events_.segments()) {
      if (seen && segment->last_position() < seen->live.position) continue;  // what was seen may end within an entry
      if (auto looked = seeking.look_in(*segment); !looked) return looked;
    }
    return seeking.look_in(*events_.tail());
  };
  while (!waiting_imports_.empty() && imports_.adopt(waiting_imports_.front(), look)) waiting_imports_.pop_front();
  return waiting_imports_.empty();
}

Result<Staged> SegmentedHistory::stage(std::span<const Arrival> arrivals) {
  CHECK(arrivals.size() <= kArrivalsMax);
  const Time oldest = clock_.now() - options_.retention;
  std::vector<Seeking::Sought> sought;
  std::vector<char> known(arrivals.size());
  sought.reserve(arrivals.size());
  for (uint32_t i = 0; i < arrivals.size(); ++i) {
    const event::Attributes& attributes = arrivals[i].attributes;
    if (attributes.time >= oldest) sought.push_back({term_hash(TermKind::kEventId, attributes.event_id), i, row_seconds(attributes.time)});
  }
  Seeking seeking(std::move(sought), known, [&](uint32_t event) -> Result<std::string_view> { return arrivals[event].record; });
  const auto imported = imports_.segments();  // before the live ones: what is neither here nor there comes later
  const auto [tail, segments] = events_.look([](const auto& newest, const auto& rest) { return std::pair(newest, rest); });
  const Cursor end = tail->end();
  for (const auto& list : {segments, imported})
    for (const auto& segment : *list)
      if (auto looked = seeking.look_in(*segment); !looked) return tl::unexpected(looked.error());
  if (auto looked = seeking.look_in(*tail); !looked) return tl::unexpected(looked.error());

  Staged staged;
  for (size_t i = 0; i < arrivals.size(); ++i)
    staged.fates.push_back(known[i] != 0                           ? Staged::Fate::kKnown
                           : arrivals[i].attributes.time >= oldest ? Staged::Fate::kAdded
                                                                   : Staged::Fate::kExpired);
  std::vector<Seeking::Sought> added = seeking.take_unknown();
  if (added.empty()) return staged;
  Imports::Seen seen{.live = end, .imported = {}};
  for (const auto& segment : *imported) seen.imported.insert(segment->file());
  auto file = imports_.stage(arrivals, std::move(added), std::move(seen));
  if (!file) return tl::unexpected(file.error());
  staged.file = std::move(*file);
  return staged;
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
  if (!adopt_waiting()) return false;
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
  for (uint32_t row = 0; row < before.all_rows().size(); ++row) {
    const Cursor cursor = before.cursor_of(before.all_rows()[row]);
    if (cursor.position <= upto) continue;
    const std::string record = before.record(row);
    tail->add(cursor, event::attributes(record, document_).value(), record);
  }
  consumed_ = std::max(consumed_, upto);
  waiting_imports_.clear();
  imports_.clear();
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
  imports_.expire(oldest);
  adopt_waiting();
}

void SegmentedHistory::tidy(const std::function<bool()>& wanted) {
  const auto name = [this](uint64_t last_position, const Segments& segments) { return new_name(last_position, segments); };
  while (wanted() &&
         (merger_.once(writing_, wanted, name, [this] { return events_.position(); }) || imports_.tidy_once(writing_, wanted))) {
  }
}

std::string SegmentedHistory::new_name(uint64_t last_position, const Segments& segments) {
  for (;;) {
    std::string name = fmt::format("{:020}-{}.segment", last_position, ++merges_);
    if (std::ranges::none_of(segments, [&](const auto& segment) { return segment->file() == name; })) return name;
  }
}

uint64_t SegmentedHistory::events() const {
  uint64_t imported = 0;
  for (const auto& segment : *imports_.segments()) imported += segment->count();
  return imported + events_.look([](const auto& tail, const auto& segments) {
    uint64_t sum = tail->rows();
    for (const auto& segment : *segments) sum += segment->count();
    return sum;
  });
}

Result<void> SegmentedHistory::verify() const {
  for (const auto& list : {events_.segments(), imports_.segments()})
    for (const auto& segment : *list) {
      if (auto sound = segment->verify(); !sound) return sound;
    }
  return {};
}

}  // namespace cairn::history
