#pragma once
#include <optional>
#include <string>

#include "env/clock.h"
#include "env/tasks.h"
#include "journal/journal.h"
#include "state/store.h"

namespace cairn::sqs {

/// What SQS does by itself: moves messages where a task says so, erases those of deleted and purged queues and those past their retention,
/// and forgets deduplication ids after their five minutes.
class UpkeepStep {
 public:
  explicit UpkeepStep(const env::Clock& clock) : clock_(clock) {}

  /// Puts the next piece of work into the transaction. False: all queues were looked after.
  bool step(state::Transaction& transaction);
  std::optional<Time> next() const { return next_; }  // when a task that moves messages wants to go on

 private:
  bool move(state::Transaction& transaction);

  const env::Clock& clock_;
  std::optional<Time> next_;
  std::string after_;  // the queue that was looked after last
};

/// The same as a task's step, each piece an entry of the journal; its thread alone.
class Upkeep {
 public:
  Upkeep(const env::Clock& clock, state::Store& store, journal::Journal& journal)
      : clock_(clock), work_(clock), store_(store), journal_(journal) {}

  env::Next step();

 private:
  const env::Clock& clock_;
  UpkeepStep work_;
  state::Store& store_;
  journal::Journal& journal_;
};

}  // namespace cairn::sqs
