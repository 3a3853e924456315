#pragma once
#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "logquery/distinct.h"
#include "logquery/quantiles.h"
#include "logquery/value.h"

namespace cairn::logquery {

/// Which of two events is the newer.
struct Rank {
  int64_t timestamp = 0;
  uint64_t position = 0;
  uint64_t index = 0;
  auto operator<=>(const Rank&) const = default;
};

enum class Aggregation : uint8_t {
  kCount,
  kCountDistinct,
  kSum,
  kAverage,
  kMin,
  kMax,
  kDeviation,
  kPercentile,
  kMedian,
  kEarliest,
  kLatest,
};
/// By its name in small letters: sortsfirst is a minimum, sortslast a maximum.
std::optional<Aggregation> aggregation_of(std::string_view name);

/// What an aggregation has seen of one group. Times count as numbers.
class Accumulator {
 public:
  /// `value` exists. Returns by how many bytes it grew.
  size_t add(Aggregation aggregation, const Value& value, const Rank& rank);
  /// Texts stand in this accumulator. `percent`: of kPercentile.
  Value result(Aggregation aggregation, double percent) const;

 private:
  size_t keep(const Value& value);

  uint64_t count_ = 0;  // of values that count
  double sum_ = 0;      // kDeviation: the mean so far
  double squares_ = 0;  // of the distances from it
  Value kept_;
  std::string text_;  // of kept_
  Rank rank_;
  std::unique_ptr<Distinct> distinct_;
  std::unique_ptr<Quantiles> quantiles_;
};

}  // namespace cairn::logquery
