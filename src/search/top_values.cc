#include "search/top_values.h"

#include <algorithm>
#include <cstddef>

namespace cairn::search {
namespace {

/// Not in the middle of a character.
std::string_view cut(std::string_view text, size_t bytes_max) {
  if (text.size() <= bytes_max) return text;
  size_t end = bytes_max;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end);
}

}  // namespace

void TopValues::add(std::string_view value, uint64_t times) {
  total_ += times;
  const auto [at, is_new] = counts_.try_emplace(std::string(cut(value, kValueBytesMax)), Count{forgotten_max_, forgotten_max_});
  at->second.count += times;
  if (is_new && counts_.size() > kValuesMax) forget_rarest();
}

void TopValues::forget_rarest() {
  std::vector<uint64_t> counts;
  counts.reserve(counts_.size());
  for (const auto& [text, count] : counts_) counts.push_back(count.count);
  const auto middle = counts.begin() + static_cast<ptrdiff_t>(counts.size() / 2);
  std::nth_element(counts.begin(), middle, counts.end());
  // Of those as frequent as the one in the middle so many that half of all are left.
  const uint64_t bound = *middle;
  size_t surplus = counts.size() / 2 - static_cast<size_t>(std::count_if(counts.begin(), middle, [&](uint64_t c) { return c < bound; }));
  forgotten_max_ = std::max(forgotten_max_, bound);
  std::erase_if(counts_, [&](const auto& entry) {
    if (entry.second.count != bound) return entry.second.count < bound;
    return surplus > 0 && surplus-- > 0;
  });
}

std::vector<TopValues::Value> TopValues::top(size_t n) const {
  std::vector<Value> all;
  all.reserve(counts_.size());
  for (const auto& [text, count] : counts_) all.push_back({text, count.count, count.error});
  const size_t kept = std::min(n, all.size());
  std::partial_sort(all.begin(), all.begin() + static_cast<ptrdiff_t>(kept), all.end(),
                    [](const Value& a, const Value& b) { return a.count != b.count ? a.count > b.count : a.text < b.text; });
  all.resize(kept);
  return all;
}

}  // namespace cairn::search
