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

/// A fixed number of threads and a bounded queue for calls that may wait for a disk or for a client's bytes.
/// `threads` 0: work runs in `submit` itself (simulations).
class Pool {
 public:
  Pool(std::string name, size_t threads, size_t waiting_max);
  ~Pool();  // finishes what was accepted
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  /// False: the queue is full, `work` was not taken; the caller answers throttling.
  bool submit(std::function<void()> work);
  size_t waiting() const;

 private:
  void run();

  const size_t waiting_max_;
  mutable std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<std::function<void()>> queue_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace cairn::api
