#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

/// The order in which a java.util.HashMap gives its members: S3's part of a record is written in it.
namespace cairn::event {

/// String.hashCode() over UTF-16, spread as HashMap does (h ^ h >>> 16). `utf8`: valid UTF-8; other bytes count as U+FFFD.
uint32_t java_spread_hash(std::string_view utf8);

/// How many slots the table has once `size` members are in it.
enum class HashTable {
  kCopied,  // new HashMap(otherMap): sized for what is there
  kGrown,   // new HashMap(), filled one by one: 16, doubled when three quarters are full
};
size_t java_table_size(size_t size, HashTable table);

/// Sorts `entries` by the slot of their `name` (std::string_view or std::string); those of one slot keep their order.
template <class Entry>
void order_as_hash_map(std::vector<Entry>& entries, HashTable table) {
  const uint32_t mask = static_cast<uint32_t>(java_table_size(entries.size(), table) - 1);
  std::vector<std::pair<uint32_t, uint32_t>> order;  // slot, place before: no two are equal
  order.reserve(entries.size());
  for (uint32_t i = 0; i < entries.size(); ++i) order.emplace_back(java_spread_hash(entries[i].name) & mask, i);
  std::sort(order.begin(), order.end());
  std::vector<Entry> sorted;
  sorted.reserve(entries.size());
  for (const auto& [slot, place] : order) sorted.push_back(std::move(entries[place]));
  entries = std::move(sorted);
}

}  // namespace cairn::event
