#pragma once
#include <map>
#include <string>
#include <string_view>

#include "journal/entry.h"
#include "state/row_cache.h"

namespace cairn::state {

/// Changes that lie above the engine: the newest of each key, in order.
struct Layer {
  struct Cell {
    Value value;  // null: erased
    uint64_t version = 0;
  };
  using Cells = std::map<std::string, Cell, std::less<>>;
  static constexpr size_t kCellOverheadBytes = 160;  // map node, string and counter, roughly

  Cells cells;
  size_t bytes = 0;
  uint64_t newest = 0;  // the highest version

  void set(std::string_view key, std::optional<std::string_view> value, uint64_t version) {
    auto at = cells.find(key);
    if (at == cells.end()) {
      at = cells.emplace(key, Cell{}).first;
      bytes += key.size() + kCellOverheadBytes;
    }
    Cell& cell = at->second;
    bytes -= cell.value ? cell.value->size() : 0;
    cell.value = value ? std::make_shared<const std::string>(*value) : nullptr;
    bytes += cell.value ? cell.value->size() : 0;
    cell.version = version;
    newest = version;
  }
  /// The first cell of the range `after` < key, key starting with `prefix`.
  Cells::const_iterator begin_of(std::string_view prefix, std::string_view after) const {
    return after < prefix ? cells.lower_bound(prefix) : cells.upper_bound(after);
  }
};

}  // namespace cairn::state
