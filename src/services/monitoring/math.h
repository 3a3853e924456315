#pragma once
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "services/monitoring/expression.h"

namespace cairn::cloudwatch {

/// Values over time: of a metric, or of an expression.
struct Series {
  std::string id, label;
  int64_t start = 0, end = 0, period = 60;  // its points stand at start, start + period, ... before end
  std::map<int64_t, double> points;
};

using Value = std::variant<double, Series, std::vector<Series>>;

/// Raised by what is wrong in an expression beyond its grammar.
struct MathError {
  std::string message;
  bool is_unknown = false;  // a function that AWS has, or may have, and we do not
};

/// What an evaluation has taken so far, with all that its ids stand for.
struct Effort {
  static constexpr size_t kDepthMax = 1100;        // of values within one another: the stack holds them
  static constexpr size_t kPointsMax = 2'000'000;  // of all values on the way together

  size_t depth = 0, points = 0;
};

/// The names that an expression may use.
struct Surroundings {
  std::function<Value(const std::string& id)> value_of;                 // throws MathError
  std::function<std::vector<Series>(const std::string& part)> metrics;  // those whose id holds `part`, in order
  int64_t start = 0, end = 0, period = 60;                              // of constants that become series
  std::shared_ptr<Effort> effort = std::make_shared<Effort>();          // shared by evaluations within one another
};
/// Throws MathError.
Value evaluate(const Expression& expression, const Surroundings& surroundings);

}  // namespace cairn::cloudwatch
