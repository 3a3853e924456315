#pragma once
#include <chrono>
#include <list>
#include <mutex>
#include <string>
#include <unordered_map>

#include "base/time.h"

namespace cairn::identity {

/// Keeps codes of six digits from being guessed: so many wrong ones in so long a time, then none is looked at. Any thread. Bounded.
class Guesses {
 public:
  static constexpr int kMissesMax = 10;
  static constexpr std::chrono::minutes kWindow{5};
  static constexpr size_t kNamesMax = 4096;  // whose misses are known; beyond it the oldest are forgotten

  /// Whether a code for `name` may be tried.
  bool may_try(const std::string& name, Time now) {
    std::lock_guard lock(mutex_);
    const auto at = misses_.find(name);
    return at == misses_.end() || now - at->second.since >= kWindow || at->second.count < kMissesMax;
  }

  void missed(const std::string& name, Time now) {
    std::lock_guard lock(mutex_);
    auto at = misses_.find(name);
    if (at != misses_.end() && now - at->second.since >= kWindow) {
      ages_.erase(at->second.age);
      misses_.erase(at);
      at = misses_.end();
    }
    if (at == misses_.end()) {
      if (ages_.size() >= kNamesMax) {
        misses_.erase(ages_.front());
        ages_.pop_front();
      }
      ages_.push_back(name);
      at = misses_.emplace(name, Misses{.since = now, .age = std::prev(ages_.end())}).first;
    }
    ++at->second.count;
  }

 private:
  struct Misses {
    Time since;
    int count = 0;
    std::list<std::string>::iterator age;
  };
  std::mutex mutex_;
  std::list<std::string> ages_;  // oldest first
  std::unordered_map<std::string, Misses> misses_;
};

}  // namespace cairn::identity
