#include "metrics/store.h"

#include <algorithm>
#include <mutex>

#include "base/log.h"
#include "metrics/merge.h"
#include "metrics/retention.h"
#include "metrics/segment.h"
#include "segment/collection.h"

namespace cairn::metrics {
namespace {

constexpr size_t kJournalBytesIdle = 1 << 20;  // without measurements: a position costs a small file; the journal must not wait for it
constexpr size_t kJournalBytesMax = 16 << 20;  // few measurements in much journal: read again at a start
constexpr size_t kMergedAtOnce = 8;            // segments of one level

class SegmentedStore final : public Store {
 public:
  SegmentedStore(env::Files& files, const env::Clock& clock, Options options)
      : files_(files),
        clock_(clock),
        options_(std::move(options)),
        rows_(files, "metrics", options_.directory, options_.tail_bytes_max, Table()) {}

  Result<void> load() {
    const Result<uint64_t> position = rows_.load();
    if (!position) return tl::unexpected(position.error());
    consumed_ = *position;
    return {};
  }

  std::string_view name() const override { return "metrics"; }
  journal::Position position() const override { return {rows_.position()}; }
  void tell(Listener listener) override { listener_ = std::move(listener); }

  void consume(journal::Position position, const journal::EntryView& entry) override {
    std::vector<std::string> keys;
    {
      const std::lock_guard writing(writing_);
      if (position.seq <= consumed_) return;  // fed again after a restart, or cleared meanwhile
      for (const journal::ChangeView& change : entry.changes)
        if (change.value && journal::topic_of(change.key) == kNote) take(position, *change.value, keys);
      rows_.consumed(entry);
      consumed_ = position.seq;
      const Table& tail = rows_.tail();
      rows_.seal_if_due(tail.bytes(), tail.bytes() >= options_.tail_bytes_max, tail.empty() ? kJournalBytesIdle : kJournalBytesMax,
                        [this] { return seal(); });
    }
    if (!keys.empty() && listener_) listener_(keys);
  }

  Result<std::vector<Bucket>> read(const std::string& key, int64_t start, int64_t end, Detail detail) override {
    std::map<Slot, Summary> found;
    const auto take = [&](const Slot& slot, const Summary& summary) {
      if (slot.time < start || slot.time >= end) return;
      found[slot].add(detail == Detail::kAll ? summary : summary.without_values());
    };
    const std::shared_ptr<const Segments> segments = rows_.look([&](const Table& tail, const auto& all) {
      if (const auto row = tail.rows().find(key); row != tail.rows().end())
        for (auto at = row->second.lower_bound({.time = start, .resolution = 0}); at != row->second.end() && at->first.time < end; ++at)
          take(at->first, at->second);
      return all;
    });
    for (const auto& segment : *segments) {
      if (segment->newest() < start) continue;
      const auto& blocks = segment->blocks();
      for (size_t i = segment->block_of(key); i < blocks.size() && blocks[i].first_key <= key; ++i) {
        if (blocks[i].newest < start || blocks[i].oldest >= end) continue;
        auto rows = segment->read(blocks[i]);
        if (!rows && segment->is_dropped()) break;  // merged meanwhile
        if (!rows) return tl::unexpected(rows.error());
        for (const Row& row : *rows)
          if (row.key == key)
            for (const Bucket& bucket : row.buckets) take(bucket.slot, bucket.summary);
      }
      if (segment->is_dropped()) return read(key, start, end, detail);
    }
    std::vector<Bucket> buckets;
    buckets.reserve(found.size());
    for (auto& [slot, summary] : found) buckets.push_back({slot, std::move(summary)});
    return buckets;
  }

  Result<void> list(const std::string& prefix, const std::string& after,
                    const std::function<bool(const std::string& key, int64_t newest)>& f) override {
    const std::string from = std::max(prefix, after);
    std::vector<std::pair<std::string, int64_t>> newest;  // of the tail
    const std::shared_ptr<const Segments> segments = rows_.look([&](const Table& tail, const auto& all) {
      for (auto row = tail.rows().lower_bound(from); row != tail.rows().end() && row->first.starts_with(prefix); ++row)
        newest.emplace_back(row->first, row->second.rbegin()->first.time);
      return all;
    });
    Merge merge;
    for (const auto& segment : *segments)
      if (auto added = merge.add(segment, from); !added) return added;
    std::string told = after;
    size_t at = 0;
    for (;;) {
      const Row* row = merge.row();
      if (row != nullptr && !row->key.starts_with(prefix)) row = nullptr;
      const bool is_end = row == nullptr && at == newest.size();
      std::string key;
      int64_t time = 0;
      if (!is_end) key = row != nullptr && (at == newest.size() || row->key < newest[at].first) ? row->key : newest[at].first;
      while (!is_end && merge.row() != nullptr && merge.row()->key == key) {
        time = std::max(time, merge.row()->buckets.back().slot.time);
        if (auto moved = merge.next(); !moved) return moved;
      }
      if (!is_end && at < newest.size() && newest[at].first == key) time = std::max(time, newest[at++].second);
      // One that was merged meanwhile gives no more rows: what was in it is in another now.
      if (std::ranges::any_of(*segments, &Segment::is_dropped)) return list(prefix, told, f);
      if (is_end) return {};
      if (key <= told) continue;
      told = key;
      if (!f(key, time)) return {};
    }
  }

  void tidy() override {
    const int64_t now = std::chrono::duration_cast<std::chrono::seconds>(clock_.now().time_since_epoch()).count();
    while (tidy_once(now)) {
    }
  }

  void clear(journal::Position position) override {
    const std::lock_guard writing(writing_);
    // The tail does not know what came behind `position`: it goes as a whole.
    consumed_ = std::max(consumed_, position.seq);
    (void)rows_.keep([&](const Segment& segment) { return segment.last_position() > position.seq; }, Table(),
                     std::max(rows_.position(), position.seq));
  }

  uint64_t buckets() const override {
    return rows_.look([](const Table& tail, const auto& segments) {
      uint64_t sum = tail.buckets();
      for (const auto& segment : *segments) sum += segment->count();
      return sum;
    });
  }

 private:
  using Segments = segment::Collection<Segment, Table>::Segments;

  void take(journal::Position position, std::string_view note, std::vector<std::string>& keys) {
    const Result<std::vector<Row>> rows = decode_batch(note);
    if (!rows) {
      log::error("a journal entry holds no readable measurements",
                 {{"position", std::to_string(position.seq)}, {"error", rows.error().message}});
      return;
    }
    rows_.change_tail([&](Table& tail) {
      for (const Row& row : *rows) {
        tail.add(row);
        keys.push_back(row.key);
      }
    });
  }

  bool seal() {
    const Table& tail = rows_.tail();
    const auto write = [&](const std::string& path) {
      return write_segment(path, consumed_, 0, [&](SegmentWriter& out) -> Result<void> {
        for (const auto& [key, slots] : tail.rows())
          for (const auto& [slot, summary] : slots) out.add(key, slot, summary);
        return {};
      });
    };
    return rows_.seal(consumed_, tail.empty(), write, Table());
  }

  template <class Fill>
  Result<uint64_t> write_segment(const std::string& path, uint64_t last_position, uint32_t level, Fill&& fill) {
    auto out = SegmentWriter::create(files_, path);
    if (!out) return tl::unexpected(out.error());
    if (Result<void> filled = fill(*out); !filled) return tl::unexpected(filled.error());
    const int64_t now = std::chrono::duration_cast<std::chrono::seconds>(clock_.now().time_since_epoch()).count();
    return out->finish(last_position, level, now);
  }

  // --- tidy's, which writes without the lock

  /// Time to write it again: all of it may be kept more coarsely, or not at all.
  static bool is_due(const Segment& segment, int64_t now) {
    return std::ranges::any_of(kGrains, [&](const Grain& grain) {
      const int64_t at = segment.newest() + grain.age;
      return grain.resolution > 1 && at > segment.written() && at < now;
    });
  }

  /// Those to make one of. Empty: all is well.
  static Segments chosen(const Segments& segments, int64_t now) {
    for (const auto& segment : segments)
      if (is_due(*segment, now)) return {segment};
    std::map<uint32_t, Segments> by_level;
    for (const auto& segment : segments) {
      Segments& level = by_level[segment->level()];
      level.push_back(segment);
      if (level.size() == kMergedAtOnce) return level;
    }
    return {};
  }

  bool tidy_once(int64_t now) {
    const std::shared_ptr<const Segments> segments = rows_.segments();
    const Segments old = chosen(*segments, now);
    if (old.empty()) return false;
    uint64_t last_position = 0;
    for (const auto& segment : old) last_position = std::max(last_position, segment->last_position());
    const uint32_t level = old.front()->level() + (old.size() > 1 ? 1 : 0);
    bool is_empty = true;
    const auto merge = [&](SegmentWriter& out) -> Result<void> {
      Merge all;
      for (const auto& segment : old)
        if (auto added = all.add(segment, ""); !added) return added;
      return all.each_bucket(now, [&](const std::string& key, const Slot& slot, const Summary& summary) {
        is_empty = false;
        out.add(key, slot, summary);
      });
    };
    const auto merged = rows_.make(new_name(last_position, *segments),
                                   [&](const std::string& path) { return write_segment(path, last_position, level, merge); });
    if (!merged) return false;
    const std::lock_guard writing(writing_);
    auto next = std::make_shared<Segments>();
    size_t found = 0;
    for (const auto& segment : *rows_.segments()) {
      const bool is_old = std::ranges::find(old, segment) != old.end();
      found += is_old ? 1 : 0;
      if (!is_old) next->push_back(segment);
    }
    if (found == old.size()) {
      if (!is_empty) next->push_back(merged);
      if (rows_.replace(std::move(next), std::nullopt, rows_.position())) {
        if (is_empty) rows_.discard(*merged);
        return true;
      }
      // Else the next opening may want it.
      if (!rows_.write_again()) return false;
    }
    rows_.discard(*merged);
    return false;
  }

  /// That no file has, nor had since the opening, which removes those that no segment is in.
  std::string new_name(uint64_t last_position, const Segments& segments) {
    for (;;) {
      std::string name = fmt::format("{:020}-{}.segment", last_position, ++merges_);
      if (std::ranges::none_of(segments, [&](const auto& segment) { return segment->file() == name; })) return name;
    }
  }

  env::Files& files_;
  const env::Clock& clock_;
  const Options options_;
  Listener listener_;
  uint64_t merges_ = 0;  // tidy's own

  std::mutex writing_;  // one consume or clear, or the end of a merge, at a time; held over file I/O
  uint64_t consumed_ = 0;
  segment::Collection<Segment, Table> rows_;
};

}  // namespace

Result<std::unique_ptr<Store>> Store::open(env::Files& files, const env::Clock& clock, const Options& options) {
  auto store = std::make_unique<SegmentedStore>(files, clock, options);
  if (auto loaded = store->load(); !loaded) return tl::unexpected(loaded.error());
  return store;
}

}  // namespace cairn::metrics
