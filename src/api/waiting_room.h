#pragma once
#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "env/clock.h"
#include "env/tasks.h"

namespace cairn::api {

/// Calls that were put aside (NotYet) until something comes, without a thread each, by the key of what they wait for. Beyond the limit
/// there is no room: they are to be answered at once. Any thread.
class WaitingRoom {
 public:
  static constexpr size_t kCallsMax = 4096;

  explicit WaitingRoom(const env::Clock& clock) : clock_(clock) {}

  /// To be read before one looks: `wait` then knows whether something has come meanwhile.
  uint64_t version(std::string_view key) const;
  bool has_room() const;
  size_t calls() const;
  /// Calls `resume` once when something comes, or at `until`. False: it does not, look again.
  bool wait(const std::string& key, uint64_t version, Time until, std::function<void()> resume);
  /// Something comes at that time: the call that waits longest looks again then. For one that was woken for it and waits no longer.
  void expect(const std::string& key, Time time);
  /// Something has come: as many calls look again, those first that wait longest.
  void wake(const std::string& key, size_t calls = SIZE_MAX);
  /// Resumes all, and lets nobody wait any more.
  void close();

  env::Next step();  // a task's: resumes whose time has come
  /// The task of `step`, woken when there is an earlier time to wait for; it outlives this room, or is taken back by null.
  void set_task(env::Task* task) { task_ = task; }

 private:
  struct Waiting {
    std::string key;
    std::function<void()> resume;
  };
  using ByTime = std::multimap<Time, Waiting>;
  std::atomic<uint64_t>& version_of(std::string_view key) const;
  void wake_task();

  const env::Clock& clock_;
  std::atomic<env::Task*> task_{nullptr};
  mutable std::array<std::atomic<uint64_t>, 1024> versions_{};  // by hash of the key
  mutable std::mutex mutex_;
  ByTime waiting_;
  std::unordered_map<std::string, std::vector<ByTime::iterator>> waiting_for_;  // oldest first
  bool is_closed_ = false;
};

}  // namespace cairn::api
