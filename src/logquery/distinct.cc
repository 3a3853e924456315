#include "logquery/distinct.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <functional>

namespace cairn::logquery {
namespace {

constexpr size_t kTableMin = 8;

uint64_t hash_of(std::string_view text) {
  uint64_t h = std::hash<std::string_view>()(text);
  h ^= h >> 33;  // std::hash may leave bits unmixed, and each counts here
  h *= 0xff51afd7ed558ccdu;
  h ^= h >> 33;
  h *= 0xc4ceb9fe1a85ec53u;
  h ^= h >> 33;
  return h == 0 ? 1 : h;
}

}  // namespace

void Distinct::add(std::string_view text) { add_hash(hash_of(text)); }

void Distinct::add_hash(uint64_t hash) {
  if (!ranks_.empty()) {
    const size_t index = hash >> (64 - kIndexBits);
    const auto rank = static_cast<uint8_t>(std::min(std::countl_zero(hash << kIndexBits), 64 - kIndexBits) + 1);
    ranks_[index] = std::max(ranks_[index], rank);
    return;
  }
  if (size_ * 2 >= hashes_.size()) {
    std::vector<uint64_t> old(std::max(kTableMin, hashes_.size() * 2));
    old.swap(hashes_);
    size_ = 0;
    for (const uint64_t each : old)
      if (each != 0) add_hash(each);
  }
  size_t at = hash & (hashes_.size() - 1);
  while (hashes_[at] != 0 && hashes_[at] != hash) at = (at + 1) & (hashes_.size() - 1);
  if (hashes_[at] == hash) return;
  hashes_[at] = hash;
  if (++size_ <= kExactMax) return;
  std::vector<uint64_t> all;
  all.swap(hashes_);
  ranks_.resize(size_t{1} << kIndexBits);
  for (const uint64_t each : all)
    if (each != 0) add_hash(each);
}

double Distinct::count() const {
  if (ranks_.empty()) return static_cast<double>(size_);
  const auto m = static_cast<double>(ranks_.size());
  double sum = 0;
  size_t zeros = 0;
  for (const uint8_t rank : ranks_) {
    sum += std::ldexp(1.0, -rank);
    zeros += rank == 0 ? 1 : 0;
  }
  const double estimate = 0.7213 / (1 + 1.079 / m) * m * m / sum;
  if (estimate <= 2.5 * m && zeros > 0) return std::round(m * std::log(m / static_cast<double>(zeros)));
  return std::round(estimate);
}

}  // namespace cairn::logquery
