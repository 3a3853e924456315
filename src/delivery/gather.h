#pragma once
#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string_view>

#include "archive/log_file.h"
#include "aws/names.h"
#include "base/json.h"
#include "base/time.h"
#include "delivery/trail.h"
#include "env/clock.h"
#include "event/selector.h"

namespace cairn::delivery {

constexpr size_t kGatherBytesMax = 16 << 20;  // records in memory for one trail; AWS's 50 MB of gzip are far above
constexpr size_t kRegionsMax = 64;            // of a trail that have files and digests; events of further ones go into the home region's
constexpr std::chrono::minutes kOwnCallsWait{5};

/// True for records of what CloudTrail itself did to deliver (GetBucketAcl, PutObject, GenerateDataKey). They are delivered like any,
/// but may not cause a file at once: each would cause the next, for ever.
bool is_own_delivery(const event::Selected& event);

/// What a trail wants, compiled once per change. Any thread.
class Wanted {
 public:
  explicit Wanted(Trail trail);
  /// The region in whose file of the trail an event belongs; nullopt: in none.
  std::optional<aws::Region> file_of(const event::Selected& event) const;
  const Trail& trail() const { return trail_; }

 private:
  Trail trail_;
  std::optional<event::Selector> selector_;  // none: the trail does not log
};

/// Records that a trail wants and that are in no file yet. One thread.
class Gatherer {
 public:
  struct Batch {
    archive::LogFileWriter writer;
    Time oldest, newest;
  };
  using Batches = std::map<aws::Region, Batch>;

  Gatherer(const env::Clock& clock, std::chrono::milliseconds interval) : clock_(clock), interval_(interval) {}

  void follow(const std::optional<Trail>& trail);  // from now on: what this one wants
  /// Takes the record if the trail is logging and wants it. True if so.
  bool add(std::string_view record);
  /// A region that has files of its own already.
  void know(const aws::Region& region) { regions_.insert(region); }

  bool empty() const { return batches_.empty(); }
  bool full() const { return raw_bytes_ >= kGatherBytesMax; }
  /// When, on the steady clock, what was gathered must become files; nullopt: nothing was.
  std::optional<std::chrono::nanoseconds> due() const { return due_; }
  Batches take();

 private:
  std::optional<aws::Region> file_of(std::string_view record);

  const env::Clock& clock_;
  const std::chrono::milliseconds interval_;
  std::optional<Wanted> wanted_;
  json::Document document_;
  event::Selected event_;
  Batches batches_;
  std::set<aws::Region> regions_;  // that have had files of their own; at most kRegionsMax
  size_t raw_bytes_ = 0;
  std::optional<std::chrono::nanoseconds> due_;
};

}  // namespace cairn::delivery
