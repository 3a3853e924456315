#pragma once
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace cairn::api {

/// How many of something there are at once, of one caller and of all. Any thread; must outlive what it gives.
class Places {
 public:
  Places(size_t of_one_max, size_t all_max) : of_one_max_(of_one_max), all_max_(all_max) {}

  /// Counts as one for as long as it lives. Null: there are too many.
  std::shared_ptr<void> take(const std::string& whose) {
    const std::lock_guard lock(mutex_);
    size_t& count = of_[whose];
    if (count >= of_one_max_ || all_ >= all_max_) {
      if (count == 0) of_.erase(whose);
      return nullptr;
    }
    ++count;
    ++all_;
    return {this, [whose](Places* places) { places->give_back(whose); }};
  }

 private:
  void give_back(const std::string& whose) {
    const std::lock_guard lock(mutex_);
    --all_;
    if (--of_[whose] == 0) of_.erase(whose);
  }

  const size_t of_one_max_, all_max_;
  std::mutex mutex_;
  std::map<std::string, size_t> of_;
  size_t all_ = 0;
};

}  // namespace cairn::api
