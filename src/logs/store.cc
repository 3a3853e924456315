#include "logs/store.h"

#include <algorithm>
#include <atomic>
#include <mutex>

#include "base/log.h"
#include "logs/merge.h"
#include "logs/note.h"
#include "logs/segment.h"
#include "logs/tail.h"
#include "segment/catalog.h"

namespace cairn::logs {

namespace {

constexpr size_t kTailGrowthMax = 8;           // times tail_bytes_max, while the disk refuses segments
constexpr size_t kJournalBytesIdle = 1 << 20;  // without log events: a position costs a small file; the journal must not wait for it
constexpr size_t kEntryOverheadBytes = 32;

/// Nothing at or before this place is wanted (newest first: at or behind it).
std::optional<Place> begin_of(const Query& query) {
  constexpr auto kMax = std::numeric_limits<uint32_t>::max();
  std::optional<Place> begin = query.beyond;
  if (query.newest_first && query.end < std::numeric_limits<int64_t>::max()) {
    const Place all_before{query.end + 1, 0, 0};
    if (!begin || all_before < *begin) begin = all_before;
  }
  if (!query.newest_first && query.start > std::numeric_limits<int64_t>::min()) {
    const Place all_after{query.start - 1, std::numeric_limits<uint64_t>::max(), kMax};
    if (!begin || *begin < all_after) begin = all_after;
  }
  return begin;
}

class SegmentedStore final : public Store {
 public:
  SegmentedStore(env::Files& files, Options options)
      : files_(files), options_(std::move(options)), catalog_(files, "log events", options_.directory), storage_(files) {}

  Result<void> load() {
    auto manifest = catalog_.open();
    if (!manifest) return tl::unexpected(manifest.error());
    auto segments = std::make_shared<Segments>();
    for (const segment::Manifest::Entry& entry : manifest->segments) {
      auto segment = Segment::open(storage_, options_.directory, entry.file);
      if (!segment) return tl::unexpected(segment.error());
      if ((*segment)->bytes() != entry.bytes || (*segment)->events() != entry.events)
        return failure("log segment {} is not the one that the manifest names", catalog_.path(entry.file));
      segments->push_back(std::move(*segment));
    }
    segments_ = std::move(segments);
    consumed_ = manifest->position;
    durable_position_ = consumed_;
    return {};
  }

  std::string_view name() const override { return "logs"; }
  journal::Position position() const override { return {durable_position_}; }

  void consume(journal::Position position, const journal::EntryView& entry) override {
    const std::lock_guard writing(writing_);
    if (position.seq <= consumed_) return;  // fed again after a restart, or cleared meanwhile
    for (const journal::ChangeView& change : entry.changes) {
      journal_bytes_ += change.key.size() + change.value.value_or("").size();
      if (change.value && journal::topic_of(change.key) == kNote) take(position, decode_batch(*change.value));
      else if (change.value && journal::topic_of(change.key) == kManyNote) take_many(position, *change.value);
    }
    for (std::string_view record : entry.records) journal_bytes_ += record.size();
    journal_bytes_ += kEntryOverheadBytes;
    consumed_ = position.seq;
    const size_t journal_bytes_max = tail_.events() == 0 ? kJournalBytesIdle : options_.tail_bytes_max;
    if (tail_.bytes() < options_.tail_bytes_max && journal_bytes_ < journal_bytes_max) return;
    if (journal_bytes_ < retry_bytes_ || seal()) return;
    retry_bytes_ = journal_bytes_ + options_.tail_bytes_max / 8;
    if (tail_.bytes() <= options_.tail_bytes_max * kTailGrowthMax) return;
    log::error(
        "log events could not be written for too long: stopping before memory runs out. Nothing is lost: the journal feeds them "
        "again at the next start",
        {{"directory", options_.directory}});
    std::abort();
  }

  Result<void> visit(const Query& query, const std::function<bool(const EventView&)>& f) override {
    Tail::Chunks newest;
    std::shared_ptr<const Segments> segments;
    {
      const std::lock_guard lock(mutex_);
      newest = tail_.chunks_of(query.group);
      segments = segments_;
    }
    const std::optional<Place> beyond = begin_of(query);
    int64_t start = query.start, end = query.end;
    if (beyond && query.newest_first) end = std::min(end, beyond->timestamp);
    if (beyond && !query.newest_first) start = std::max(start, beyond->timestamp);

    struct Unread {
      const Segment* segment;
      const Segment::ChunkAt* at;
    };
    std::vector<Unread> unread;  // the next to be read last
    for (const auto& segment : *segments)
      for (const Segment::ChunkAt& at : segment->chunks_of(query.group))
        if (at.first <= end && at.last >= start) unread.push_back({segment.get(), &at});
    std::ranges::sort(
        unread, [&](const Unread& a, const Unread& b) { return query.newest_first ? a.at->last < b.at->last : a.at->first > b.at->first; });

    Merge merge(query.newest_first);
    for (auto& chunk : newest) merge.add(std::move(chunk), beyond);
    while (true) {
      // A chunk is read only when the next event could be in it.
      for (std::optional<EventView> top = merge.peek(); !unread.empty(); top = merge.peek()) {
        const Unread& next = unread.back();
        if (top && (query.newest_first ? next.at->last < top->place.timestamp : next.at->first > top->place.timestamp)) break;
        auto chunk = next.segment->read(*next.at);
        if (!chunk && !next.segment->is_dropped()) return tl::unexpected(chunk.error());
        if (chunk) merge.add(std::move(*chunk), beyond);
        unread.pop_back();
      }
      const std::optional<EventView> event = merge.next();
      if (!event) return {};
      const int64_t time = event->place.timestamp;
      if (query.newest_first ? time < start : time > end) return {};
      if (time < start || time > end || (query.wants_stream && !query.wants_stream(event->stream))) continue;
      if (!f(*event)) return {};
    }
  }

  void expire(const Retention& retention) override {
    const std::lock_guard writing(writing_);
    const auto is_wanted = [&](const std::shared_ptr<Segment>& segment) {
      bool wanted = false;
      segment->each_group([&](const std::string& group, int64_t last) {
        if (wanted) return;
        const std::optional<int64_t> oldest = retention(group);
        wanted = oldest && last >= *oldest;
      });
      return wanted;
    };
    keep(is_wanted, std::nullopt, durable_position_);
  }

  void clear(journal::Position position) override {
    const std::lock_guard writing(writing_);
    consumed_ = std::max(consumed_, position.seq);
    // What came behind `position` stays. It can only be in the tail, unless the caller names the past.
    Tail tail;
    for (const std::string& group : tail_.groups())
      for (const auto& chunk : tail_.chunks_of(group))
        for (size_t i = 0; i < chunk->size(); ++i)
          if ((*chunk)[i].place.position > position.seq) tail.add(group, (*chunk)[i]);
    keep([&](const std::shared_ptr<Segment>& segment) { return segment->last_position() > position.seq; }, std::move(tail),
         std::max<uint64_t>(durable_position_, position.seq));
  }

  uint64_t events() const override {
    const std::lock_guard lock(mutex_);
    uint64_t sum = tail_.events();
    for (const auto& segment : *segments_) sum += segment->events();
    return sum;
  }

  uint64_t stored_bytes(const std::string& group) const override {
    const std::lock_guard lock(mutex_);
    uint64_t sum = 0;
    for (const auto& segment : *segments_)
      for (const Segment::ChunkAt& chunk : segment->chunks_of(group)) sum += chunk.at.length;
    return sum;
  }

 private:
  using Segments = std::vector<std::shared_ptr<Segment>>;

  void take_many(journal::Position position, std::string_view note) {
    Result<std::vector<Batch>> batches = decode_note(note);
    if (!batches) return take(position, tl::unexpected(batches.error()));
    for (Batch& batch : *batches) take(position, std::move(batch));
  }

  void take(journal::Position position, const Result<Batch>& batch) {
    if (!batch) {
      log::error("a journal entry holds no readable log events",
                 {{"position", std::to_string(position.seq)}, {"error", batch.error().message}});
      return;
    }
    const std::lock_guard lock(mutex_);
    uint32_t index = 0;
    for (const Batch::Item& item : batch->items)
      tail_.add(batch->group, {{item.timestamp, position.seq, index++}, batch->ingested, batch->stream, item.message});
  }

  // --- with writing_

  bool seal() {
    auto segments = std::make_shared<Segments>(*segments_);
    if (tail_.events() > 0) {
      const std::string file = segment::Catalog::file_name(consumed_);
      const auto written = write_segment(files_, catalog_.path(file), tail_, consumed_);
      if (!written) {
        log::error("log events cannot be written; the newest stay in memory", {{"error", written.error().message}});
        (void)files_.remove(catalog_.path(file));  // else it is a leftover for the next opening
        return false;
      }
      if (!catalog_.settle()) return false;
      auto segment = Segment::open(storage_, options_.directory, file);
      if (!segment) {
        log::error("log events cannot be written; the newest stay in memory", {{"error", segment.error().message}});
        return false;
      }
      segments->push_back(std::move(*segment));
    }
    if (!catalog_.write(manifest_of(*segments, consumed_))) return false;
    publish(Tail(), std::move(segments));
    durable_position_ = consumed_;
    journal_bytes_ = retry_bytes_ = 0;
    return true;
  }

  /// Goes on with the segments that `wanted` says, and this tail.
  template <class Wanted>
  void keep(Wanted&& wanted, std::optional<Tail> tail, uint64_t position) {
    const std::shared_ptr<const Segments> before = segments_;
    auto kept = std::make_shared<Segments>();
    for (const auto& segment : *before)
      if (wanted(segment)) kept->push_back(segment);
    if (kept->size() == before->size() && !tail) return;
    if (!catalog_.write(manifest_of(*kept, position))) return;
    durable_position_ = position;
    publish(std::move(tail), kept);
    for (const auto& segment : *before) {
      if (std::ranges::find(*kept, segment) != kept->end()) continue;
      segment->drop();
      catalog_.remove(segment->file());
    }
  }

  static segment::Manifest manifest_of(const Segments& segments, uint64_t position) {
    segment::Manifest manifest{position, {}};
    for (const auto& segment : segments) manifest.segments.push_back({segment->file(), segment->events(), segment->bytes()});
    return manifest;
  }

  void publish(std::optional<Tail> tail, std::shared_ptr<const Segments> segments) {
    const std::lock_guard lock(mutex_);
    if (tail) tail_ = std::move(*tail);
    segments_ = std::move(segments);
  }

  env::Files& files_;
  const Options options_;

  std::mutex writing_;  // one consume, expire or clear at a time; held over file I/O
  segment::Catalog catalog_;
  segment::Storage storage_;
  uint64_t consumed_ = 0;
  size_t journal_bytes_ = 0, retry_bytes_ = 0;

  mutable std::mutex mutex_;  // guards the two below; held for a moment only. They change under `writing_`, too
  Tail tail_;
  std::shared_ptr<const Segments> segments_ = std::make_shared<Segments>();
  std::atomic<uint64_t> durable_position_ = 0;
};

}  // namespace

Result<std::unique_ptr<Store>> Store::open(env::Files& files, const Options& options) {
  auto store = std::make_unique<SegmentedStore>(files, options);
  if (auto loaded = store->load(); !loaded) return tl::unexpected(loaded.error());
  return store;
}

}  // namespace cairn::logs
