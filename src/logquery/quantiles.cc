#include "logquery/quantiles.h"

#include <algorithm>
#include <cmath>

namespace cairn::logquery {
namespace {

constexpr double kGrowth = 1.02;  // of a bucket's bounds: its middle is within 1 %
constexpr double kTiny = 1e-9;    // and below is 0
constexpr int kOffset = 40'000;   // more than the bucket of the greatest double

}  // namespace

int Quantiles::bucket_of(double value) {
  if (std::abs(value) < kTiny) return 0;
  const int magnitude = static_cast<int>(std::floor(std::log(std::abs(value) / kTiny) / std::log(kGrowth))) + 1;
  return value < 0 ? -std::min(magnitude, kOffset) : std::min(magnitude, kOffset);
}

double Quantiles::value_of(int bucket) {
  if (bucket == 0) return 0;
  const double magnitude = kTiny * std::pow(kGrowth, std::abs(bucket) - 0.5);
  return bucket < 0 ? -magnitude : magnitude;
}

void Quantiles::add(double value) {
  ++count_;
  if (!buckets_.empty()) {
    ++buckets_[bucket_of(value)];
    return;
  }
  values_.push_back(value);
  sorted_ = false;
  if (values_.size() <= kExactMax) return;
  for (const double each : values_) ++buckets_[bucket_of(each)];
  values_ = {};
}

double Quantiles::ranked(uint64_t rank) const {
  if (buckets_.empty()) {
    if (!sorted_) std::ranges::sort(values_);
    sorted_ = true;
    return values_[rank - 1];
  }
  uint64_t seen = 0;
  for (const auto& [bucket, count] : buckets_)
    if ((seen += count) >= rank) return value_of(bucket);
  return value_of(buckets_.rbegin()->first);
}

double Quantiles::at(double percent) const {
  const auto rank = static_cast<uint64_t>(std::ceil(percent / 100 * static_cast<double>(count_)));
  return ranked(std::clamp<uint64_t>(rank, 1, count_));
}

double Quantiles::median() const { return (ranked((count_ + 1) / 2) + ranked(count_ / 2 + 1)) / 2; }

}  // namespace cairn::logquery
