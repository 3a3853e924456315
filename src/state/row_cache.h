#pragma once
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace cairn::state {

using Value = std::shared_ptr<const std::string>;  // null: the key is not there

/// Rows read from the engine, those used last; absent keys too. Any thread. It never outlives a change: what was read before a
/// change of the engine began is not let in afterwards.
class RowCache {
 public:
  explicit RowCache(size_t bytes_max) : bytes_max_(bytes_max) {}

  std::optional<Value> get(std::string_view key);
  uint64_t ticket() const;  // take it before reading the engine
  void put(uint64_t ticket, std::string_view key, Value value);

  void begin_change();                                         // the engine is about to change
  void end_change(const std::vector<std::string_view>& keys);  // these may have

 private:
  struct Row {
    std::string key;
    Value value;
  };
  static constexpr size_t kRowOverheadBytes = 160;  // list and map nodes, roughly
  static size_t bytes_of(const Row& row);
  void drop(std::list<Row>::iterator row);

  const size_t bytes_max_;
  mutable std::mutex mutex_;
  std::list<Row> rows_;                                                   // most recently used first
  std::unordered_map<std::string_view, std::list<Row>::iterator> index_;  // keys live in rows_
  size_t bytes_ = 0;
  uint64_t generation_ = 0;  // odd while the engine changes
};

}  // namespace cairn::state
