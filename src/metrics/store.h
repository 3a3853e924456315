#pragma once
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "env/clock.h"
#include "env/files.h"
#include "journal/follower.h"
#include "metrics/row.h"

/// What was measured, found by metric and time. A follower of the journal: the measurements come as its notes.
namespace cairn::metrics {

struct Options {
  std::string directory;
  size_t tail_bytes_max = 8 << 20;  // newest measurements held in memory before they become a segment
};

/// kBasic: without the values that percentiles are drawn from, which may be many.
enum class Detail { kAll, kBasic };

class Store : public journal::Follower {
 public:
  /// Reads the segments' manifest; `position()` says from where the journal must be fed. Failures name the damaged file.
  static Result<std::unique_ptr<Store>> open(env::Files& files, const env::Clock& clock, const Options& options);

  /// What was measured of a metric with start <= time < end, each slot once, in their order. Sees every entry consumed before the call.
  /// Any thread. Fails only on a damaged or unreadable segment, which it names.
  virtual Result<std::vector<Bucket>> read(const std::string& key, int64_t start, int64_t end, Detail detail = Detail::kAll) = 0;
  /// Calls `f` for each metric whose key begins with `prefix` and lies behind `after`, with the time of its newest slot, in the order of
  /// keys, until it returns false. Any thread.
  virtual Result<void> list(const std::string& prefix, const std::string& after,
                            const std::function<bool(const std::string& key, int64_t newest)>& f) = 0;
  /// Merges small segments, makes old measurements coarser, drops what is past its time; called now and then by a task.
  virtual void tidy() = 0;
  /// Forgets everything up to `position`.
  virtual void clear(journal::Position position) = 0;
  virtual uint64_t buckets() const = 0;

  /// Called after each entry with measurements, on the feed's thread, with the keys of their metrics. Before the first entry; it must be
  /// quick.
  using Listener = std::function<void(const std::vector<std::string>& keys)>;
  virtual void tell(Listener listener) = 0;
};

}  // namespace cairn::metrics
