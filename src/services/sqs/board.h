#pragma once
#include <array>
#include <atomic>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "api/waiting_room.h"
#include "env/clock.h"
#include "env/tasks.h"
#include "journal/follower.h"
#include "state/store.h"

namespace cairn::sqs {

/// What is known of all queues in memory: how many messages each has. It wakes the calls that wait for one. It follows the journal, so it
/// is a moment behind, and starts from the documents. Memory does not grow with the messages of a queue: they are counted by the second
/// from which they are visible, and those that are visible already in one number. Any thread.
class Board final : public journal::Follower {
 public:
  /// `room`: where calls wait for messages, by the id of the queue.
  Board(const env::Clock& clock, api::WaitingRoom& room) : clock_(clock), room_(room) {}

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

  /// The upkeep's task, to be woken when there is something to move.
  void set_upkeep(env::Task* upkeep) { upkeep_ = upkeep; }

 private:
  struct Tally {
    int64_t visible = 0;                               // what was due before `future` begins
    std::map<int64_t, std::array<int64_t, 2>> future;  // second -> never received, received
    bool empty() const { return visible == 0 && future.empty(); }
  };
  void count(std::string_view key, int change);  // of a document below documents::kDue
  void settle(Tally& tally, int64_t second);

  const env::Clock& clock_;
  api::WaitingRoom& room_;
  std::atomic<uint64_t> position_{0};
  std::atomic<uint64_t> sequence_{0};
  std::atomic<env::Task*> upkeep_{nullptr};

  mutable std::mutex tally_mutex_;
  std::unordered_map<std::string, Tally> tallies_;
};

/// When the message of a sequence number was sent, in milliseconds since 1970.
int64_t time_of_sequence(std::string_view sequence);
/// The least sequence number of a moment.
std::string first_sequence_of(int64_t millis);

}  // namespace cairn::sqs
