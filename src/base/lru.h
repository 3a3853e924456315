#pragma once
#include <list>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <utility>

namespace cairn {

/// Keeps what was used last, up to a cost. Values are shared: one that is dropped lives on with those who hold it. Any thread.
template <class Key, class Value, class Hash = std::hash<Key>>
class Lru {
 public:
  explicit Lru(size_t cost_max) : cost_max_(cost_max) {}

  std::shared_ptr<Value> get(const Key& key) {
    std::lock_guard lock(mutex_);
    auto it = index_.find(key);
    if (it == index_.end()) return nullptr;
    entries_.splice(entries_.begin(), entries_, it->second);
    return it->second->value;
  }

  void put(const Key& key, std::shared_ptr<Value> value, size_t cost) {
    std::lock_guard lock(mutex_);
    if (cost > cost_max_ || index_.contains(key)) return;
    entries_.push_front({key, std::move(value), cost});
    index_.emplace(key, entries_.begin());
    cost_ += cost;
    shrink();
  }

  /// From now on.
  void limit(size_t cost_max) {
    std::lock_guard lock(mutex_);
    cost_max_ = cost_max;
    shrink();
  }

  void erase(const Key& key) {
    std::lock_guard lock(mutex_);
    const auto it = index_.find(key);
    if (it == index_.end()) return;
    cost_ -= it->second->cost;
    entries_.erase(it->second);
    index_.erase(it);
  }

  void clear() {
    std::lock_guard lock(mutex_);
    index_.clear();
    entries_.clear();
    cost_ = 0;
  }

 private:
  struct Entry {
    Key key;
    std::shared_ptr<Value> value;
    size_t cost;
  };
  void shrink() {
    while (cost_ > cost_max_) {
      cost_ -= entries_.back().cost;
      index_.erase(entries_.back().key);
      entries_.pop_back();
    }
  }

  std::mutex mutex_;
  std::list<Entry> entries_;
  std::unordered_map<Key, typename std::list<Entry>::iterator, Hash> index_;
  size_t cost_ = 0;
  size_t cost_max_;
};

}  // namespace cairn
