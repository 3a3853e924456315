#pragma once
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "env/clock.h"
#include "journal/journal.h"
#include "outbox/item.h"
#include "state/store.h"

namespace cairn::outbox {

/// What waits in the outbox, as far as memory keeps it: of each lane the first items' ids; the rest is read from the state when it is their
/// turn. Any thread.
class Lanes {
 public:
  struct Limits {
    size_t sending_max = 16;         // of a lane at once; one at a time while it fails, or is ordered
    uint64_t items_max = 100'000;    // of a lane; beyond, the oldest are given up ...
    size_t giving_up_max = 256;      // ... so many at once
    size_t kept_max = 100'000;       // ids in memory, of all lanes together ...
    size_t kept_of_lane = 8;         // ... but so many of each ...
    size_t kept_of_lane_max = 1024;  // ... and no more of one than this
  };
  /// An item that it is time to send. Until `settle` it counts as being sent.
  struct Ticket {
    std::string lane, id;
    Tries tries;
    bool is_too_many = false;  // its lane has more items than it may
  };

  Lanes(const env::Clock& clock, state::Store& store, const journal::Journal& journal, const Limits& limits);

  /// A change of an item's document, in the journal's order; it is durable.
  void consume(std::string_view key, const std::optional<std::string_view>& document);

  /// What is due, at most `room`.
  std::vector<Ticket> take(size_t room);
  /// nullopt: the item is gone.
  void settle(const Ticket& ticket, const std::optional<Tries>& tries, bool has_failed);
  /// When something may be due; nullopt: not before a change or an outcome.
  std::optional<Time> next() const;

  size_t lanes() const;
  uint64_t items() const;

 private:
  struct Entry {
    Tries tries;
    bool is_sending = false;
    journal::Position since;  // it was read from the state while this was appended: not to be sent before that is durable
  };
  struct Lane {
    std::string name;
    std::map<std::string, Entry, std::less<>> entries;
    std::set<std::pair<Time, std::string>> waiting;  // those of `entries` that are not being sent
    bool has_more = false;                           // on the disk, behind the last of `entries`
    bool is_ordered = false;
    uint64_t count = 0;  // on the disk, as consumed
    size_t sending = 0;
    int failures = 0;            // in a row
    Time turn;                   // when it was last allowed to send: those who waited longer go first
    std::optional<Time> listed;  // in schedule_
  };
  Lane& lane_of(std::string_view name);
  bool has_room(const Lane& lane) const;
  bool wants_more(const Lane& lane) const;
  Entry entry_of(state::Transaction& state, Lane& lane, std::string_view id, std::string_view document) const;
  void add(Lane& lane, std::string id, Entry entry);
  void drop(Lane& lane, std::string_view id);
  void refill(Lane& lane);
  void list(Lane& lane, Time not_before = {});
  void forget_if_empty(Lane& lane);
  bool has_too_many(const Lane& lane) const { return lane.count > limits_.items_max + lane.sending; }
  std::optional<Time> due(const Lane& lane) const;

  const env::Clock& clock_;
  state::Store& store_;
  const journal::Journal& journal_;
  const Limits limits_;
  mutable std::mutex mutex_;
  std::map<std::string, Lane, std::less<>> lanes_;  // under mutex_, as all that follows
  std::set<std::pair<Time, Lane*>> schedule_;
  size_t kept_ = 0;
  uint64_t items_ = 0;
};

}  // namespace cairn::outbox
