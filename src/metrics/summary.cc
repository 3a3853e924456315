#include "metrics/summary.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace cairn::metrics {
namespace {

constexpr double kFirstWidth = 1.02;  // of a class of values taken as one: its middle is within 1 % of each
constexpr char kOneValue = 1;         // of an encoding: all is the same value

void put_double(std::string& out, double v) { segment::put_u64(out, std::bit_cast<uint64_t>(v)); }
double get_double(segment::Reader& in) { return std::bit_cast<double>(in.u64()); }

/// The middle of the value's class, where classes are `width` times as far away from zero as the ones before.
double class_of(double value, double width) {
  if (value == 0 || !std::isfinite(value)) return value;
  return std::copysign(std::pow(width, std::round(std::log(std::abs(value)) / std::log(width))), value);
}

}  // namespace

Summary Summary::of(double value, double count) {
  Summary summary;
  summary.count_ = count;
  summary.sum_ = value * count;
  summary.minimum_ = summary.maximum_ = value;
  summary.values_ = {{value, count}};
  return summary;
}

Summary Summary::of_statistics(double count, double sum, double minimum, double maximum) {
  Summary summary;
  summary.count_ = count;
  summary.sum_ = sum;
  summary.minimum_ = minimum;
  summary.maximum_ = maximum;
  if (minimum == maximum) summary.values_ = {{minimum, count}};
  return summary;
}

Summary Summary::without_values() const {
  Summary summary;
  summary.count_ = count_;
  summary.sum_ = sum_;
  summary.minimum_ = minimum_;
  summary.maximum_ = maximum_;
  return summary;
}

void Summary::add(const Summary& other) {
  if (other.count_ == 0) return;
  if (count_ == 0) {
    *this = other;
    return;
  }
  count_ += other.count_;
  sum_ += other.sum_;
  minimum_ = std::min(minimum_, other.minimum_);
  maximum_ = std::max(maximum_, other.maximum_);
  if (values_.empty() || other.values_.empty()) {
    values_.clear();
    return;
  }
  if (other.values_.size() == 1) {  // one more of what is known, mostly
    const auto& [value, count] = other.values_.front();
    const auto at = std::ranges::lower_bound(values_, value, {}, &Values::value_type::first);
    if (at != values_.end() && at->first == value) at->second += count;
    else values_.insert(at, {value, count});
  } else {
    Values merged;
    merged.reserve(values_.size() + other.values_.size());
    std::ranges::merge(values_, other.values_, std::back_inserter(merged), {}, &Values::value_type::first, &Values::value_type::first);
    values_.clear();
    for (const auto& [value, count] : merged) {
      if (!values_.empty() && values_.back().first == value) values_.back().second += count;
      else values_.emplace_back(value, count);
    }
  }
  if (values_.size() > kValuesMax) thin_out();
}

void Summary::thin_out() {
  for (double width = kFirstWidth; values_.size() > kValuesMax / 2 && std::isfinite(width); width *= width) {
    Values thinner;
    for (const auto& [value, count] : values_) {
      const double middle = std::clamp(class_of(value, width), minimum_, maximum_);
      if (!thinner.empty() && thinner.back().first >= middle) thinner.back().second += count;
      else thinner.emplace_back(middle, count);
    }
    values_ = std::move(thinner);
  }
  values_.shrink_to_fit();
}

void Summary::encode(std::string& out) const {
  if (values_.size() == 1 && sum_ == minimum_ * count_) {
    out += kOneValue;
    put_double(out, minimum_);
    put_double(out, count_);
    return;
  }
  out += '\0';
  put_double(out, count_);
  put_double(out, sum_);
  put_double(out, minimum_);
  put_double(out, maximum_);
  segment::put_varint(out, values_.size());
  for (const auto& [value, count] : values_) {
    put_double(out, value);
    put_double(out, count);
  }
}

Summary Summary::decode(segment::Reader& in) {
  const std::string_view kind = in.bytes(1);
  if (kind == std::string_view(&kOneValue, 1)) {
    const double value = get_double(in), count = get_double(in);
    return std::isfinite(value * count) ? of(value, count) : Summary();
  }
  Summary summary;
  summary.count_ = get_double(in);
  summary.sum_ = get_double(in);
  summary.minimum_ = get_double(in);
  summary.maximum_ = get_double(in);
  for (uint64_t left = in.varint(); left > 0 && in.ok(); --left) {
    const double value = get_double(in);
    summary.values_.emplace_back(value, get_double(in));
  }
  const bool is_sound =
      std::ranges::is_sorted(summary.values_, {}, &Values::value_type::first) &&
      std::ranges::all_of(summary.values_, [](const auto& each) { return std::isfinite(each.first) && std::isfinite(each.second); });
  if (!is_sound || summary.values_.size() > kValuesMax) summary.values_.clear();  // nobody wrote this
  return summary;
}

}  // namespace cairn::metrics
