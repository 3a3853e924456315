#pragma once
#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/client.h"
#include "delivery/gather.h"
#include "delivery/trail.h"
#include "env/clock.h"
#include "env/completions.h"
#include "env/tasks.h"
#include "journal/journal.h"
#include "state/store.h"

namespace cairn::delivery {

/// Where the delivery of a trail to its log group stands.
struct LogCursor {
  journal::Position position;  // each wanted event up to here is in the log group, or was left out
  std::string trail_key;       // the document of the trail
  std::optional<Trail> trail;  // as it was at `position`; none: it had not been made
};
std::string encode(const LogCursor& cursor);
LogCursor decode_log_cursor(std::string_view document);

namespace keys {
inline const std::string kLogCursors = "delivery/log-cursor/";
std::string log_cursor(std::string_view trail_id);
}  // namespace keys

/// What GetTrailStatus shows of it.
struct LogStatus {
  std::optional<Time> delivered;
  std::string error;  // of the last try; "" on success
};
std::string encode(const LogStatus& status);
LogStatus read_log_status(state::Transaction& state, std::string_view trail_id);
namespace keys {
std::string log_status(std::string_view trail_id);
}

/// Counters of all trails together.
struct LogCounters {
  std::atomic<uint64_t> events{0}, failures{0}, too_large{0}, dropped{0};
};

/// One trail's events on their way into its log group, by PutLogEvents in the trail's role, as soon as they are durable. A task of its own.
///
/// Each event once: the entry that holds the events holds the cursor as well.
class LogGroupDelivery {
 public:
  static constexpr size_t kEventBytesMax = 256 << 10;  // AWS leaves larger ones out of log groups; here they are counted, too
  static constexpr size_t kBatchEventsMax = 2000;      // in one PutLogEvents

  struct Means {
    const env::Clock& clock;
    state::Store& store;
    journal::Journal& journal;
    api::Client& client;
    LogCounters& counters;
    uint64_t backlog_bytes_max = uint64_t{10} << 30;  // of journal kept for a log group that takes nothing; beyond, events are dropped
  };

  LogGroupDelivery(const Means& means, env::Tasks& tasks, std::string trail_id, LogCursor cursor);
  ~LogGroupDelivery();
  void stop();   // no further step
  void hurry();  // a trail was changed. Before stop(), any thread

  journal::Position needed() const { return {needed_.load()}; }  // the journal must keep what lies behind. Any thread

 private:
  enum class Put { kDone, kNoStream, kRefused };
  struct Outcome {
    Put put = Put::kDone;
    std::string message;
  };
  env::Next step();
  void take_outcomes();
  bool read_batch();
  void add(std::string_view record);
  env::Next put_next();
  env::Next finish_batch();
  env::Next rest();
  void call(api::Client::Request request);
  api::Client::Request request_of(const aws::Principal& principal, std::string_view operation, std::string body) const;
  void failed(std::string message);
  void show(const LogStatus& status);
  bool is_deleted() const;
  void give_up_what_must_not_wait();
  std::string group_name() const;
  std::string stream_name() const;

  const Means means_;
  const std::string id_;
  LogCursor cursor_;                 // as committed
  journal::Position read_;           // batches_ hold what is wanted between cursor_.position and here
  std::optional<Trail> next_trail_;  // as at read_
  bool turned_ = false;              // the trail changed at read_: the batch ends
  std::optional<Wanted> wanted_;
  json::Document document_;
  event::Selected event_;
  std::vector<std::pair<int64_t, std::string>> batch_;  // time, record
  size_t bytes_ = 0;                                    // of batch_
  bool putting_ = false;                                // batch_'s answer is waited for
  bool making_stream_ = false;
  int failures_ = 0;  // in a row
  std::chrono::nanoseconds retry_at_{};
  LogStatus status_;
  bool watching_ = false;

  std::shared_ptr<env::Completions<Outcome>> completions_ = std::make_shared<env::Completions<Outcome>>();
  std::atomic<uint64_t> needed_;
  std::atomic<bool> ready_{false};
  std::unique_ptr<env::Task> task_;
};

}  // namespace cairn::delivery
