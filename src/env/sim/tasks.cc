#include "env/sim/tasks.h"

#include <algorithm>
#include <vector>

#include "base/check.h"

namespace cairn::env {

struct SimTasks::Activity {
  std::string name;
  std::function<Next()> step;
  bool running = false;
  bool woken = true;                                 // the first step is due at once
  std::optional<std::chrono::nanoseconds> deadline;  // on the steady clock
};

struct SimTasks::State {
  std::mutex mutex;                                   // guards all activities, but is not held while a step runs
  std::vector<std::shared_ptr<Activity>> activities;  // in order of their start, so that a seed means the same order

  std::optional<std::chrono::nanoseconds> earliest_deadline() {
    std::lock_guard lock(mutex);
    std::optional<std::chrono::nanoseconds> earliest;
    for (const auto& activity : activities) {
      if (activity->deadline && (!earliest || *activity->deadline < *earliest)) earliest = activity->deadline;
    }
    return earliest;
  }
};

class SimTasks::Handle final : public Task {
 public:
  Handle(std::shared_ptr<State> state, std::shared_ptr<Activity> activity) : state_(std::move(state)), activity_(std::move(activity)) {}
  ~Handle() override {
    std::lock_guard lock(state_->mutex);
    CHECK(!activity_->running);
    std::erase(state_->activities, activity_);
  }
  void wake() override {
    std::lock_guard lock(state_->mutex);
    activity_->woken = true;
  }

 private:
  std::shared_ptr<State> state_;
  std::shared_ptr<Activity> activity_;
};

SimTasks::SimTasks(SimClock& clock, SimRandom& random) : state_(std::make_shared<State>()), clock_(clock), random_(random) {}
SimTasks::~SimTasks() = default;

std::unique_ptr<Task> SimTasks::start(std::string name, std::function<Next()> step, Urgency) {
  auto activity = std::make_shared<Activity>();
  activity->name = std::move(name);
  activity->step = std::move(step);
  std::lock_guard lock(state_->mutex);
  state_->activities.push_back(activity);
  return std::make_unique<Handle>(state_, std::move(activity));
}

bool SimTasks::run_one() {
  std::shared_ptr<Activity> chosen;
  {
    std::lock_guard lock(state_->mutex);
    auto now = clock_.steady();
    std::vector<std::shared_ptr<Activity>> ready;
    for (const auto& activity : state_->activities) {
      bool due = activity->woken || (activity->deadline && *activity->deadline <= now);
      if (due && !activity->running) ready.push_back(activity);
    }
    if (ready.empty()) return false;
    chosen = ready[random_.below(ready.size())];
    chosen->running = true;
    chosen->woken = false;
    chosen->deadline.reset();
  }
  Next next;
  try {
    next = chosen->step();
  } catch (...) {
    std::lock_guard lock(state_->mutex);
    std::erase(state_->activities, chosen);
    chosen->running = false;
    throw;
  }
  std::lock_guard lock(state_->mutex);
  chosen->running = false;
  if (next.kind == Next::kNow) chosen->woken = true;
  // Capped, since now plus an unlimited delay would overflow.
  constexpr std::chrono::nanoseconds kDelayMax = std::chrono::hours(24 * 365 * 100);
  if (next.kind == Next::kAfter) chosen->deadline = clock_.steady() + std::min(next.delay, kDelayMax);
  return true;
}

void SimTasks::run_until_idle(uint64_t steps_max) {
  for (uint64_t steps = 0; run_one(); ++steps) CHECK(steps < steps_max);
}

bool SimTasks::advance_to_next_deadline() {
  auto deadline = state_->earliest_deadline();
  if (deadline) advance_to(*deadline);
  return deadline.has_value();
}

void SimTasks::run_for(std::chrono::nanoseconds d) {
  auto end = clock_.steady() + d;
  for (run_until_idle(); clock_.steady() < end; run_until_idle()) {
    advance_to(std::min(end, state_->earliest_deadline().value_or(end)));
  }
}

void SimTasks::advance_to(std::chrono::nanoseconds steady) {
  clock_.advance(std::max(std::chrono::nanoseconds(0), steady - clock_.steady()));
}

}  // namespace cairn::env
