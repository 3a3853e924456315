#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "env/clock.h"
#include "env/files.h"
#include "env/tasks.h"
#include "event/attributes.h"
#include "history/tally.h"
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

/// A place among imported events, which are in order of time, then of import.
struct ImportedPlace {
  uint32_t time = 0;      // eventTime, seconds since 1970
  uint64_t position = 0;  // of an import: from kImportedPositions on ...
  uint32_t index = 0;     // ... and which of its events
};
constexpr uint64_t kImportedPositions = uint64_t{1} << 63;

/// A place in the order of events, newest first; survives restarts and new arrivals.
struct Cursor {
  uint64_t position = 0;                                 // journal position of the last event given ...
  uint32_t index = 0;                                    // ... and which record of its entry
  std::optional<ImportedPlace> imported = std::nullopt;  // the same among imported events; none: they are left out
};

/// What a search wants beyond what events are indexed by. One search at a time.
class Condition {
 public:
  virtual ~Condition() = default;
  virtual bool may_hold(std::string_view record) = 0;  // cheaply; false: it surely does not
  virtual bool holds(const event::Attributes& attributes, std::string_view record) = 0;
};

/// Texts of which a wanted event contains one: a hint, by which others need not be looked at.
struct Texts {
  std::vector<std::string> any;  // empty: nothing is said
  bool any_case = false;         // of ASCII letters
};

struct Query {
  std::string account;             // "": all, of which `may_see` must tell
  std::string region;              // "": all
  std::vector<Filter> filters;     // all must hold
  std::optional<Time> start, end;  // both inclusive, whole seconds
  enum class Category { kManagement, kData, kAll } category = Category::kManagement;
  size_t limit = 50;
  size_t bytes_max = 16 << 20;       // of records: a page ends early when it holds this much
  std::optional<Cursor> before;      // older than this; who goes on with the newest first continues here
  std::optional<Cursor> newer_than;  // newer than this; who goes on with the oldest first continues here
  enum class Order { kNewestFirst, kOldestFirst } order = Order::kNewestFirst;
  Condition* condition = nullptr;                        // must hold, too
  std::optional<std::vector<Column>> condition_columns;  // what it looks at, if that is these alone
  Texts texts;
  std::vector<uint64_t> terms;  // (terms.h) under each of which every wanted event stands
  /// Whether events of an account and region, management or data, may be seen; empty: all of them.
  std::function<bool(const std::string& account, const std::string& region, bool management)> may_see;
  size_t work_bytes_max = SIZE_MAX;                                            // of records that are looked at; then the search pauses
  std::chrono::milliseconds work_time_max = std::chrono::milliseconds::max();  // the same; by the clock, and a little more
};

struct Event {
  Cursor cursor;  // of an imported event: its place among the others
  event::Attributes attributes;
  std::string record;  // its bytes, as recorded
};
struct Page {
  std::vector<Event> events;   // in the order of the query
  std::optional<Cursor> next;  // where to go on; none: there is no more
  std::optional<Cursor> seen;  // the last event that was looked at
};

/// An event that comes from a file.
struct Arrival {
  std::string_view record;
  event::Attributes attributes;
};
constexpr size_t kArrivalsMax = 50'000;  // staged at once
struct Staged {
  enum class Fate : uint8_t { kAdded, kKnown, kExpired };  // kKnown: it is there, by account and event ID; kExpired: past the retention
  std::vector<Fate> fates;                                 // parallel to the arrivals
  std::string file;                                        // what a note of kImportTopic must name, one a line; "": none is added
};
constexpr std::string_view kImportTopic = "history-import";

struct Options {
  std::string directory;
  std::chrono::milliseconds retention = std::chrono::hours(24 * 90);
  size_t tail_bytes_max = 16 << 20;     // newest events held in memory before a segment is sealed
  size_t memory_bytes_max = 256 << 20;  // of all: the tail, what is cached of segments, and what merging them needs
};

class History : public journal::Follower {
 public:
  /// Reads the segments' manifest; `position()` says from where the journal must be fed. Failures name the damaged file.
  static Result<std::unique_ptr<History>> open(env::Files& files, const env::Clock& clock, const Options& options);

  /// Any thread. Sees every event consumed before the call. Events older than the retention are never given. Damage is
  /// reported (`damaged`, the log), and what it held is left out; fails only where a file cannot be read at all.
  Result<Page> search(const Query& query);
  /// The same, one event after the other, whatever `limit` and `bytes_max`: `f` says whether it wants more.
  struct Visited {
    std::optional<Cursor> next;  // the work that was allowed is done, but not all of it that there is
    std::optional<Cursor> seen;
  };
  using Visit = std::function<bool(Event&& event)>;
  virtual Result<Visited> visit(const Query& query, const Visit& f) = 0;
  /// Counts events (tally.h), the newest first as far as they must be read, which is all that the query's allowance is for. What its
  /// filters and condition look at must be the conditions of `tally`; its order the newest first; `newer_than` none.
  struct Counted {
    std::optional<Cursor> next;     // older ones are not counted, since no more may be read
    std::optional<Time> seen_from;  // with it: of the event at that place
  };
  virtual Result<Counted> count(const Query& query, const Tally& tally, Counter& counter) = 0;
  /// Writes events that come from files to the disk, where they wait for the journal's entry whose note of kImportTopic names them:
  /// from then on they are found, in order of their time. What the history has is left out, at the latest when that entry is consumed.
  /// Any thread; at most kArrivalsMax. Fails when the disk refuses, a segment is damaged or too much waits.
  virtual Result<Staged> stage(std::span<const Arrival> arrivals) = 0;
  /// Forgets everything (`--dev` reset): events up to `position` are gone.
  virtual void clear(journal::Position position) = 0;
  virtual void expire() = 0;  // drops segments past the retention; called now and then by a task
  /// Merges segments, a few at a time, until all is well or `wanted` is false. Called now and then by one task.
  virtual void tidy(const std::function<bool()>& wanted) = 0;
  virtual uint64_t damaged() const = 0;  // places on disk that were found damaged, since the start
  virtual uint64_t events() const = 0;
};

}  // namespace cairn::history
