#pragma once
#include <atomic>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "api/ports.h"
#include "env/clock.h"
#include "env/tasks.h"
#include "journal/journal.h"
#include "logs/event.h"
#include "metrics/row.h"
#include "patterns/filter/filter_set.h"
#include "services/logs/metric_filter.h"
#include "state/store.h"

namespace cairn::logs_service {

/// Which log events have been counted: all up to `position`, and the first `events` of the entry behind it.
struct FilteringCursor {
  journal::Position position;
  uint64_t events = 0;
};
std::string encode(const FilteringCursor& cursor);
FilteringCursor decode_filtering_cursor(std::string_view document);

namespace documents {
inline const std::string kFilteringCursor = "logs/metric-filtering";
}

/// Metric filters at work: every log event that came into a group, however it came, is held against the group's filters, and what they
/// make of it goes to the metrics' store. Reads the journal on a task of its own; nobody waits for it.
///
/// Each event once: the entry that holds the measurements holds the cursor as well.
class MetricFiltering {
 public:
  struct Means {
    const env::Clock& clock;
    state::Store& store;
    journal::Journal& journal;
    api::Ports* ports = nullptr;  // to open events of groups under keys of KMS
  };
  MetricFiltering(const Means& means, env::Tasks& tasks);
  ~MetricFiltering();

  journal::Position needed() const { return {needed_.load()}; }  // the journal must keep what lies behind. Any thread
  uint64_t events() const { return events_; }                    // held against filters. Any thread
  uint64_t matches() const { return matches_; }

 private:
  struct AtWork {
    CompiledFilter compiled;
    std::set<int64_t> settled;  // the newest minutes with events: nothing more is added to them if nothing matches
    /// False: it was settled before, or is older than what is remembered.
    bool settle(int64_t minute);
  };
  /// The filters of a log group, by their documents, and their patterns in the same order; nullopt: to be made.
  struct Group {
    std::map<std::string, AtWork> filters;
    std::optional<patterns::FilterSet> set;
  };

  env::Next step();
  bool read();
  void take_changes(const journal::EntryView& entry);
  void put_to_work(const std::string& key, std::optional<std::string_view> document);
  /// False: there is no room for more before a commit; `cursor_` says where to go on.
  bool look_at(std::string_view note);
  void look_at(Group& group, const logs::Batch::Item& item, int64_t ingested);
  bool open(logs::Batch& batch);  // false: nobody may read it, so nothing counts it
  bool commit();

  const Means means_;
  std::map<std::string, Group, std::less<>> groups_;  // by id; those with filters
  std::map<std::string, std::string> group_of_;       // document of a filter -> group's id
  FilteringCursor cursor_;
  metrics::Table found_;                                     // up to cursor_, not committed
  std::vector<std::string> records_;                         // of calls of KMS, the same
  std::map<std::string, uint64_t, std::less<>> unreadable_;  // groups by id: their keys may not be used, as KMS's documents are
  uint64_t last_committed_ = 0;                              // position of the cursor ...
  std::shared_ptr<std::atomic<uint64_t>> durable_ = std::make_shared<std::atomic<uint64_t>>(0);  // ... and of the one on disk
  bool failing_ = false;
  std::chrono::nanoseconds next_look_{};
  std::atomic<uint64_t> needed_{0}, events_{0}, matches_{0};
  std::atomic<bool> ready_{false};
  std::unique_ptr<env::Task> task_;
};

}  // namespace cairn::logs_service
