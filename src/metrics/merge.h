#pragma once
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "metrics/segment.h"

namespace cairn::metrics {

/// The rows of several segments in one order: by key, then by their first slot. A block of each is in memory.
class Merge {
 public:
  Result<void> add(const std::shared_ptr<const Segment>& segment, std::string_view from);
  const Row* row() const { return cursors_.empty() ? nullptr : cursors_.front().row(); }
  Result<void> next();

  /// Each slot of all that is left, once, as it is kept `now`.
  Result<void> each_bucket(int64_t now, const std::function<void(const std::string& key, const Slot&, const Summary&)>& f);

 private:
  static bool comes_later(const SegmentCursor& a, const SegmentCursor& b);

  std::vector<SegmentCursor> cursors_;  // a heap, the next one first; none without a row
};

}  // namespace cairn::metrics
