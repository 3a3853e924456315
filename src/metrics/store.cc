#include "metrics/store.h"

#include <algorithm>
#include <atomic>
#include <mutex>

#include "base/log.h"
#include "metrics/merge.h"
#include "metrics/retention.h"
#include "metrics/segment.h"
#include "segment/catalog.h"

namespace cairn::metrics {
namespace {

constexpr size_t kTailGrowthMax = 8;           // times tail_bytes_max, while the disk refuses segments
constexpr size_t kJournalBytesIdle = 1 << 20;  // without measurements: a position costs a small file; the journal must not wait for it
constexpr size_t kJournalBytesMax = 16 << 20;  // few measurements in much journal: read again at a start
constexpr size_t kEntryOverheadBytes = 32;
constexpr size_t kMergedAtOnce = 8;  // segments of one level

class SegmentedStore final : public Store {
 public:
  SegmentedStore(env::Files& files, const env::Clock& clock, Options options)
      : files_(files), clock_(clock), options_(std::move(options)), catalog_(files, "metrics", options_.directory), storage_(files) {}

  Result<void> load() {
    auto manifest = catalog_.open();
    if (!manifest) return tl::unexpected(manifest.error());
    auto segments = std::make_shared<Segments>();
    for (const segment::Manifest::Entry& entry : manifest->segments) {
      auto segment = Segment::open(storage_, options_.directory, entry.file);
      if (!segment) return tl::unexpected(segment.error());
      if ((*segment)->bytes() != entry.bytes || (*segment)->buckets() != entry.events)
        return failure("metrics segment {} is not the one that the manifest names", catalog_.path(entry.file));
      segments->push_back(std::move(*segment));
    }
    segments_ = std::move(segments);
    consumed_ = manifest->position;
    durable_position_ = consumed_;
    return {};
  }

  std::string_view name() const override { return "metrics"; }
  journal::Position position() const override { return {durable_position_}; }
  void tell(Listener listener) override { listener_ = std::move(listener); }

  void consume(journal::Position position, const journal::EntryView& entry) override {
    std::vector<std::string> keys;
    {
      const std::lock_guard writing(writing_);
      if (position.seq <= consumed_) return;  // fed again after a restart, or cleared meanwhile
      for (const journal::ChangeView& change : entry.changes) {
        journal_bytes_ += change.key.size() + change.value.value_or("").size();
        if (change.value && journal::topic_of(change.key) == kNote) take(position, *change.value, keys);
      }
      for (std::string_view record : entry.records) journal_bytes_ += record.size();
      journal_bytes_ += kEntryOverheadBytes;
      consumed_ = position.seq;
      seal_if_due();
    }
    if (!keys.empty() && listener_) listener_(keys);
  }

  Result<std::vector<Bucket>> read(const std::string& key, int64_t start, int64_t end, Detail detail) override {
    std::map<Slot, Summary> found;
    const auto take = [&](const Slot& slot, const Summary& summary) {
      if (slot.time < start || slot.time >= end) return;
      found[slot].add(detail == Detail::kAll ? summary : summary.without_values());
    };
    std::shared_ptr<const Segments> segments;
    {
      const std::lock_guard lock(mutex_);
      segments = segments_;
      if (const auto row = tail_.rows().find(key); row != tail_.rows().end())
        for (auto at = row->second.lower_bound({.time = start, .resolution = 0}); at != row->second.end() && at->first.time < end; ++at)
          take(at->first, at->second);
    }
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
    std::shared_ptr<const Segments> segments;
    {
      const std::lock_guard lock(mutex_);
      segments = segments_;
      for (auto row = tail_.rows().lower_bound(from); row != tail_.rows().end() && row->first.starts_with(prefix); ++row)
        newest.emplace_back(row->first, row->second.rbegin()->first.time);
    }
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
    auto kept = std::make_shared<Segments>();
    for (const auto& segment : *segments_)
      if (segment->last_position() > position.seq) kept->push_back(segment);
    replace(std::move(kept), Table(), std::max<uint64_t>(durable_position_, position.seq));
  }

  uint64_t buckets() const override {
    const std::lock_guard lock(mutex_);
    uint64_t sum = tail_.buckets();
    for (const auto& segment : *segments_) sum += segment->buckets();
    return sum;
  }

 private:
  using Segments = std::vector<std::shared_ptr<Segment>>;

  void take(journal::Position position, std::string_view note, std::vector<std::string>& keys) {
    const Result<std::vector<Row>> rows = decode_batch(note);
    if (!rows) {
      log::error("a journal entry holds no readable measurements",
                 {{"position", std::to_string(position.seq)}, {"error", rows.error().message}});
      return;
    }
    const std::lock_guard lock(mutex_);
    for (const Row& row : *rows) {
      tail_.add(row);
      keys.push_back(row.key);
    }
  }

  // --- with writing_

  void seal_if_due() {
    const size_t journal_bytes_max = tail_.empty() ? kJournalBytesIdle : kJournalBytesMax;
    if (tail_.bytes() < options_.tail_bytes_max && journal_bytes_ < journal_bytes_max) return;
    if (journal_bytes_ < retry_bytes_ || seal()) return;
    retry_bytes_ = journal_bytes_ + options_.tail_bytes_max / 8;
    if (tail_.bytes() <= options_.tail_bytes_max * kTailGrowthMax) return;
    log::error(
        "metrics could not be written for too long: stopping before memory runs out. Nothing is lost: the journal feeds them again at the "
        "next start",
        {{"directory", options_.directory}});
    std::abort();
  }

  bool seal() {
    auto segments = std::make_shared<Segments>(*segments_);
    if (!tail_.empty()) {
      auto segment = write(
          segment::Catalog::file_name(consumed_),
          [&](SegmentWriter& out) -> Result<void> {
            for (const auto& [key, slots] : tail_.rows())
              for (const auto& [slot, summary] : slots) out.add(key, slot, summary);
            return {};
          },
          consumed_, 0);
      if (!segment) return false;
      segments->push_back(std::move(segment));
    }
    if (!replace(std::move(segments), Table(), consumed_)) return false;
    journal_bytes_ = retry_bytes_ = 0;
    return true;
  }

  /// A new segment, named by nothing yet. Null, with a line in the log: it cannot be written.
  template <class Fill>
  std::shared_ptr<Segment> write(const std::string& file, Fill&& fill, uint64_t last_position, uint32_t level) {
    const auto refuse = [&](const std::string& why) {
      log::error("metrics cannot be written", {{"error", why}});
      (void)files_.remove(catalog_.path(file));  // else it is a leftover for the next opening
      return nullptr;
    };
    auto out = SegmentWriter::create(files_, catalog_.path(file));
    if (!out) return refuse(out.error().message);
    if (auto filled = fill(*out); !filled) return refuse(filled.error().message);
    const int64_t now = std::chrono::duration_cast<std::chrono::seconds>(clock_.now().time_since_epoch()).count();
    if (auto written = out->finish(last_position, level, now); !written) return refuse(written.error().message);
    if (!catalog_.settle()) return refuse("the directory cannot be synced");
    auto segment = Segment::open(storage_, options_.directory, file);
    if (!segment) return refuse(segment.error().message);
    return std::move(*segment);
  }

  static segment::Manifest manifest_of(const Segments& segments, uint64_t position) {
    segment::Manifest manifest{position, {}};
    for (const auto& segment : segments) manifest.segments.push_back({segment->file(), segment->buckets(), segment->bytes()});
    return manifest;
  }

  /// Goes on with these segments, and this tail if given. False: it may be that the manifest on disk names them all the same.
  bool replace(std::shared_ptr<const Segments> segments, std::optional<Table> tail, uint64_t position) {
    if (!catalog_.write(manifest_of(*segments, position))) return false;
    const std::shared_ptr<const Segments> before = segments_;
    {
      const std::lock_guard lock(mutex_);
      if (tail) tail_ = std::move(*tail);
      segments_ = segments;
    }
    durable_position_ = position;
    for (const auto& segment : *before) {
      if (std::ranges::find(*segments, segment) != segments->end()) continue;
      segment->drop();
      catalog_.remove(segment->file());
    }
    return true;
  }

  // --- without

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
    std::shared_ptr<const Segments> segments;
    {
      const std::lock_guard lock(mutex_);
      segments = segments_;
    }
    const Segments old = chosen(*segments, now);
    if (old.empty()) return false;
    uint64_t last_position = 0;
    for (const auto& segment : old) last_position = std::max(last_position, segment->last_position());
    const uint32_t level = old.front()->level() + (old.size() > 1 ? 1 : 0);
    bool is_empty = true;
    auto merged = write(
        new_name(last_position, *segments),
        [&](SegmentWriter& out) -> Result<void> {
          Merge merge;
          for (const auto& segment : old)
            if (auto added = merge.add(segment, ""); !added) return added;
          return merge.each_bucket(now, [&](const std::string& key, const Slot& slot, const Summary& summary) {
            is_empty = false;
            out.add(key, slot, summary);
          });
        },
        last_position, level);
    if (!merged) return false;
    const std::lock_guard writing(writing_);
    auto next = std::make_shared<Segments>();
    size_t found = 0;
    for (const auto& segment : *segments_) {
      const bool is_old = std::ranges::find(old, segment) != old.end();
      found += is_old ? 1 : 0;
      if (!is_old) next->push_back(segment);
    }
    if (found == old.size()) {
      if (!is_empty) next->push_back(merged);
      if (replace(std::move(next), std::nullopt, durable_position_)) {
        if (is_empty) catalog_.remove(merged->file());
        return true;
      }
      // Else the next opening may want it.
      if (!catalog_.write(manifest_of(*segments_, durable_position_))) return false;
    }
    catalog_.remove(merged->file());
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
  segment::Catalog catalog_;
  segment::Storage storage_;
  uint64_t consumed_ = 0;
  size_t journal_bytes_ = 0, retry_bytes_ = 0;

  mutable std::mutex mutex_;  // guards the two below; held for a moment only. They change under `writing_`, too
  Table tail_;
  std::shared_ptr<const Segments> segments_ = std::make_shared<Segments>();
  std::atomic<uint64_t> durable_position_ = 0;
};

}  // namespace

Result<std::unique_ptr<Store>> Store::open(env::Files& files, const env::Clock& clock, const Options& options) {
  auto store = std::make_unique<SegmentedStore>(files, clock, options);
  if (auto loaded = store->load(); !loaded) return tl::unexpected(loaded.error());
  return store;
}

}  // namespace cairn::metrics
