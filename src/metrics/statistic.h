#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "metrics/summary.h"

namespace cairn::metrics {

/// A statistic as AWS names it: Sum, p99.9, tm90, TM(10%:90%), IQM.
class Statistic {
 public:
  /// The failure says nothing of where the name stood; callers do.
  static Result<Statistic> parse(std::string_view name);

  /// nullopt: it cannot be told, as there is nothing, or the values are not known.
  std::optional<double> of(const Summary& summary) const;
  bool is_basic() const { return kind_ <= Kind::kMaximum; }
  const std::string& name() const { return name_; }
  /// Whether measurements to come can only raise it, or only lower it (if none is negative).
  bool only_rises() const { return kind_ == Kind::kSampleCount || kind_ == Kind::kSum || kind_ == Kind::kMaximum; }
  bool only_falls() const { return kind_ == Kind::kMinimum; }

 private:
  enum class Kind {
    kSampleCount,
    kSum,
    kAverage,
    kMinimum,
    kMaximum,
    kPercentile,
    kTrimmedMean,
    kWinsorizedMean,
    kTrimmedCount,
    kTrimmedSum
  };
  Kind kind_ = Kind::kSum;
  double low_ = 0, high_ = 100;  // percent: which part of the values counts
  std::string name_;
};

}  // namespace cairn::metrics
