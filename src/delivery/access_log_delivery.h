#pragma once
#include <atomic>
#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/client.h"
#include "delivery/access_log.h"
#include "env/clock.h"
#include "env/completions.h"
#include "env/random.h"
#include "env/tasks.h"
#include "journal/journal.h"
#include "state/store.h"

namespace cairn::delivery {

struct AccessLogCounters {
  std::atomic<uint64_t> files{0}, bytes{0}, failures{0}, dropped_bytes{0};
};

/// S3's server access logs at work: gathers the lines that calls note in their entries, by the bucket they tell of, and puts them as
/// objects into that bucket's target, as the service logging.s3.amazonaws.com. One task for all buckets, as lines are few and small.
///
/// Each line once: the entry of an object's PutObject also holds how far its bucket's lines are delivered. A target that takes nothing
/// loses lines after a while, as on AWS: a log of requests must not fill the disk.
class AccessLogDelivery {
 public:
  static constexpr size_t kGatherBytesMax = 16 << 20;   // lines in memory, of all buckets
  static constexpr size_t kFileBytesMax = 1 << 20;      // a file ends with the entry that passes this
  static constexpr std::chrono::hours kGiveUpAfter{1};  // a target that takes nothing
  static constexpr uint64_t kKeptEvery = 10'000;        // entries read, after which the place is kept
  static constexpr size_t kPutsMax = 4;                 // under way at once

  struct Means {
    const env::Clock& clock;
    env::Random& random;
    state::Store& store;
    journal::Journal& journal;
    api::Client& client;
    AccessLogCounters& counters;
    std::chrono::milliseconds interval = std::chrono::seconds(60);  // a line is in its bucket at the latest so long after it was noted
    uint64_t backlog_bytes_max = uint64_t{10} << 30;                // of journal kept for targets that take nothing
  };

  AccessLogDelivery(const Means& means, env::Tasks& tasks);
  ~AccessLogDelivery();
  void stop();  // no further step; what was begun ends by itself

  journal::Position position() const { return {needed_.load()}; }  // the journal must keep what lies behind. Any thread

 private:
  /// Lines for one object.
  struct File {
    AccessLogLines lines;            // `time`: of the first
    journal::Position first, last;   // entries that they come from
    std::chrono::nanoseconds due{};  // steady
  };
  struct Source {
    journal::Position delivered;  // lines of entries up to here are in the target
    std::deque<File> files;       // in order; the first may be on its way
    bool is_putting = false;
    int failures = 0;                                      // in a row
    std::chrono::nanoseconds retry_at{}, failing_since{};  // steady
  };
  struct Outcome {
    std::string source;
    int status = 0;
    std::string message;
  };

  env::Next step();
  bool read_on();
  void take(journal::Position position, std::string_view note);
  void take_outcomes();
  void put_what_is_due();
  void put(const std::string& name, Source& source);
  void drop(const std::string& name, Source& source, std::string_view why);
  void make_room();
  void let_go_of_journal();
  void keep_place();
  void count_needed();
  env::Next rest();

  const Means means_;
  journal::Position read_, kept_;
  std::map<std::string, Source> sources_;
  size_t bytes_ = 0;    // of all files
  size_t putting_ = 0;  // sources that are
  bool watching_ = false;
  std::shared_ptr<env::Completions<Outcome>> completions_ = std::make_shared<env::Completions<Outcome>>();
  std::atomic<uint64_t> needed_;
  std::atomic<bool> ready_{false};
  std::unique_ptr<env::Task> task_;
};

namespace keys {
inline const std::string kAccessLogs = "delivery/access-log/";           // + bucket: the entry up to which its lines are delivered
inline const std::string kAccessLogPlace = "delivery/access-log-place";  // the entry up to which all are
}  // namespace keys

/// The name of the object that a bucket's lines go to. `unique`: 16 hexadecimal digits.
std::string access_log_key(const AccessLogLines& lines, Time delivered, std::string_view unique);

}  // namespace cairn::delivery
