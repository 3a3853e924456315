#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "env/files.h"
#include "env/random.h"
#include "env/tasks.h"
#include "journal/position.h"

/// Durable, append-only, group-committed entries of opaque bytes. Format: docs/formats/journal.md.
namespace cairn::journal {

/// Told once, in journal order, on the committer's (or a draining) thread, after the entry is on disk. Must be quick, must not
/// block and must not drain.
class Waiter {
 public:
  virtual ~Waiter() = default;
  virtual void durable(Position position) = 0;
};

struct Options {
  std::string directory;
  uint64_t segment_bytes = 64 << 20;            // size of one segment file (>= 16 KiB; the first ones are smaller), zeroed
                                                // ahead of use, recycled after release
  uint64_t gather_bytes_max = 32 << 20;         // entries appended and not yet written; beyond it accepting() is false
  uint64_t reserve_bytes = 64 << 20;            // free disk space kept back; below it accepting() is false
  std::chrono::microseconds gather_delay{0};    // extra wait for company when the last batch had >= 8 entries
  env::Random* random = &env::system_random();  // salts of segments
  /// A batch could not be written or synced: what must not return to answering. Default: logs and ends the process (70).
  std::function<void(const std::string& message)> on_fatal;
};

constexpr size_t kEntryBytesMax = (1 << 20) + (128 << 10);  // 1 MiB that somebody brought, and what we say about it

/// What opening found. `torn_bytes` > 0: an unacknowledged tail of that many bytes was cut.
struct Recovery {
  Position last;
  uint64_t entries_replayed = 0;
  uint64_t torn_bytes = 0;
  std::chrono::microseconds took{};
};

class Journal {
 public:
  using OnEntry = std::function<void(Position, std::string_view entry)>;
  virtual ~Journal() = default;  // waits for what was appended to be on disk

  /// Opens or makes the journal, calls `on_entry` for each entry after `replay_after`, cuts a torn tail (synced before
  /// return). A failure names the damaged segment and entry and what to do; then nothing was changed. After damage in
  /// acknowledged data it refuses.
  static Result<std::unique_ptr<Journal>> open(env::Files& files, env::Tasks& tasks, const Options& options, Position replay_after,
                                               const OnEntry& on_entry, Recovery* recovery = nullptr);

  /// Puts one entry at the end and returns at once; `waiter` (may be null) fires when it is on disk. Any thread; order of
  /// return is order of positions only under the caller's own lock. `entry`: 1 B to kEntryBytesMax (and no more than fits a
  /// segment), copied. Callers share one
  /// fsync. Call only while accepting(). A failed write or fsync ends the process (`_exit`), nothing more is answered.
  /// After a crash the surviving entries are a prefix holding every one whose waiter had fired.
  virtual Position append(std::string_view entry, Waiter* waiter) = 0;

  /// False when the disk is (nearly) full or too much waits: refuse before deciding. Turns true again by itself.
  virtual bool accepting() const = 0;
  virtual Position appended() const = 0;
  virtual Position durable() const = 0;  // everything up to here survives power loss

  /// Calls `f` for durable entries after `after`, in order, until about `bytes_max` were given or none is left. Returns how
  /// many. Fails when `after` is older than what is kept. Any thread, several at once.
  virtual Result<size_t> read(Position after, size_t bytes_max, const OnEntry& f) = 0;

  /// `task` is woken after each batch that became durable, until `unwatch`. Any thread.
  virtual void watch(env::Task* task) = 0;
  virtual void unwatch(env::Task* task) = 0;

  /// Whole segments whose last entry is <= `position` may be recycled (never the newest).
  virtual void release(Position position) = 0;
  virtual Position oldest() const = 0;  // the first entry still kept; 1 in a new journal
  /// Bytes of the files that hold entries after `position`, near enough: what a reader that stands there keeps from being recycled.
  virtual uint64_t bytes_behind(Position position) const = 0;

  /// Waits until everything appended is on disk; gives up when there is no space for it.
  virtual void drain() = 0;
};

}  // namespace cairn::journal
