#include "api/pool.h"

#include <pthread.h>

namespace cairn::api {

// A thread's name holds 15 characters.
Pool::Pool(std::string name, size_t threads_max, size_t waiting_max)
    : name_(name.substr(0, 15)), threads_max_(threads_max), waiting_max_(waiting_max) {}

Pool::~Pool() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  ready_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

bool Pool::submit(std::function<void()> work) {
  if (threads_max_ == 0) {
    work();
    return true;
  }
  {
    std::lock_guard lock(mutex_);
    if (stopping_ || queue_.size() >= waiting_max_) return false;
    queue_.push_back(std::move(work));
    if (idle_ < queue_.size() && threads_.size() < threads_max_) {
      threads_.emplace_back([this] { run(); });
      pthread_setname_np(threads_.back().native_handle(), name_.c_str());
    }
  }
  ready_.notify_one();
  return true;
}

size_t Pool::waiting() const {
  std::lock_guard lock(mutex_);
  return queue_.size();
}

void Pool::run() {
  std::unique_lock lock(mutex_);
  for (;;) {
    ++idle_;
    ready_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    --idle_;
    if (queue_.empty()) return;
    std::function<void()> work = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    work();
    work = nullptr;  // what it holds is freed outside the lock
    lock.lock();
  }
}

}  // namespace cairn::api
