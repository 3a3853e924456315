#pragma once
#include <memory>

#include "env/sim/clock.h"
#include "env/sim/random.h"
#include "env/tasks.h"

namespace cairn::env {

/// Runs all tasks on the caller's thread, one step at a time, in an order drawn from `random`. Time moves only by
/// `advance_to_next_deadline`. `start`, `wake` and the end of a task may be called from any thread and from inside a step
/// (but a task must not be destroyed by its own step); the running functions from one thread only.
/// What a step throws (SimCrash) comes out of the running function; that task then takes no further step.
class SimTasks final : public Tasks {
 public:
  SimTasks(SimClock& clock, SimRandom& random);
  ~SimTasks() override;  // tasks may outlive it: they never run again

  std::unique_ptr<Task> start(std::string name, std::function<Next()> step, Urgency urgency = Urgency::kUsual) override;

  /// Runs one step of one task that is ready or due; false if there is none.
  bool run_one();
  /// Steps until no task is ready. Ends the process after `steps_max`: a task that never rests is a bug.
  void run_until_idle(uint64_t steps_max = 1'000'000);
  /// Moves the clock to the earliest time that a waiting task asked for; false if none asked.
  bool advance_to_next_deadline();
  /// Alternates the two above until `d` has passed on the clock.
  void run_for(std::chrono::nanoseconds d);

 private:
  struct State;
  struct Activity;
  class Handle;
  void advance_to(std::chrono::nanoseconds steady);
  std::shared_ptr<State> state_;
  SimClock& clock_;
  SimRandom& random_;
};

}  // namespace cairn::env
