#include "api/waiting_room.h"

#include <algorithm>

namespace cairn::api {

std::atomic<uint64_t>& WaitingRoom::version_of(std::string_view key) const {
  return versions_[std::hash<std::string_view>()(key) % versions_.size()];
}

uint64_t WaitingRoom::version(std::string_view key) const { return version_of(key).load(); }

bool WaitingRoom::has_room() const {
  const std::lock_guard lock(mutex_);
  return !is_closed_ && waiting_.size() < kCallsMax;
}

size_t WaitingRoom::calls() const {
  const std::lock_guard lock(mutex_);
  return waiting_.size();
}

void WaitingRoom::wake_task() {
  if (env::Task* task = task_.load()) task->wake();
}

bool WaitingRoom::wait(const std::string& key, uint64_t version, Time until, std::function<void()> resume) {
  bool is_earliest = false;
  {
    const std::lock_guard lock(mutex_);
    if (is_closed_ || waiting_.size() >= kCallsMax || version_of(key).load() != version) return false;
    const auto at = waiting_.emplace(until, Waiting{key, std::move(resume)});
    waiting_for_[key].push_back(at);
    is_earliest = at == waiting_.begin();
  }
  if (is_earliest) wake_task();
  return true;
}

void WaitingRoom::expect(const std::string& key, Time time) {
  bool is_earliest = false;
  {
    const std::lock_guard lock(mutex_);
    const auto found = waiting_for_.find(key);
    if (found == waiting_for_.end()) return;
    ByTime::iterator& oldest = found->second.front();
    if (oldest->first <= time) return;
    ByTime::node_type node = waiting_.extract(oldest);
    node.key() = time;
    oldest = waiting_.insert(std::move(node));
    is_earliest = oldest == waiting_.begin();
  }
  if (is_earliest) wake_task();
}

void WaitingRoom::wake(const std::string& key, size_t calls) {
  std::vector<std::function<void()>> resumed;
  {
    const std::lock_guard lock(mutex_);
    ++version_of(key);
    const auto found = waiting_for_.find(key);
    if (found == waiting_for_.end()) return;
    std::vector<ByTime::iterator>& line = found->second;
    calls = std::min(calls, line.size());
    for (size_t i = 0; i < calls; ++i) {
      resumed.push_back(std::move(line[i]->second.resume));
      waiting_.erase(line[i]);
    }
    line.erase(line.begin(), line.begin() + static_cast<ptrdiff_t>(calls));
    if (line.empty()) waiting_for_.erase(found);
  }
  for (const auto& resume : resumed) resume();
}

void WaitingRoom::close() {
  ByTime all;
  {
    const std::lock_guard lock(mutex_);
    is_closed_ = true;
    all.swap(waiting_);
    waiting_for_.clear();
  }
  for (const auto& [time, waiting] : all) waiting.resume();
}

env::Next WaitingRoom::step() {
  std::vector<std::function<void()>> resumed;
  env::Next next = env::Next::when_woken();
  {
    const std::lock_guard lock(mutex_);
    const Time now = clock_.now();
    while (!waiting_.empty() && waiting_.begin()->first <= now) {
      const auto first = waiting_.begin();
      const auto found = waiting_for_.find(first->second.key);
      std::erase(found->second, first);
      if (found->second.empty()) waiting_for_.erase(found);
      resumed.push_back(std::move(first->second.resume));
      waiting_.erase(first);
    }
    if (!waiting_.empty()) next = env::Next::after(waiting_.begin()->first - now);
  }
  for (const auto& resume : resumed) resume();
  return next;
}

}  // namespace cairn::api
