#pragma once
#include <atomic>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "journal/journal.h"
#include "journal/recovery.h"
#include "journal/segment_maker.h"
#include "journal/segments.h"

namespace cairn::journal {

/// The journal at work: gathers entries into batches (any thread), writes and syncs one batch after the other (one task),
/// and makes segments ahead (another). Locks, in this order: prepare, commit; gather alone; watchers alone.
class Writer final : public Journal {
 public:
  Writer(env::Files& files, const Options& options, Found found);
  ~Writer() override;

  /// Makes certain what recovery found, and that this opening shows. Before anything else.
  env::Done begin(const std::vector<TornTail>& torn, const std::vector<Repair>& repairs, std::optional<Doubtful> doubtful);
  void start(env::Tasks& tasks);

  Position append(std::string_view entry, Waiter* waiter) override;
  bool accepting() const override;
  Position appended() const override;
  Position durable() const override { return {durable_.load(std::memory_order_acquire)}; }
  Result<size_t> read(Position after, size_t bytes_max, const OnEntry& f) override { return segments_.read(after, bytes_max, f); }
  void watch(env::Task* task) override;
  void unwatch(env::Task* task) override;
  void release(Position position) override;
  Position oldest() const override { return segments_.oldest(); }
  uint64_t bytes_behind(Position position) const override { return segments_.bytes_behind(position); }
  void drain() override;

 private:
  struct Batch {
    std::string bytes;  // room for the header, then entries
    std::vector<Waiter*> waiters;
    uint64_t first = 0;
    uint32_t chain = 0;  // of the entries' headers
  };
  enum class Outcome { kWritten, kNothing, kNoRoom, kDead };

  env::Next commit_step();
  Outcome commit_batch();                // with commit_mutex_
  Outcome write(Batch& batch);           // with commit_mutex_; into the newest segment
  bool make_room(size_t bytes);          // with commit_mutex_
  env::Done sync_current();              // with commit_mutex_
  void look_ahead();                     // with commit_mutex_
  env::Done repeat(Doubtful& doubtful);  // with commit_mutex_
  Outcome fatal(const std::string& what, const env::IoFailure& why);
  void finish(Batch& batch);  // with commit_mutex_: tells everyone

  env::Next prepare_step();
  env::Next prepare();               // with prepare_mutex_
  env::Done make_spare(bool& made);  // with prepare_mutex_
  bool trim();                       // with prepare_mutex_; true: there may be more to do
  uint64_t segment_bytes_of(uint64_t number) const;
  bool low_on_disk();
  bool reserve_allows(uint64_t bytes);

  env::Files& files_;
  const Options options_;
  Segments segments_;
  size_t batch_bytes_max_ = 0;  // a batch that holds entries is closed before it grows beyond
  size_t entry_bytes_max_ = 0;

  std::mutex gather_mutex_;
  std::deque<Batch> gathered_;    // the last one is being filled
  std::vector<Batch> idle_;       // buffers to use again
  bool committer_awake_ = false;  // it will look at gathered_ without being woken
  std::atomic<uint64_t> appended_{0};
  std::atomic<uint64_t> gathered_bytes_{0};

  std::mutex commit_mutex_;
  std::shared_ptr<Segment> current_;
  uint64_t offset_ = 0;  // in current_
  uint64_t incarnation_ = 0;
  uint32_t chain_ = 0;
  std::optional<Batch> writing_;  // taken, waits for room
  size_t last_count_ = 0;
  bool delayed_ = false;
  bool unsynced_ = false;           // current_ holds what opening wrote, not synced yet
  bool mark_needed_ = false;        // entries were written since the last mark
  std::atomic<uint64_t> room_{0};   // bytes left in current_
  std::atomic<bool> ahead_{false};  // current_ is used enough that the next one should be made
  std::atomic<uint64_t> durable_{0};
  std::atomic<bool> dead_{false};  // a write failed: nothing is ever written or answered again

  std::mutex prepare_mutex_;
  SegmentMaker maker_;
  std::atomic<bool> spare_failed_{false};
  std::atomic<bool> low_on_disk_{false};

  std::mutex watchers_mutex_;
  std::vector<env::Task*> watchers_;

  std::unique_ptr<env::Task> preparer_;
  std::unique_ptr<env::Task> committer_;
};

}  // namespace cairn::journal
