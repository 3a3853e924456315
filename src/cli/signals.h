#pragma once
#include <signal.h>

#include <chrono>

namespace cairn::cli {

/// While it lives, SIGINT, SIGTERM and SIGHUP end neither this thread nor those that it makes from now on: one of them waits for them. What
/// the process ignores (as under nohup) stays ignored.
class Signals {
 public:
  Signals();
  ~Signals();
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  /// Whether one has come, within that time.
  bool await(std::chrono::milliseconds time) const;

 private:
  sigset_t awaited_, before_;
};

}  // namespace cairn::cli
