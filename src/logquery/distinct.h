#pragma once
#include <cstdint>
#include <string_view>
#include <vector>

namespace cairn::logquery {

/// Counts different texts in bounded memory: exactly up to kExactMax, then about (HyperLogLog, standard error 1.6 %).
class Distinct {
 public:
  static constexpr size_t kExactMax = 1024;

  void add(std::string_view text);
  double count() const;
  size_t bytes() const { return hashes_.capacity() * sizeof(uint64_t) + ranks_.size(); }

 private:
  static constexpr int kIndexBits = 12;
  void add_hash(uint64_t hash);

  std::vector<uint64_t> hashes_;  // a table with open addressing, 0: free; empty once `ranks_` count
  size_t size_ = 0;
  std::vector<uint8_t> ranks_;
};

}  // namespace cairn::logquery
