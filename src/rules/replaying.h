#pragma once
#include <set>
#include <string>
#include <string_view>

#include "logs/store.h"
#include "rules/archive.h"
#include "rules/posted.h"
#include "state/store.h"

namespace cairn::rules {

/// Replays at work: each brings an archive's events back to its bus, some at a time. How far one is stands in the entry that brings them.
/// One thread.
class Replaying {
 public:
  static constexpr size_t kEventsAtOnce = 200, kBytesAtOnce = 256 << 10;

  explicit Replaying(logs::Store& events) : events_(events) {}
  /// What the state holds.
  void load(state::Transaction& state);
  /// A change of a replay's document.
  void take_change(std::string_view key, std::optional<std::string_view> document);

  bool empty() const { return at_work_.empty(); }
  /// A step of one replay, into an entry: its events behind `note`, its document into `state`. Reads the disk.
  void step(state::Transaction& state, std::string& note, Time now);

 private:
  logs::Store& events_;
  std::set<std::string> at_work_;  // keys
  std::string last_;               // the one whose turn it was
};

/// The event as a replay brings it: with its name.
std::string replayed(std::string_view event, std::string_view replay);

}  // namespace cairn::rules
