#include "logquery/aggregate.h"

#include <cmath>

namespace cairn::logquery {

std::optional<Aggregation> aggregation_of(std::string_view name) {
  struct Row {
    std::string_view name;
    Aggregation aggregation;
  };
  constexpr Row kRows[] = {
      {"avg", Aggregation::kAverage},       {"count", Aggregation::kCount},   {"count_distinct", Aggregation::kCountDistinct},
      {"earliest", Aggregation::kEarliest}, {"latest", Aggregation::kLatest}, {"max", Aggregation::kMax},
      {"median", Aggregation::kMedian},     {"min", Aggregation::kMin},       {"pct", Aggregation::kPercentile},
      {"sortsfirst", Aggregation::kMin},    {"sortslast", Aggregation::kMax}, {"stddev", Aggregation::kDeviation},
      {"sum", Aggregation::kSum},
  };
  for (const Row& row : kRows)
    if (row.name == name) return row.aggregation;
  return std::nullopt;
}

size_t Accumulator::keep(const Value& value) {
  const size_t before = text_.capacity();
  kept_ = value;
  if (kept_.kind == Value::Kind::kTime) kept_ = Value::of(kept_.number);
  text_ = value.text;
  kept_.text = {};
  return text_.capacity() - std::min(before, text_.capacity());
}

size_t Accumulator::add(Aggregation aggregation, const Value& value, const Rank& rank) {
  switch (aggregation) {
    case Aggregation::kCount:
      ++count_;
      return 0;
    case Aggregation::kCountDistinct: {
      if (!distinct_) distinct_ = std::make_unique<Distinct>();
      const size_t before = distinct_->bytes();
      Arena arena;
      distinct_->add(text_of(value, arena));
      return distinct_->bytes() - std::min(before, distinct_->bytes());
    }
    case Aggregation::kMin:
    case Aggregation::kMax: {
      Value best = kept_;
      best.text = text_;
      const auto order = compare_naturally(value, best);
      const bool is_better = count_ == 0 || (aggregation == Aggregation::kMin ? order < 0 : order > 0);
      ++count_;
      return is_better ? keep(value) : 0;
    }
    case Aggregation::kEarliest:
    case Aggregation::kLatest: {
      const bool is_better = count_ == 0 || (aggregation == Aggregation::kEarliest ? rank < rank_ : rank > rank_);
      ++count_;
      if (!is_better) return 0;
      rank_ = rank;
      return keep(value);
    }
    default:
      break;
  }
  const std::optional<double> number = number_of(value);
  if (!number) return 0;
  ++count_;
  if (aggregation == Aggregation::kDeviation) {
    const double distance = *number - sum_;
    sum_ += distance / static_cast<double>(count_);
    squares_ += distance * (*number - sum_);
    return 0;
  }
  if (aggregation == Aggregation::kPercentile || aggregation == Aggregation::kMedian) {
    if (!quantiles_) quantiles_ = std::make_unique<Quantiles>();
    const size_t before = quantiles_->bytes();
    quantiles_->add(*number);
    return quantiles_->bytes() - std::min(before, quantiles_->bytes());
  }
  sum_ += *number;
  return 0;
}

Value Accumulator::result(Aggregation aggregation, double percent) const {
  if (aggregation == Aggregation::kCount) return Value::of(static_cast<double>(count_));
  if (aggregation == Aggregation::kCountDistinct) return Value::of(distinct_ ? distinct_->count() : 0.0);
  if (count_ == 0) return {};
  switch (aggregation) {
    case Aggregation::kSum:
      return Value::of(sum_);
    case Aggregation::kAverage:
      return Value::of(sum_ / static_cast<double>(count_));
    case Aggregation::kDeviation:
      return Value::of(std::sqrt(squares_ / static_cast<double>(count_)));
    case Aggregation::kPercentile:
      return Value::of(quantiles_->at(percent));
    case Aggregation::kMedian:
      return Value::of(quantiles_->median());
    default: {
      Value value = kept_;
      value.text = text_;
      return value;
    }
  }
}

}  // namespace cairn::logquery
