#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace cairn::search {

/// Which values come most often, in memory that does not grow with their number (after "Space-Saving", Metwally, Agrawal and El Abbadi):
/// once there have been too many values, the rarest are forgotten, and who comes anew may have been there as often as they were.
class TopValues {
 public:
  static constexpr size_t kValuesMax = 20'000;       // at once; half of them stay when they become more
  static constexpr size_t kValueBytesMax = 1 << 10;  // a longer one is known by its first bytes

  void add(std::string_view value, uint64_t times = 1);

  struct Value {
    std::string text;
    uint64_t count = 0;      // at most `error_max` too many
    uint64_t error_max = 0;  // 0: exact
  };
  /// The most frequent first, those of one count in the order of their bytes.
  std::vector<Value> top(size_t n) const;
  uint64_t total() const { return total_; }  // values that were added

 private:
  struct Count {
    uint64_t count = 0, error = 0;
  };
  void forget_rarest();

  std::unordered_map<std::string, Count> counts_;
  uint64_t forgotten_max_ = 0;  // no value that is not here came more often
  uint64_t total_ = 0;
};

}  // namespace cairn::search
