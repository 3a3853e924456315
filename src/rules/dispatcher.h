#pragma once
#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "env/clock.h"
#include "env/random.h"
#include "env/tasks.h"
#include "event/selector.h"
#include "journal/entry.h"
#include "journal/journal.h"
#include "rules/archiving.h"
#include "rules/forwarding.h"
#include "rules/logging_trails.h"
#include "rules/posted.h"
#include "rules/replaying.h"
#include "rules/rule_set.h"
#include "rules/sending.h"
#include "state/store.h"

namespace cairn::rules {

struct Counters {
  std::atomic<uint64_t> events{0};     // that came to a bus with rules
  std::atomic<uint64_t> matched{0};    // pairs of an event and a rule
  std::atomic<uint64_t> sent{0};       // items put into the outbox
  std::atomic<uint64_t> too_large{0};  // events, or items, beyond AWS's limits
  std::atomic<uint64_t> scheduled{0};  // times that were kept
};

/// EventBridge at work: reads the journal, matches what it finds (records of CloudTrail, events that were put) with the rules as they are
/// at that place, keeps their schedules, and puts what goes to targets into the outbox. A task of its own.
///
/// Each match once in the outbox: the entry that holds the items holds the cursor as well. (What one event sends to hundreds of targets may
/// take several entries; a crash between them sends some twice.)
class Dispatcher {
 public:
  struct Means {
    const env::Clock& clock;
    env::Random& random;
    state::Store& store;
    journal::Journal& journal;
    identity::Directory& directory;
    logs::Store& events;  // where archives lie
    Counters& counters;
  };
  Dispatcher(const Means& means, env::Tasks& tasks);
  ~Dispatcher();
  void stop();  // no further step

  journal::Position position() const { return {needed_.load()}; }  // the journal must keep what lies behind. Any thread

 private:
  env::Next step();
  bool read();
  void take(journal::Position position, const journal::EntryView& entry);
  void take_record(std::string_view record, uint64_t position);
  void take_change(const journal::ChangeView& change, uint64_t position);
  void dispatch(const BusName& bus, std::string_view event, const Posted* posted, uint64_t position, bool is_read);
  void send(const CompiledRule& rule, std::string_view event, bool is_forwarded);
  void send_to_log(const Target& target, outbox::Item item);
  void add(outbox::Item item);
  bool make_room(size_t bytes);
  void keep_schedules();
  std::optional<Time> next_time() const;
  bool has_pending() const { return !items_.empty() || !note_.empty() || !documents_.empty() || !archiving_.empty(); }
  bool is_idle() const { return rules_.empty() && archiving_.none(); }
  bool replay();
  enum class Cursor { kMoves, kStays };
  bool commit(Cursor cursor);
  void begin_again();
  env::Next rest();

  /// A rule's schedule, with the next time.
  struct Alarm {
    std::shared_ptr<const CompiledRule> rule;
    Time last;  // kept; or when the rule was made
    std::optional<Time> next;
  };
  void load_alarms();

  const Means means_;
  Forwarding forwarding_;
  RuleSet rules_;
  LoggingTrails trails_;
  Archiving archiving_;
  Replaying replaying_;
  journal::Position read_;
  json::Document document_;
  event::Selected event_;
  std::vector<std::shared_ptr<const CompiledRule>> matched_;
  std::vector<Alarm> alarms_;
  std::optional<uint64_t> alarms_version_;  // of rules_, when they were loaded

  // What is to be committed.
  std::vector<outbox::Item> items_;
  std::string note_;                                             // events for other buses
  std::map<std::string, std::optional<std::string>> documents_;  // of the state: nullopt, to be erased
  size_t bytes_ = 0;                                             // of these
  bool stalled_ = false;  // there was no room, and none could be made: what was read since the last commit is read again
  std::map<std::string, std::string> log_streams_;  // by a target's lane: day and name
  uint64_t order_ = 0;

  bool watching_ = false;
  std::atomic<uint64_t> needed_;
  std::atomic<bool> ready_{false};
  std::unique_ptr<env::Task> task_;
};

}  // namespace cairn::rules
