#pragma once
#include <memory>
#include <vector>

#include "history/segment.h"

/// Segments become fewer and larger as they age, so that a look-up asks few of them and what repeats is said once for more events.
namespace cairn::history {

using Segments = std::vector<std::shared_ptr<Segment>>;

constexpr size_t kMergedAtOnce = 8;
constexpr uint32_t kMergedRowsMax = 16'000'000;
constexpr uint64_t kMergedBytesMax = 2ull << 30;

/// The oldest neighbours of one level that are to become one, oldest first; none: all is well. `span_max`, seconds: none becomes longer,
/// since a segment goes as a whole when its last event is past the retention. `is_left_alone(segment)`: it is not to be touched.
Segments chosen_to_merge(const Segments& segments, uint32_t span_max, const std::function<bool(const Segment&)>& is_left_alone);

/// Writes what is in `segments`, oldest first, as one. Fails on any damage, since what cannot be read is not to be forgotten about; and
/// without a word when `wanted` is false.
Result<uint64_t> merge_segments(env::Files& files, const std::string& path, const Segments& segments, const std::function<bool()>& wanted);

}  // namespace cairn::history
