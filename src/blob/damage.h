#pragma once
#include <atomic>
#include <cstdint>
#include <string_view>

#include "base/log.h"

namespace cairn::blob {

/// Content that is not as it was written. It is said wherever it is come upon, and never given out. Any thread.
class Damage {
 public:
  void found(std::string_view what, std::string_view how) {
    count_.fetch_add(1, std::memory_order_relaxed);
    log::error("stored content is damaged", {{"what", std::string(what)}, {"how", std::string(how)}});
  }
  uint64_t count() const { return count_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> count_{0};
};

}  // namespace cairn::blob
