#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"
#include "rules/documents.h"
#include "state/store.h"

/// Archives of buses, and replays of what they hold.
namespace cairn::rules {

struct Archive {
  aws::AccountId account;
  aws::Region region;
  std::string name;
  std::string id;   // of this one only: its events' group in the store of log events
  std::string bus;  // the name of the bus whose events it keeps
  std::string description, pattern;
  int64_t days = 0;  // 0: for ever
  Time created;
  uint64_t since = 0;  // entries of the journal up to here are not for it
  uint64_t events = 0, bytes = 0;

  std::string arn() const;
  BusName bus_name() const { return {account, region, bus}; }
  std::string group() const { return "events-archive/" + id; }
};
std::string encode(const Archive& archive);
Archive decode_archive(const aws::AccountId& account, const aws::Region& region, std::string_view name, std::string_view document);
std::optional<Archive> find_archive(state::Transaction& state, const aws::AccountId& account, const aws::Region& region,
                                    std::string_view name);
void put(state::Transaction& state, const Archive& archive);
/// The pattern of what it keeps: its own, and nothing that was replayed.
std::string pattern_of(const Archive& archive);

struct Replay {
  enum class State { kStarting, kRunning, kCancelling, kCompleted, kCancelled, kFailed };
  aws::AccountId account;
  aws::Region region;
  std::string name, description;
  std::string archive, archive_id;  // name, and which of that name
  std::string bus;                  // of the archive
  std::string rules;                // ARNs of those that are to have the events, separated by blanks; "": all
  Time from, to, started;
  std::optional<Time> ended, last;  // last: of the newest event that was replayed
  State state = State::kStarting;
  std::string reason;
  std::string place;  // where it goes on: TIMESTAMP POSITION INDEX; "": at the start

  std::string arn() const;
  bool is_at_work() const { return state == State::kStarting || state == State::kRunning || state == State::kCancelling; }
};
std::string_view name_of(Replay::State state);
std::string encode(const Replay& replay);
Replay decode_replay(const aws::AccountId& account, const aws::Region& region, std::string_view name, std::string_view document);
std::optional<Replay> find_replay(state::Transaction& state, const aws::AccountId& account, const aws::Region& region,
                                  std::string_view name);
void put(state::Transaction& state, const Replay& replay);

namespace keys {
inline const std::string kArchives = "events/archive/", kReplays = "events/replay/";
std::string archives_in(const aws::AccountId& account, const aws::Region& region);
std::string replays_in(const aws::AccountId& account, const aws::Region& region);
/// The account, region and name of an archive's or replay's key.
struct PlaceKey {
  aws::AccountId account;
  aws::Region region;
  std::string name;
};
PlaceKey split_place(std::string_view key);
}  // namespace keys

}  // namespace cairn::rules
