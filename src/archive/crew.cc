#include "archive/crew.h"

namespace cairn::archive {

Crew::Crew(size_t threads) {
  for (size_t i = 1; i < threads; ++i) threads_.emplace_back([this] { run(); });
}

Crew::~Crew() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  started_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void Crew::each(size_t count, const std::function<void(size_t)>& job) {
  if (count == 0) return;
  std::unique_lock lock(mutex_);
  job_ = &job;
  count_ = left_ = count;
  next_ = 0;
  started_.notify_all();
  work(lock);
  done_.wait(lock, [this] { return left_ == 0; });
}

void Crew::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    started_.wait(lock, [this] { return stopping_ || next_ < count_; });
    if (stopping_) return;
    work(lock);
  }
}

void Crew::work(std::unique_lock<std::mutex>& lock) {
  while (next_ < count_) {
    const size_t mine = next_++;
    const auto& job = *job_;
    lock.unlock();
    job(mine);
    lock.lock();
    if (--left_ == 0) done_.notify_all();
  }
}

}  // namespace cairn::archive
