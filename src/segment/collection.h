#pragma once
#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/log.h"
#include "journal/entry.h"
#include "segment/catalog.h"
#include "segment/file.h"

namespace cairn::segment {

/// What a store holds: its newest in memory, the rest in immutable segments that a manifest names; the two change together. Reading is
/// any thread's; what changes it, one thread's at a time (the store has a lock for that, held over file I/O).
///
/// `Segment` has static open(Storage&, directory, file), file(), bytes(), count() (what the manifest calls events), last_position(),
/// drop(). `Tail` can be moved.
template <class Segment, class Tail>
class Collection {
 public:
  using Segments = std::vector<std::shared_ptr<Segment>>;

  /// `store` names the whole in messages: "event history".
  Collection(env::Files& files, std::string store, std::string directory, size_t tail_bytes_max, Tail tail,
             size_t cache_bytes_max = kBlockCacheBytesMax)
      : Collection(files, std::move(store), std::move(directory), tail_bytes_max, std::move(tail),
                   std::make_shared<Storage>(files, cache_bytes_max)) {}
  /// One that shares its cache, and what damage is told of, with another.
  Collection(env::Files& files, std::string store, std::string directory, size_t tail_bytes_max, Tail tail,
             std::shared_ptr<Storage> storage)
      : files_(files),
        store_(std::move(store)),
        tail_bytes_max_(tail_bytes_max),
        catalog_(files, store_, std::move(directory)),
        storage_(std::move(storage)),
        tail_(std::move(tail)) {}
  const std::shared_ptr<Storage>& storage() const { return storage_; }

  /// Opens what the manifest names; the tail is to follow the position that it returns. Failures name the damaged file.
  Result<uint64_t> load() {
    auto manifest = catalog_.open();
    if (!manifest) return tl::unexpected(manifest.error());
    auto segments = std::make_shared<Segments>();
    for (const Manifest::Entry& entry : manifest->segments) {
      auto segment = Segment::open(*storage_, catalog_.directory(), entry.file);
      if (!segment) return tl::unexpected(segment.error());
      if ((*segment)->bytes() != entry.bytes || (*segment)->count() != entry.events)
        return failure("{} segment {} is not the one that the manifest names", store_, catalog_.path(entry.file));
      segments->push_back(std::move(*segment));
    }
    segments_ = std::move(segments);
    position_ = manifest->position;
    return manifest->position;
  }

  /// Damage that readers got by without.
  uint64_t reported() const { return storage_->reported(); }

  /// Up to here all is in segments.
  uint64_t position() const { return position_; }

  /// `f(tail, segments)` at one moment; it must be quick.
  template <class F>
  auto look(F&& f) const {
    const std::lock_guard lock(mutex_);
    return f(tail_, segments_);
  }
  std::shared_ptr<const Segments> segments() const {
    return look([](const Tail&, const auto& segments) { return segments; });
  }

  // --- what changes it

  const Tail& tail() const { return tail_; }
  template <class F>
  void change_tail(F&& f) {
    const std::lock_guard lock(mutex_);
    f(tail_);
  }

  /// Counts what a restart would have to feed again.
  void consumed(const journal::EntryView& entry) {
    for (std::string_view record : entry.records) journal_bytes_ += record.size();
    for (const journal::ChangeView& change : entry.changes) journal_bytes_ += change.key.size() + change.value.value_or("").size();
    journal_bytes_ += kEntryOverheadBytes;
  }

  /// Seals by `seal` (false: the disk refused) when the tail is full or that much was consumed since. Ends the process rather than let
  /// the tail grow without end.
  template <class Seal>
  void seal_if_due(size_t tail_bytes, bool is_full, size_t journal_bytes_max, Seal&& seal) {
    if ((!is_full && journal_bytes_ < journal_bytes_max) || journal_bytes_ < retry_bytes_ || seal()) return;
    retry_bytes_ = journal_bytes_ + tail_bytes_max_ / 8;
    if (tail_bytes <= tail_bytes_max_ * kTailGrowthMax) return;
    log::error(
        "a store could not be written for too long: stopping before memory runs out. Nothing is lost: the journal feeds it again at the "
        "next start",
        {{"store", store_}, {"directory", catalog_.directory()}});
    std::abort();
  }

  /// What was consumed up to `position` is in segments from now on: those there are, and one that `write` makes of the tail (null: the
  /// tail is empty). False: the tail stays in memory.
  template <class Write>
  bool seal(uint64_t position, bool is_empty, Write&& write, Tail next) {
    auto segments = std::make_shared<Segments>(*segments_);
    if (!is_empty) {
      auto segment = make(Catalog::file_name(position), write);
      if (!segment) return false;
      segments->push_back(std::move(segment));
    }
    if (!replace(std::move(segments), std::move(next), position)) return false;
    journal_bytes_ = retry_bytes_ = 0;
    return true;
  }

  /// A new segment by `write(path)`, which returns a Result; no manifest names it yet. Null, with a line in the log: it cannot be
  /// written; or without, `write` failed and had nothing to say. Any thread.
  template <class Write>
  std::shared_ptr<Segment> make(const std::string& file, Write&& write) {
    const auto refuse = [&](const std::string& why) {
      if (!why.empty())
        log::error("a segment cannot be written; what was to be in it stays where it is", {{"store", store_}, {"error", why}});
      (void)files_.remove(catalog_.path(file));  // else it is a leftover for the next opening
      return nullptr;
    };
    if (const auto written = write(catalog_.path(file)); !written) return refuse(written.error().message);
    if (!catalog_.settle()) return refuse("the directory cannot be synced");
    auto segment = Segment::open(*storage_, catalog_.directory(), file);
    if (!segment) return refuse(segment.error().message);
    return std::move(*segment);
  }

  /// One that no manifest names. Any thread.
  Result<std::shared_ptr<Segment>> open(const std::string& file) { return Segment::open(*storage_, catalog_.directory(), file); }
  std::string path(const std::string& file) const { return catalog_.path(file); }

  /// Goes on with these segments, and this tail if given; drops what is not among them. False: nothing has changed, though the manifest
  /// on disk may name them all the same.
  bool replace(std::shared_ptr<const Segments> segments, std::optional<Tail> tail, uint64_t position) {
    if (!write_manifest(*segments, position)) return false;
    const std::shared_ptr<const Segments> before = segments_;
    {
      const std::lock_guard lock(mutex_);
      if (tail) tail_ = std::move(*tail);
      segments_ = segments;
    }
    position_ = position;
    for (const auto& segment : *before) {
      if (std::ranges::find(*segments, segment) != segments->end()) continue;
      segment->drop();
      catalog_.remove(segment->file());
    }
    return true;
  }

  /// Keeps the segments that `wanted(segment)` says.
  template <class Wanted>
  bool keep(Wanted&& wanted, std::optional<Tail> tail, uint64_t position) {
    auto kept = std::make_shared<Segments>();
    for (const auto& segment : *segments_)
      if (wanted(*segment)) kept->push_back(segment);
    if (kept->size() == segments_->size() && !tail) return true;
    return replace(std::move(kept), std::move(tail), position);
  }

  /// Takes back a segment that `make` made and `replace` did not want.
  void discard(const Segment& segment) { catalog_.remove(segment.file()); }
  /// The manifest on disk names what there is, whatever failed. False: it may not.
  bool write_again() { return write_manifest(*segments_, position_); }

 private:
  static constexpr size_t kTailGrowthMax = 8;  // times tail_bytes_max, while the disk refuses segments
  static constexpr size_t kEntryOverheadBytes = 32;

  bool write_manifest(const Segments& segments, uint64_t position) {
    Manifest manifest{position, {}};
    for (const auto& segment : segments) manifest.segments.push_back({segment->file(), segment->count(), segment->bytes()});
    return catalog_.write(manifest);
  }

  env::Files& files_;
  const std::string store_;
  const size_t tail_bytes_max_;
  Catalog catalog_;
  const std::shared_ptr<Storage> storage_;
  size_t journal_bytes_ = 0;  // consumed since the last seal
  size_t retry_bytes_ = 0;    // after a failed one: no new attempt before that many

  mutable std::mutex mutex_;  // guards the two below; held for a moment only
  Tail tail_;
  std::shared_ptr<const Segments> segments_ = std::make_shared<Segments>();
  std::atomic<uint64_t> position_ = 0;
};

}  // namespace cairn::segment
