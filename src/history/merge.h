#pragma once
#include <algorithm>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "history/segment.h"
#include "segment/collection.h"

/// Segments become fewer and larger as they age, so that a look-up asks few of them and what repeats is said once for more events.
namespace cairn::history {

using Segments = std::vector<std::shared_ptr<Segment>>;

constexpr size_t kMergedAtOnce = 8;
constexpr uint32_t kMergedRowsMax = 16'000'000;
constexpr uint32_t kMergedImportedRowsMax = 4'000'000;  // which row of old is which is kept in memory, as they may alternate
constexpr uint64_t kMergedBytesMax = 2ull << 30;
constexpr size_t kMergeBytes = 144 << 20;  // of memory: a dictionary, what it is made from, posting lists, where rows have gone, columns

/// The oldest neighbours of one level that are to become one, oldest first; none: all is well. `span_max`, seconds: none becomes longer,
/// since a segment goes as a whole when its last event is past the retention. `is_left_alone(segment)`: it is not to be touched.
Segments chosen_to_merge(const Segments& segments, uint32_t span_max, const std::function<bool(const Segment&)>& is_left_alone);

/// Writes what is in `segments` as one, in their order: of positions, or if they are imported, of times. Fails on any damage, since what
/// cannot be read is not to be forgotten about; without a word when `wanted` is false; and when what they say in few words, in one
/// dictionary has no room (`is_too_large`).
Result<uint64_t> merge_segments(env::Files& files, const std::string& path, const Segments& segments, const std::function<bool()>& wanted,
                                bool& is_too_large);

/// Merges a store's segments as long as there are some to merge. One thread.
template <class Tail>
class Merger {
 public:
  Merger(env::Files& files, segment::Collection<Segment, Tail>& store, uint32_t span_max)
      : files_(files), store_(store), span_max_(span_max) {}

  /// The next few. Reads and writes without `changing`, which guards what changes the store. `new_name(last position, segments)`: of a
  /// file; `position()`: what the manifest is to say. False: there is nothing to do, or the disk refuses.
  template <class NewName, class Position>
  bool once(std::mutex& changing, const std::function<bool()>& wanted, NewName&& new_name, Position&& position) {
    const auto before = store_.segments();
    const Segments old =
        chosen_to_merge(*before, span_max_, [this](const Segment& segment) { return left_alone_.contains(segment.file()); });
    if (old.empty()) return false;
    bool is_too_large = false;
    const std::shared_ptr<void> room = store_.storage()->make_room(kMergeBytes);
    const auto merged = store_.make(new_name(old.back()->last_position(), *before),
                                    [&](const std::string& path) { return merge_segments(files_, path, old, wanted, is_too_large); });
    if (!merged && wanted()) {  // whoever holds damage is not tried again
      for (const auto& segment : old)
        if (is_too_large || (!segment->is_dropped() && !segment->verify())) left_alone_.insert(segment->file());
    }
    if (!merged) return false;
    const std::lock_guard lock(changing);
    auto after = std::make_shared<Segments>();
    size_t found = 0;
    for (const auto& segment : *store_.segments()) {
      if (std::ranges::find(old, segment) == old.end()) after->push_back(segment);
      else if (++found == old.size()) after->push_back(merged);  // neighbours: the order stays
    }
    if (found == old.size()) {
      if (store_.replace(std::move(after), std::nullopt, position())) return true;
      // Else the next opening may want it.
      if (!store_.write_again()) return false;
    }
    merged->drop();
    store_.discard(*merged);  // expired or cleared meanwhile
    return found != old.size();
  }

 private:
  env::Files& files_;
  segment::Collection<Segment, Tail>& store_;
  const uint32_t span_max_;
  std::set<std::string> left_alone_;  // those that cannot be merged
};

}  // namespace cairn::history
