#include "env/tasks.h"

#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <condition_variable>
#include <mutex>
#include <thread>

#include "base/check.h"

namespace cairn::env {
namespace {

class ThreadTask final : public Task {
 public:
  ThreadTask(std::string name, std::function<Next()> step, Tasks::Urgency urgency)
      : step_(std::move(step)), thread_([this, name = std::move(name), urgency] { run(name, urgency); }) {}

  ~ThreadTask() override {
    CHECK(std::this_thread::get_id() != thread_.get_id());  // a step cannot wait for itself
    {
      std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }

  void wake() override {
    {
      std::lock_guard lock(mutex_);
      woken_ = true;
    }
    changed_.notify_all();
  }

 private:
  // A step that throws ends the process: nobody is above it who could handle that.
  void run(const std::string& name, Tasks::Urgency urgency) noexcept {
    constexpr size_t kNameMax = 15;  // the kernel's limit
    pthread_setname_np(pthread_self(), name.substr(0, kNameMax).c_str());
    constexpr int kNiceWhenIdle = 10;
    if (urgency == Tasks::Urgency::kIdle)
      (void)setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), kNiceWhenIdle);  // of the thread alone
    for (;;) {
      {
        std::lock_guard lock(mutex_);
        if (stopping_) return;
        woken_ = false;  // before the step, so that a wake during it is kept
      }
      Next next = step_();
      std::unique_lock lock(mutex_);
      auto called = [this] { return woken_ || stopping_; };
      switch (next.kind) {
        case Next::kNow:
          break;
        case Next::kWhenWoken:
          changed_.wait(lock, called);
          break;
        case Next::kAfter:
          // Capped, since now plus an unlimited delay would overflow; a step too early harms nobody.
          changed_.wait_for(lock, std::min<std::chrono::nanoseconds>(next.delay, std::chrono::hours(24)), called);
          break;
      }
    }
  }

  std::function<Next()> step_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool woken_ = false;     // under mutex_
  bool stopping_ = false;  // under mutex_
  std::thread thread_;     // last: it uses all of the above
};

class ThreadTasks final : public Tasks {
 public:
  std::unique_ptr<Task> start(std::string name, std::function<Next()> step, Urgency urgency) override {
    return std::make_unique<ThreadTask>(std::move(name), std::move(step), urgency);
  }
};

}  // namespace

Tasks& system_tasks() {
  static ThreadTasks tasks;
  return tasks;
}

}  // namespace cairn::env
