#pragma once
#include <array>
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>

#include "env/clock.h"
#include "env/tasks.h"
#include "journal/follower.h"
#include "state/store.h"

namespace cairn::sqs {

/// What is known of all queues in memory: how many messages each has, and which calls wait for one. It follows the journal, so it is a
/// moment behind, and starts from the documents. Memory does not grow with the messages of a queue: they are counted by the second from
/// which they are visible, and those that are visible already in one number. Any thread.
class Board final : public journal::Follower {
 public:
  static constexpr size_t kWaitingMax = 4096;  // calls; beyond it ReceiveMessage answers at once

  explicit Board(const env::Clock& clock) : clock_(clock) {}

  /// Counts what is there, and numbers what comes after it, whatever the clock says. Before the first call.
  void start(state::Store& store, journal::Position position);

  std::string_view name() const override { return "queues"; }
  journal::Position position() const override { return {position_.load()}; }
  void consume(journal::Position position, const journal::EntryView& entry) override;

  struct Counts {
    size_t visible = 0, in_flight = 0, delayed = 0;
  };
  Counts counts(std::string_view queue_id) const;

  /// A sequence number: 20 digits, greater than any before it and than `last`. Its time: `time_of_sequence`.
  std::string next_sequence(std::string_view last = {});

  /// To be read before a queue is looked at: `wait` then knows whether something has come meanwhile.
  uint64_t version(std::string_view queue_id) const;
  bool can_wait() const;
  size_t waiting() const;  // calls
  /// Calls `resume` once when something comes, or at `until`. False: it does not, look again.
  bool wait(const std::string& queue_id, uint64_t version, Time until, std::function<void()> resume);
  /// Something comes at that time: the call that waits longest looks again then. For one that was woken for it and waits no longer.
  void expect(const std::string& queue_id, Time time);
  /// Resumes all that wait, and lets nobody wait any more.
  void close();
  env::Next step();  // a task's: resumes whose time has come
  /// Tasks to be woken: the one of `step`, when there is an earlier time to wait for, and the upkeep's, when it has something to move.
  void set_tasks(env::Task* waiting, env::Task* upkeep) { task_ = waiting, upkeep_ = upkeep; }

 private:
  struct Tally {
    int64_t visible = 0;                               // what was due before `future` begins
    std::map<int64_t, std::array<int64_t, 2>> future;  // second -> never received, received
    bool empty() const { return visible == 0 && future.empty(); }
  };
  struct Waiting {
    std::string queue_id;
    std::function<void()> resume;
  };
  using ByTime = std::multimap<Time, Waiting>;

  void count(std::string_view key, int change);  // of a document below documents::kDue
  void settle(Tally& tally, int64_t second);
  void wake(const std::string& queue_id, size_t calls);
  std::atomic<uint64_t>& version_of(std::string_view queue_id) const;

  const env::Clock& clock_;
  std::atomic<uint64_t> position_{0};
  std::atomic<uint64_t> sequence_{0};
  std::atomic<env::Task*> task_{nullptr}, upkeep_{nullptr};

  mutable std::mutex tally_mutex_;
  std::unordered_map<std::string, Tally> tallies_;

  mutable std::array<std::atomic<uint64_t>, 1024> versions_{};  // by hash of the queue's id
  mutable std::mutex waiting_mutex_;
  ByTime waiting_;
  std::unordered_map<std::string, std::vector<ByTime::iterator>> waiting_for_;  // oldest first
  bool is_closed_ = false;
};

/// When the message of a sequence number was sent, in milliseconds since 1970.
int64_t time_of_sequence(std::string_view sequence);
/// The least sequence number of a moment.
std::string first_sequence_of(int64_t millis);

}  // namespace cairn::sqs
