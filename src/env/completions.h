#pragma once
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "env/tasks.h"

namespace cairn::env {

/// Where answers to what a task began arrive while the task rests: callers' callbacks put them in, the task takes them out at its next
/// step. Shared with those callbacks, so that one that comes late finds a place. Any thread.
template <class Outcome>
class Completions : public std::enable_shared_from_this<Completions<Outcome>> {
 public:
  void wake_by(Task* task) {  // null: nobody any more
    std::lock_guard lock(mutex_);
    task_ = task;
    if (task_ != nullptr && !outcomes_.empty()) task_->wake();
  }

  /// One more outcome is to come.
  void expect() {
    std::lock_guard lock(mutex_);
    ++expected_;
  }
  void put(Outcome outcome) {
    std::lock_guard lock(mutex_);
    outcomes_.push_back(std::move(outcome));
    --expected_;
    if (task_ != nullptr) task_->wake();
  }
  void expect_no_more() {  // one that was expected will not come
    std::lock_guard lock(mutex_);
    --expected_;
  }
  bool complete() const {
    std::lock_guard lock(mutex_);
    return expected_ == 0;
  }
  std::vector<Outcome> take() {
    std::lock_guard lock(mutex_);
    return std::exchange(outcomes_, {});
  }

 private:
  mutable std::mutex mutex_;
  Task* task_ = nullptr;
  int expected_ = 0;
  std::vector<Outcome> outcomes_;
};

}  // namespace cairn::env
