#pragma once
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace cairn::archive {

/// A fixed number of threads that share out one list of jobs after another; the caller's thread is one of them.
class Crew {
 public:
  explicit Crew(size_t threads);  // at least 1
  ~Crew();
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;

  /// Calls job(0) … job(count - 1), each once, on any of the threads in any order, and returns when all are done.
  void each(size_t count, const std::function<void(size_t)>& job);

 private:
  void run();
  void work(std::unique_lock<std::mutex>& lock);

  std::mutex mutex_;
  std::condition_variable started_, done_;
  const std::function<void(size_t)>* job_ = nullptr;
  size_t count_ = 0, next_ = 0, left_ = 0;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace cairn::archive
