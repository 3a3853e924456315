#pragma once
#include <cstdint>
#include <map>
#include <vector>

namespace cairn::logquery {

/// Percentiles in bounded memory: exactly up to kExactMax values, then within 1 % of the value (buckets whose bounds grow by a factor).
class Quantiles {
 public:
  static constexpr size_t kExactMax = 4096;

  void add(double value);
  /// The smallest value that `percent` of the values do not exceed. At least one was added.
  double at(double percent) const;
  /// The middle value, or the mean of the two.
  double median() const;
  size_t bytes() const { return values_.capacity() * sizeof(double) + buckets_.size() * 64; }

 private:
  static int bucket_of(double value);
  static double value_of(int bucket);
  double ranked(uint64_t rank) const;  // from 1

  mutable std::vector<double> values_;
  mutable bool sorted_ = false;
  std::map<int, uint64_t> buckets_;  // by value; at most some 70,000 there could be, of which real data fill hundreds
  uint64_t count_ = 0;
};

}  // namespace cairn::logquery
