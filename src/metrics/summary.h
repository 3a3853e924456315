#pragma once
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "segment/block.h"

namespace cairn::metrics {

/// What is kept of many measurements: enough for every statistic, and no more than some kilobytes.
class Summary {
 public:
  /// Beyond so many different values neighbours are taken as one, within 1 % at first, more if they spread over many magnitudes.
  static constexpr size_t kValuesMax = 400;
  using Values = std::vector<std::pair<double, double>>;  // value, how often; by value

  static Summary of(double value, double count = 1);
  /// Of which the values themselves are not known. Percentiles are there only if all are the same.
  static Summary of_statistics(double count, double sum, double minimum, double maximum);

  void add(const Summary& other);
  /// The same, for whoever asks for none of the statistics that need the values.
  Summary without_values() const;

  double count() const { return count_; }
  double sum() const { return sum_; }
  double minimum() const { return minimum_; }
  double maximum() const { return maximum_; }
  bool knows_values() const { return !values_.empty(); }
  const Values& values() const { return values_; }
  size_t bytes() const { return sizeof *this + values_.capacity() * sizeof(Values::value_type); }  // of memory, near enough

  void encode(std::string& out) const;
  static Summary decode(segment::Reader& in);  // any bytes give one; the reader tells whether they were enough

 private:
  void thin_out();

  double count_ = 0, sum_ = 0, minimum_ = 0, maximum_ = 0;
  Values values_;  // none: not known
};

}  // namespace cairn::metrics
