#pragma once
#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

#include "env/clock.h"
#include "history/merge.h"
#include "history/segment.h"
#include "history/store.h"
#include "segment/collection.h"

namespace cairn::history {

/// Events of a list that are looked for among others, by account and event ID. Those that are found are known from then on. The work grows
/// with what is compared, not with its square: who imports may choose event IDs of one hash.
class Seeking {
 public:
  struct Sought {
    uint64_t hash;   // of the event ID's term
    uint32_t event;  // which of the list
    uint32_t time;
  };
  using RecordOf = std::function<Result<std::string_view>(uint32_t event)>;  // valid until the next call

  /// `known` has a place for each of the list; what is not 0 is not looked for. The list may hold an event twice: only its first counts.
  Seeking(std::vector<Sought> sought, std::vector<char>& known, RecordOf record_of);

  Result<void> look_in(const Segment& segment);
  Result<void> look_in(const Tail& tail);
  /// The events that are not known, by hash.
  std::vector<Sought> take_unknown();

 private:
  using Names = std::unordered_map<std::string, uint32_t>;  // of events of one hash
  /// Its account and event ID.
  Result<std::string> name_of(std::string_view record);
  Result<const Names*> names_of(uint64_t hash);
  Result<void> meet(uint64_t hash, std::string_view record);
  void choose(uint32_t oldest, uint32_t newest);

  std::vector<Sought> sought_;  // by hash
  std::vector<char>& known_;
  const RecordOf record_of_;
  json::Document document_;
  std::unordered_map<uint64_t, Names> names_;  // of the hashes that were met
  std::vector<uint64_t> hashes_;               // of those that may be in what is looked at, each once
};

/// Imported events: segments of their own, each in order of time. docs/formats/history.md, "Imported events".
class Imports {
 public:
  /// What was looked at when events were staged: what is newer is looked at when they are adopted.
  struct Seen {
    Cursor live;
    std::set<std::string> imported;  // names of files: segments that are merged meanwhile are not held by it
  };

  Imports(env::Files& files, const env::Clock& clock, const std::string& directory, std::shared_ptr<segment::Storage> storage);
  Result<void> load();

  // --- any thread
  std::shared_ptr<const Segments> segments() const { return segments_.segments(); }
  /// Writes those of `arrivals` that are in `added` (by hash) to a file that waits to be adopted; returns its name.
  Result<std::string> stage(std::span<const Arrival> arrivals, std::vector<Seeking::Sought> added, Seen seen);

  // --- one thread at a time
  /// An entry of the journal names the file: it is not dropped any more.
  void name(const std::string& file);
  /// Makes a staged file part of the history; again and again the same. `look(seeking, seen)` looks among the live events. False: the disk
  /// refused, it is to be tried again.
  using Look = std::function<Result<void>(Seeking& seeking, const std::optional<Seen>& seen)>;
  bool adopt(const std::string& file, const Look& look);
  void expire(uint32_t oldest);
  void clear();
  /// Merges some segments: see Merger.
  bool tidy_once(std::mutex& changing, const std::function<bool()>& wanted);
  /// Removes what was staged by an earlier run and never named by an entry. Once the journal is read to its end.
  void sweep();

 private:
  static constexpr size_t kStagedMax = 64;
  static constexpr std::chrono::minutes kStagedFor{10};  // an entry comes within moments, or never

  struct Waiting {
    std::shared_ptr<Segment> segment;
    std::vector<Seeking::Sought> sought;
    std::optional<Seen> seen;  // none: staged by an earlier run
    std::chrono::nanoseconds since;
    bool is_named = false;
  };
  Result<void> make_room();
  Result<std::optional<Waiting>> take(const std::string& file);
  Result<std::shared_ptr<Segment>> without(const Segment& segment, const std::vector<char>& known);

  env::Files& files_;
  const env::Clock& clock_;
  const std::string directory_;
  segment::Collection<Segment, std::monostate> segments_;
  std::atomic<uint64_t> next_number_ = 1;
  uint64_t first_number_ = 1;  // of this run
  bool swept_ = false;
  Merger<std::monostate> merger_;  // by tidy_once only

  std::mutex mutex_;
  std::map<std::string, Waiting> waiting_;
};

}  // namespace cairn::history
