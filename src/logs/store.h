#pragma once
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "env/files.h"
#include "journal/follower.h"
#include "logs/event.h"

/// The events of log groups, found by group and time. A follower of the journal: the batches come as its notes.
namespace cairn::logs {

struct Query {
  std::string group;
  int64_t start = std::numeric_limits<int64_t>::min(), end = std::numeric_limits<int64_t>::max();  // of timestamps, both inclusive
  bool newest_first = false;
  std::optional<Place> beyond;  // go on behind this one: after it, or before it with newest_first
  /// Which streams; asked once for each stream of a chunk. Empty: all.
  std::function<bool(std::string_view stream)> wants_stream;
};

/// What is still wanted of a group: events at or after this time. nullopt: the group is gone.
using Retention = std::function<std::optional<int64_t>(const std::string& group)>;

struct Options {
  std::string directory;
  size_t tail_bytes_max = 16 << 20;  // newest events held in memory before they become a segment
};

/// Hears of what comes into a group, on the thread that feeds the store: quickly.
class Listener {
 public:
  virtual ~Listener() = default;
  virtual void came(const Batch& batch) = 0;
};

class Store : public journal::Follower {
 public:
  /// Reads the segments' manifest; `position()` says from where the journal must be fed. Failures name the damaged file.
  static Result<std::unique_ptr<Store>> open(env::Files& files, const Options& options);

  /// Calls `f` for the wanted events in their order until it returns false. Sees every batch consumed before the call. Any thread.
  /// Fails only on a damaged or unreadable segment, which it names.
  virtual Result<void> visit(const Query& query, const std::function<bool(const EventView&)>& f) = 0;
  /// From now on, until `unlisten` has returned. Not of groups that are no log groups. Any thread.
  virtual void listen(const std::string& group, Listener& listener) = 0;
  virtual void unlisten(Listener& listener) = 0;
  /// Drops segments of which nothing is wanted any more; called now and then by a task.
  virtual void expire(const Retention& retention) = 0;
  /// Forgets everything up to `position`.
  virtual void clear(journal::Position position) = 0;
  virtual uint64_t events() const = 0;
  virtual uint64_t stored_bytes(const std::string& group) const = 0;  // in segments, compressed
};

}  // namespace cairn::logs
