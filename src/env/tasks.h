#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

/// Background work, cut into steps, so that a real process gives each activity a thread and a simulation runs them all
/// on one, in an order drawn from its seed, with a clock that moves only when nothing is left to do.
namespace cairn::env {

/// When a task wants its next step.
struct Next {
  enum Kind { kNow, kWhenWoken, kAfter } kind = kWhenWoken;
  std::chrono::nanoseconds delay{};  // kAfter: at the latest; a wake comes sooner

  static Next now() { return {kNow, {}}; }
  static Next when_woken() { return {kWhenWoken, {}}; }
  static Next after(std::chrono::nanoseconds delay) { return {kAfter, delay}; }
};

/// One background activity. Destroying it waits for the running step and starts no other.
class Task {
 public:
  virtual ~Task() = default;
  virtual void wake() = 0;  // any thread; a wake during a step causes another step
};

class Tasks {
 public:
  virtual ~Tasks() = default;
  enum class Urgency {
    kUsual,
    kIdle,  // nobody waits for it: others of the machine go first
  };
  /// Runs `step` again and again as its results ask, first as soon as possible. Steps of one task never overlap.
  /// `name` (at most 15 characters) shows in `top -H`.
  virtual std::unique_ptr<Task> start(std::string name, std::function<Next()> step, Urgency urgency = Urgency::kUsual) = 0;
};

/// A thread per task.
Tasks& system_tasks();

}  // namespace cairn::env
