#pragma once
#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "env/clock.h"
#include "env/random.h"
#include "env/tasks.h"
#include "journal/follower.h"
#include "metrics/store.h"
#include "services/monitoring/alarm.h"
#include "state/store.h"

namespace cairn::cloudwatch {

/// Alarms at work. A metric alarm is looked at when one of its metrics got data, and again at the end of each minute (of 10 seconds, if its
/// period is shorter) as long as what it got is within what it looks at. A composite alarm is looked at when the state of one of its
/// children changed. A new state is one entry of the journal, with all that follows from it. As a follower it learns which alarms there
/// are; it looks at them on a task of its own.
class AlarmWatch final : public journal::Follower {
 public:
  struct Means {
    const env::Clock& clock;
    env::Random& random;
    state::Store& store;
    journal::Journal& journal;
    metrics::Store& metrics;
  };
  AlarmWatch(const Means& means, env::Tasks& tasks, journal::Position from);
  ~AlarmWatch() override;

  /// Metrics that got data, by their keys. Any thread.
  void measured(const std::vector<std::string>& metrics);

  std::string_view name() const override { return "alarms"; }
  journal::Position position() const override { return {consumed_}; }  // nothing is remembered: the documents tell all
  void consume(journal::Position position, const journal::EntryView& entry) override;

  uint64_t looks() const { return looks_; }

 private:
  struct Watched {
    Time configured;
    bool is_composite = false;
    std::vector<std::string> on;  // metrics; of a composite alarm the documents of its children
    int64_t step = 60;
    std::optional<int64_t> due;  // seconds since 1970
  };
  env::Next step();
  void take_change(const std::string& key, int64_t now);
  std::vector<std::string> on_it(const std::string& metric_or_child) const;
  void forget(const std::string& key);
  void set_due(const std::string& key, std::optional<int64_t> due);
  /// False: it could not be committed; to be tried again.
  bool look_at(const std::string& key, Time now, bool only_with_data);
  bool look_at_rule(const std::string& key, const std::string& cause, Time now);

  const Means means_;
  std::map<std::string, Watched> alarms_;                                 // by document
  std::map<std::string, std::set<std::string>, std::less<>> dependents_;  // metric or child -> documents
  std::set<std::pair<int64_t, std::string>> due_;
  std::set<std::string> again_;                     // could not be committed ...
  std::map<std::string, std::string> rules_again_;  // ... and of composite alarms, with the cause

  std::mutex mutex_;  // guards the two below
  std::set<std::string> changed_, measured_;
  std::atomic<uint64_t> consumed_, looks_{0};
  std::atomic<bool> ready_{false};
  std::unique_ptr<env::Task> task_;
};

}  // namespace cairn::cloudwatch
