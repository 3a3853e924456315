#pragma once
#include <atomic>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "api/pool.h"
#include "api/ports.h"
#include "env/clock.h"
#include "logquery/query.h"
#include "logs/store.h"
#include "services/logs/group.h"

namespace cairn::logs_service {

/// Queries of CloudWatch Logs Insights at work, and the results of those that are done. All of it is in memory alone. Any thread.
class Queries {
 public:
  static constexpr size_t kThreads = 2;                  // queries at work at once
  static constexpr size_t kUnfinishedMax = 100;          // of an account in a region
  static constexpr size_t kWaitingMax = 1000;            // of all
  static constexpr size_t kQueryBytesMax = 64 << 20;     // of memory that one query may need
  static constexpr size_t kKeptBytesMax = 256 << 20;     // of all results; the oldest go first
  static constexpr size_t kKeptMax = 10'000;             // queries, of all; the same
  static constexpr std::chrono::minutes kTimeMax{60};    // of one query
  static constexpr std::chrono::hours kKeptFor{24 * 7};  // its results, as on AWS

  struct Means {
    const env::Clock& clock;
    state::Store& store;
    journal::Journal& journal;
    logs::Store& events;
    api::Ports& ports;          // to open events of groups under keys of KMS
    size_t threads = kThreads;  // 0: a query runs in `start` itself
  };
  explicit Queries(const Means& means);
  ~Queries();  // stops those at work

  enum class Status { kScheduled, kRunning, kComplete, kFailed, kCancelled, kTimeout };

  struct Asked {
    std::string id, text, caller;
    aws::AccountId account;
    aws::Region region;
    std::vector<Group> groups;
    int64_t start = 0, end = 0;  // of timestamps, milliseconds, inclusive
    size_t rows = logquery::Query::kRowsDefault;
    Time created;
  };
  struct Counts {
    uint64_t matched = 0, scanned = 0, bytes = 0, groups = 0;
  };
  struct Seen {
    std::shared_ptr<const Asked> asked;
    Status status = Status::kScheduled;
    Counts counts;
    std::chrono::milliseconds took{};
    std::shared_ptr<const logquery::Table> table;  // once it is complete
  };

  enum class Refused { kTooMany, kBusy };
  /// `asked.text` is a query that compiles. One that has this id already is not started again.
  Result<void, Refused> start(Asked asked);
  std::optional<Seen> find(const aws::AccountId& account, const aws::Region& region, const std::string& id) const;
  /// Those of an account in a region, the newest first.
  std::vector<Seen> list(const aws::AccountId& account, const aws::Region& region) const;
  /// False: it is done already.
  bool stop(const aws::AccountId& account, const aws::Region& region, const std::string& id);
  void clear();

  uint64_t started() const { return started_; }
  uint64_t scanned_bytes() const { return scanned_bytes_; }

 private:
  struct Query;
  struct Scan;
  using Key = std::string;  // account/region/id
  static Key key_of(const aws::AccountId& account, const aws::Region& region, const std::string& id);
  static Seen seen(const Query& query);

  void work(Query& query);
  Status scan(Query& query);
  /// Gives the run the group's events. False: it cannot.
  bool scan(Query& query, const Group& group, logquery::Run& run, Scan& scan);
  void keep(const std::shared_ptr<Query>& query);
  void forget_old(Time now);

  const Means means_;
  std::atomic<uint64_t> started_{0}, scanned_bytes_{0};
  mutable std::mutex mutex_;  // guards what follows
  std::map<Key, std::shared_ptr<Query>> queries_;
  std::deque<std::shared_ptr<Query>> by_age_;
  size_t kept_bytes_ = 0;
  api::Pool pool_;
};

/// @ptr of an event, and back.
std::string pointer_of(std::string_view group_id, const logs::Place& place);
std::optional<std::pair<std::string, logs::Place>> parse_pointer(std::string_view pointer);

/// Whether streams of a group, by their stored names, are still there: events of deleted ones are nobody's. Remembers what it found.
std::function<bool(std::string_view)> live_streams(state::Store& store, std::string group_id);

}  // namespace cairn::logs_service
