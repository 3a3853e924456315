#pragma once
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "state/engine.h"

namespace cairn::state {

/// The simulated twin of the SQLite file: what apply returned for is durable, so that it stays when an engine opened on it is
/// dropped as by a crash. Any thread.
class SimDatabase {
 public:
  std::unique_ptr<Engine> open();
  void fail_next(size_t applies) { failures_ = applies; }  // the disk is full for as many

  /// Called in each apply, before anything is changed and when all is: a test may throw there, as a crash does.
  std::function<void()> before_apply, after_apply;
  /// Called before a document is read: a test may throw there, as a disk does that cannot be read.
  std::function<void(std::string_view key)> before_get;

 private:
  class SimEngine;
  struct Cell {
    std::string value;
    journal::Position version;
  };
  std::mutex mutex_;
  std::map<std::string, Cell, std::less<>> cells_;
  journal::Position position_;
  size_t failures_ = 0;
};

}  // namespace cairn::state
