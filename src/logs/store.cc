#include "logs/store.h"

#include <algorithm>
#include <map>
#include <mutex>

#include "base/log.h"
#include "logs/merge.h"
#include "logs/note.h"
#include "logs/segment.h"
#include "logs/tail.h"
#include "segment/collection.h"

namespace cairn::logs {

namespace {

constexpr size_t kJournalBytesIdle = 1 << 20;  // without log events: a position costs a small file; the journal must not wait for it

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
      : files_(files), options_(std::move(options)), events_(files, "log events", options_.directory, options_.tail_bytes_max, Tail()) {}

  Result<void> load() {
    const Result<uint64_t> position = events_.load();
    if (!position) return tl::unexpected(position.error());
    consumed_ = *position;
    return {};
  }

  std::string_view name() const override { return "logs"; }
  journal::Position position() const override { return {events_.position()}; }

  void consume(journal::Position position, const journal::EntryView& entry) override {
    const std::lock_guard writing(writing_);
    if (position.seq <= consumed_) return;  // fed again after a restart, or cleared meanwhile
    for (const journal::ChangeView& change : entry.changes) {
      if (change.value && journal::topic_of(change.key) == kNote) take_and_tell(position, decode_batch(*change.value));
      else if (change.value && journal::topic_of(change.key) == kManyNote) take_many(position, *change.value);
    }
    events_.consumed(entry);
    consumed_ = position.seq;
    const Tail& tail = events_.tail();
    events_.seal_if_due(tail.bytes(), tail.bytes() >= options_.tail_bytes_max,
                        tail.events() == 0 ? kJournalBytesIdle : options_.tail_bytes_max, [this] { return seal(); });
  }

  Result<void> visit(const Query& query, const std::function<bool(const EventView&)>& f) override {
    auto [newest, segments] = events_.look([&](const Tail& tail, const auto& all) { return std::pair(tail.chunks_of(query.group), all); });
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

  void listen(const std::string& group, Listener& listener) override {
    const std::lock_guard lock(listeners_mutex_);
    listeners_.emplace(group, &listener);
  }
  void unlisten(Listener& listener) override {
    const std::lock_guard lock(listeners_mutex_);
    std::erase_if(listeners_, [&](const auto& each) { return each.second == &listener; });
  }

  void expire(const Retention& retention) override {
    const std::lock_guard writing(writing_);
    const auto is_wanted = [&](const Segment& segment) {
      bool wanted = false;
      segment.each_group([&](const std::string& group, int64_t last) {
        if (wanted) return;
        const std::optional<int64_t> oldest = retention(group);
        wanted = oldest && last >= *oldest;
      });
      return wanted;
    };
    (void)events_.keep(is_wanted, std::nullopt, events_.position());
  }

  void clear(journal::Position position) override {
    const std::lock_guard writing(writing_);
    consumed_ = std::max(consumed_, position.seq);
    // What came behind `position` stays. It can only be in the tail, unless the caller names the past.
    const Tail& before = events_.tail();
    Tail tail;
    for (const std::string& group : before.groups())
      for (const auto& chunk : before.chunks_of(group))
        for (size_t i = 0; i < chunk->size(); ++i)
          if ((*chunk)[i].place.position > position.seq) tail.add(group, (*chunk)[i]);
    (void)events_.keep([&](const Segment& segment) { return segment.last_position() > position.seq; }, std::move(tail),
                       std::max(events_.position(), position.seq));
  }

  uint64_t events() const override {
    return events_.look([](const Tail& tail, const auto& segments) {
      uint64_t sum = tail.events();
      for (const auto& segment : *segments) sum += segment->count();
      return sum;
    });
  }

  uint64_t stored_bytes(const std::string& group) const override {
    uint64_t sum = 0;
    for (const auto& segment : *events_.segments())
      for (const Segment::ChunkAt& chunk : segment->chunks_of(group)) sum += chunk.at.length;
    return sum;
  }

 private:
  void take_many(journal::Position position, std::string_view note) {
    Result<std::vector<Batch>> batches = decode_note(note);
    if (!batches) return take(position, tl::unexpected(batches.error()));
    for (Batch& batch : *batches) take(position, std::move(batch));
  }

  void take_and_tell(journal::Position position, const Result<Batch>& batch) {
    take(position, batch);
    if (!batch) return;
    const std::lock_guard lock(listeners_mutex_);
    const auto [first, last] = listeners_.equal_range(batch->group);
    for (auto each = first; each != last; ++each) each->second->came(*batch);
  }

  void take(journal::Position position, const Result<Batch>& batch) {
    if (!batch) {
      log::error("a journal entry holds no readable log events",
                 {{"position", std::to_string(position.seq)}, {"error", batch.error().message}});
      return;
    }
    events_.change_tail([&](Tail& tail) {
      uint32_t index = 0;
      for (const Batch::Item& item : batch->items)
        tail.add(batch->group, {{item.timestamp, position.seq, index++}, batch->ingested, batch->stream, item.message});
    });
  }

  bool seal() {
    const Tail& tail = events_.tail();
    return events_.seal(
        consumed_, tail.events() == 0, [&](const std::string& path) { return write_segment(files_, path, tail, consumed_); }, Tail());
  }

  env::Files& files_;
  const Options options_;

  std::mutex writing_;  // one consume, expire or clear at a time; held over file I/O
  uint64_t consumed_ = 0;
  segment::Collection<Segment, Tail> events_;

  std::mutex listeners_mutex_;  // guards the next, and is held while they hear
  std::multimap<std::string, Listener*> listeners_;
};

}  // namespace

Result<std::unique_ptr<Store>> Store::open(env::Files& files, const Options& options) {
  auto store = std::make_unique<SegmentedStore>(files, options);
  if (auto loaded = store->load(); !loaded) return tl::unexpected(loaded.error());
  return store;
}

}  // namespace cairn::logs
