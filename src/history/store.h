#pragma once
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "env/clock.h"
#include "env/files.h"
#include "env/tasks.h"
#include "event/attributes.h"
#include "journal/follower.h"
#include "journal/position.h"

/// The event history: every record of the last days, found by any of its attributes. A follower of the journal.
namespace cairn::history {

enum class Attribute { kEventId, kEventName, kReadOnly, kUsername, kResourceType, kResourceName, kEventSource, kAccessKeyId };
std::optional<Attribute> attribute_named(std::string_view name);  // "EventId" ... as LookupEvents spells them

struct Filter {
  Attribute attribute;
  std::string value;  // exact, case-sensitive; kReadOnly: "true" or "false"
};

/// A place in the order of events, newest first; survives restarts and new arrivals.
struct Cursor {
  uint64_t position = 0;  // journal position of the last event given ...
  uint32_t index = 0;     // ... and which record of its entry
};

struct Query {
  std::string account;
  std::string region;              // "": all
  std::vector<Filter> filters;     // all must hold
  std::optional<Time> start, end;  // both inclusive, whole seconds
  enum class Category { kManagement, kData, kAll } category = Category::kManagement;
  size_t limit = 50;
  size_t bytes_max = 16 << 20;       // of records: a page ends early when it holds this much
  std::optional<Cursor> before;      // continue after (= older than) this
  std::optional<Cursor> newer_than;  // stop at this: for followers of the newest
};

struct Event {
  Cursor cursor;
  event::Attributes attributes;
  std::string record;  // its bytes, as recorded
};
struct Page {
  std::vector<Event> events;   // newest first
  std::optional<Cursor> next;  // where to go on; none: there is no more
};

struct Options {
  std::string directory;
  std::chrono::milliseconds retention = std::chrono::hours(24 * 90);
  size_t tail_bytes_max = 16 << 20;  // newest events held in memory before a segment is sealed
};

class History : public journal::Follower {
 public:
  /// Reads the segments' manifest; `position()` says from where the journal must be fed. Failures name the damaged file.
  static Result<std::unique_ptr<History>> open(env::Files& files, const env::Clock& clock, const Options& options);

  /// Any thread. Sees every event consumed before the call. Events older than the retention are never given. Fails only on a
  /// damaged or unreadable segment, which it names: a page is never silently short.
  virtual Result<Page> search(const Query& query) = 0;
  /// Forgets everything (`--dev` reset): events up to `position` are gone.
  virtual void clear(journal::Position position) = 0;
  virtual void expire() = 0;  // drops segments past the retention; called now and then by a task
  virtual uint64_t events() const = 0;
};

}  // namespace cairn::history
