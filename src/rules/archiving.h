#pragma once
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "env/clock.h"
#include "logs/event.h"
#include "patterns/event/event_matcher.h"
#include "rules/archive.h"

namespace cairn::rules {

/// The archives of all buses: which keep an event, and what is to be written of it. The events lie in the store of log events, each archive
/// as a group of its own. One thread.
class Archiving {
 public:
  /// What the state holds.
  void load(state::Transaction& state);
  /// A change of an archive's document.
  void take_change(std::string_view key, std::optional<std::string_view> document);

  bool none() const { return buses_.empty(); }
  bool has(const BusName& bus) const { return buses_.contains(bus); }
  /// Makes room for so many bytes more in the next entry, perhaps by writing what was put aside. False: there is none.
  using MakeRoom = std::function<bool(size_t bytes)>;
  /// Puts the event aside for each archive that wants it, as long as there is room.
  void take(const BusName& bus, std::string_view event, uint64_t position, Time now, const MakeRoom& make_room);

  bool empty() const { return pending_.empty(); }
  /// What was put aside, into an entry: the events as a note, and the archives' counts.
  void write(state::Transaction& state) const;
  void clear() { pending_.clear(); }

 private:
  struct Kept {
    Archive archive;
    patterns::EventMatcher matcher;
  };
  std::map<BusName, std::map<std::string, Kept>> buses_;  // by key
  struct Pending {
    Archive archive;
    logs::Batch batch;
  };
  std::map<std::string, Pending> pending_;  // by the archive's key
};

}  // namespace cairn::rules
