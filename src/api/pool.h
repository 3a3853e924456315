#pragma once
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace cairn::api {

/// A bounded number of threads, started as they are needed, and a bounded queue for calls that may wait for a disk or for a
/// client's bytes.
/// `threads_max` 0: work runs in `submit` itself (simulations).
class Pool {
 public:
  Pool(std::string name, size_t threads_max, size_t waiting_max);
  ~Pool();  // finishes what was accepted
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  /// False: the queue is full, `work` was not taken; the caller answers throttling.
  bool submit(std::function<void()> work);
  size_t waiting() const;

 private:
  void run();

  const std::string name_;
  const size_t threads_max_, waiting_max_;
  mutable std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<std::function<void()>> queue_;
  bool stopping_ = false;
  size_t idle_ = 0;  // threads that wait for work
  std::vector<std::thread> threads_;
};

}  // namespace cairn::api
