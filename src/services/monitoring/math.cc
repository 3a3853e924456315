#include "services/monitoring/math.h"

#include <algorithm>
#include <cmath>
#include <optional>

namespace cairn::cloudwatch {
namespace {

constexpr size_t kSeriesMax = 500;  // that one value may hold

using Points = std::map<int64_t, double>;
using Many = std::vector<Series>;

[[noreturn]] void fail(std::string message) { throw MathError{std::move(message)}; }

// ------------------------------------------------------------------ one number at a time

std::optional<double> apply_op(const std::string& op, double a, double b) {
  if (op == "+") return a + b;
  if (op == "-") return a - b;
  if (op == "*") return a * b;
  if (op == "/") return b == 0 ? std::nullopt : std::optional(a / b);  // no point there, as on AWS
  if (op == "^") return std::pow(a, b);
  if (op == "==") return a == b;
  if (op == "!=") return a != b;
  if (op == "<") return a < b;
  if (op == "<=") return a <= b;
  if (op == ">") return a > b;
  if (op == ">=") return a >= b;
  if (op == "AND") return a != 0 && b != 0;
  if (op == "OR") return a != 0 || b != 0;
  return std::nullopt;
}

bool is_op(const std::string& name) {
  constexpr std::string_view kOps[] = {"+", "-", "*", "/", "^", "==", "!=", "<", "<=", ">", ">=", "AND", "OR"};
  return std::ranges::find(kOps, name) != std::end(kOps);
}

using OneNumber = double (*)(double);
OneNumber one_number(const std::string& name) {
  if (name == "NEG") return [](double v) { return -v; };
  if (name == "ABS") return [](double v) { return std::abs(v); };
  if (name == "CEIL") return [](double v) { return std::ceil(v); };
  if (name == "FLOOR") return [](double v) { return std::floor(v); };
  if (name == "LOG") return [](double v) { return std::log(v); };
  if (name == "LOG10") return [](double v) { return std::log10(v); };
  return nullptr;
}

void put(Points& points, int64_t time, std::optional<double> value) {
  if (value && std::isfinite(*value)) points[time] = *value;
}

// ------------------------------------------------------------------ series

Series combined(const std::string& op, const Series& a, const Series& b) {
  Series out = a;
  out.points.clear();
  for (const auto& [time, value] : a.points)
    if (const auto other = b.points.find(time); other != b.points.end()) put(out.points, time, apply_op(op, value, other->second));
  return out;
}
Series combined(const std::string& op, const Series& a, double b) {
  Series out = a;
  out.points.clear();
  for (const auto& [time, value] : a.points) put(out.points, time, apply_op(op, value, b));
  return out;
}
Series combined(const std::string& op, double a, const Series& b) {
  Series out = b;
  out.points.clear();
  for (const auto& [time, value] : b.points) put(out.points, time, apply_op(op, a, value));
  return out;
}

Value combine(const std::string& op, const Value& a, const Value& b) {
  if (const double* x = std::get_if<double>(&a); x != nullptr && std::holds_alternative<double>(b)) {
    const std::optional<double> value = apply_op(op, *x, std::get<double>(b));
    if (!value) fail("a number is divided by zero");
    return *value;
  }
  return std::visit(
      [&]<class A, class B>(const A& x, const B& y) -> Value {
        if constexpr (std::is_same_v<A, Many> && std::is_same_v<B, Many>) {
          if (x.size() != y.size()) fail("arrays of time series of different lengths cannot be combined");
          Many out;
          for (size_t i = 0; i < x.size(); ++i) out.push_back(combined(op, x[i], y[i]));
          return out;
        } else if constexpr (std::is_same_v<A, Many>) {
          Many out;
          for (const Series& each : x) out.push_back(combined(op, each, y));
          return out;
        } else if constexpr (std::is_same_v<B, Many>) {
          Many out;
          for (const Series& each : y) out.push_back(combined(op, x, each));
          return out;
        } else if constexpr (std::is_same_v<A, double> && std::is_same_v<B, double>) {
          return x;  // seen to above
        } else {
          return combined(op, x, y);
        }
      },
      a, b);
}

size_t points_of(const Value& value) {
  if (const Series* series = std::get_if<Series>(&value)) return series->points.size();
  size_t points = 0;
  if (const Many* many = std::get_if<Many>(&value))
    for (const Series& each : *many) points += each.points.size();
  return points;
}

/// `f` for the points of each series; numbers by `g`.
template <class F>
Value each_series(const Value& value, std::string_view function, F&& f) {
  if (const Series* series = std::get_if<Series>(&value)) return f(*series);
  if (const Many* many = std::get_if<Many>(&value)) {
    Many out;
    for (const Series& each : *many) out.push_back(f(each));
    return out;
  }
  fail(fmt::format("{} needs a time series", function));
}

// ------------------------------------------------------------------ many numbers

std::optional<double> reduce(const std::string& name, const std::vector<double>& values) {
  if (values.empty()) return std::nullopt;
  double sum = 0;
  for (const double value : values) sum += value;
  if (name == "SUM") return sum;
  const double average = sum / static_cast<double>(values.size());
  if (name == "AVG") return average;
  if (name == "MIN") return *std::ranges::min_element(values);
  if (name == "MAX") return *std::ranges::max_element(values);
  double squares = 0;
  for (const double value : values) squares += (value - average) * (value - average);
  return std::sqrt(squares / static_cast<double>(values.size()));  // STDDEV
}
bool is_reduction(const std::string& name) { return name == "SUM" || name == "AVG" || name == "MIN" || name == "MAX" || name == "STDDEV"; }

/// Of one series a number; of several a series, from what there is at each moment.
Value reduced(const std::string& name, const Value& value) {
  if (const double* number = std::get_if<double>(&value)) return *number;
  std::vector<double> values;
  if (const Series* series = std::get_if<Series>(&value)) {
    for (const auto& [time, point] : series->points) values.push_back(point);
    return reduce(name, values).value_or(0);
  }
  const Many& many = std::get<Many>(value);
  Series out;
  if (!many.empty()) out = many.front();
  out.points.clear();
  std::map<int64_t, std::vector<double>> at;
  for (const Series& each : many)
    for (const auto& [time, point] : each.points) at[time].push_back(point);
  for (const auto& [time, points] : at) put(out.points, time, reduce(name, points));
  return out;
}

Series filled(const Series& series, const Expression& with, const Surroundings& surroundings) {
  if (series.period <= 0 || (series.end - series.start) / series.period > 200'000) fail("FILL has too many points to fill");
  Series out = series;
  const bool repeats = with.kind == Expression::Kind::kId && with.name == "REPEAT";
  const bool linear = with.kind == Expression::Kind::kId && with.name == "LINEAR";
  Value value = 0.0;
  if (!repeats && !linear) value = evaluate(with, surroundings);
  if (std::holds_alternative<Many>(value)) fail("FILL cannot fill with an array of time series");
  std::optional<double> before;
  for (int64_t time = series.start; time < series.end; time += series.period) {
    if (const auto there = series.points.find(time); there != series.points.end()) {
      before = there->second;
    } else if (repeats) {
      if (before) out.points[time] = *before;
    } else if (linear) {
      const auto next = series.points.upper_bound(time);
      if (next == series.points.begin() || next == series.points.end()) continue;
      const auto last = std::prev(next);
      const double share = static_cast<double>(time - last->first) / static_cast<double>(next->first - last->first);
      out.points[time] = last->second + (next->second - last->second) * share;
    } else if (const double* number = std::get_if<double>(&value)) {
      out.points[time] = *number;
    } else if (const auto other = std::get<Series>(value).points.find(time); other != std::get<Series>(value).points.end()) {
      out.points[time] = other->second;
    }
  }
  return out;
}

enum class Change { kDifference, kTime, kRate };
Series changes(const Series& series, Change what) {
  Series out = series;
  out.points.clear();
  const Points::value_type* before = nullptr;
  for (const auto& point : series.points) {
    if (before != nullptr) {
      const double difference = point.second - before->second, seconds = static_cast<double>(point.first - before->first);
      put(out.points, point.first, what == Change::kDifference ? difference : what == Change::kTime ? seconds : difference / seconds);
    }
    before = &point;
  }
  return out;
}

Series running_sum(const Series& series) {
  Series out = series;
  double sum = 0;
  for (auto& [time, point] : out.points) point = sum += point;
  return out;
}

Value chosen(const Value& condition, const Value& yes, const Value& no) {
  if (const double* number = std::get_if<double>(&condition)) return *number != 0 ? yes : no;
  const Series* series = std::get_if<Series>(&condition);
  if (series == nullptr || std::holds_alternative<Many>(yes) || std::holds_alternative<Many>(no))
    fail("IF takes numbers and single time series");
  Series out = *series;
  out.points.clear();
  const auto at = [](const Value& value, int64_t time) -> std::optional<double> {
    if (const double* number = std::get_if<double>(&value)) return *number;
    const Points& points = std::get<Series>(value).points;
    const auto point = points.find(time);
    return point == points.end() ? std::nullopt : std::optional(point->second);
  };
  for (const auto& [time, point] : series->points) put(out.points, time, at(point != 0 ? yes : no, time));
  return out;
}

// ------------------------------------------------------------------ functions

class Evaluator {
 public:
  explicit Evaluator(const Surroundings& surroundings) : surroundings_(surroundings) {}

  Value value(const Expression& expression) {
    Effort& effort = *surroundings_.effort;
    if (++effort.depth > Effort::kDepthMax) fail("expressions are nested too deeply");
    Value found = value_of(expression);
    --effort.depth;
    effort.points += points_of(found);
    if (effort.points > Effort::kPointsMax) fail(fmt::format("more than {} points would be computed", Effort::kPointsMax));
    return found;
  }

 private:
  Value value_of(const Expression& expression) {
    switch (expression.kind) {
      case Expression::Kind::kNumber:
        return expression.number;
      case Expression::Kind::kText:
        fail("a text stands where a value is needed");
      case Expression::Kind::kId:
        return surroundings_.value_of(expression.name);
      case Expression::Kind::kList:
        return list(expression);
      case Expression::Kind::kCall:
        return call(expression);
    }
    return 0.0;
  }

  Many list(const Expression& expression) {
    Many out;
    for (const Expression& part : expression.parts) {
      Value each = value(part);
      if (Series* series = std::get_if<Series>(&each)) out.push_back(std::move(*series));
      else if (Many* many = std::get_if<Many>(&each)) std::ranges::move(*many, std::back_inserter(out));
      else fail("a number stands in an array of time series");
      if (out.size() > kSeriesMax) fail(fmt::format("an array has more than {} time series", kSeriesMax));
    }
    return out;
  }

  void want(const Expression& call, size_t least, size_t most) {
    if (call.parts.size() < least || call.parts.size() > most) fail(fmt::format("{} has a wrong number of arguments", call.name));
  }

  Series series(const Expression& call) {
    want(call, 1, 1);
    Value found = value(call.parts[0]);
    if (Series* series = std::get_if<Series>(&found)) return std::move(*series);
    fail(fmt::format("{} needs a single time series", call.name));
  }

  Value call(const Expression& call) {
    const std::string& name = call.name;
    if (is_op(name)) {
      want(call, 2, 2);  // OR(a) is written like a function
      return combine(name, value(call.parts[0]), value(call.parts[1]));
    }
    if (const OneNumber f = one_number(name)) {
      want(call, 1, 1);
      const Value found = value(call.parts[0]);
      if (const double* number = std::get_if<double>(&found)) return f(*number);
      return each_series(found, name, [&](Series each) {
        Points points;
        for (const auto& [time, point] : each.points) put(points, time, f(point));
        each.points = std::move(points);
        return each;
      });
    }
    if (is_reduction(name)) {
      want(call, 1, kSeriesMax);
      if (call.parts.size() == 1) return reduced(name, value(call.parts[0]));
      return reduced(name, list({.kind = Expression::Kind::kList, .number = 0, .name = {}, .parts = call.parts}));
    }
    if (name == "IF") {
      want(call, 2, 3);
      if (call.parts.size() == 2) {
        Series none;
        return chosen(value(call.parts[0]), value(call.parts[1]), none);
      }
      return chosen(value(call.parts[0]), value(call.parts[1]), value(call.parts[2]));
    }
    if (name == "FILL") {
      want(call, 2, 2);
      return each_series(value(call.parts[0]), name, [&](const Series& each) { return filled(each, call.parts[1], surroundings_); });
    }
    if (name == "METRICS") {
      want(call, 0, 1);
      if (!call.parts.empty() && call.parts[0].kind != Expression::Kind::kText) fail("METRICS takes a text in quotes");
      return surroundings_.metrics(call.parts.empty() ? "" : call.parts[0].name);
    }
    if (name == "TIME_SERIES") {
      want(call, 1, 1);
      const Value found = value(call.parts[0]);
      const double* number = std::get_if<double>(&found);
      if (number == nullptr) fail("TIME_SERIES takes a number");
      Series out{
          .id = {}, .label = {}, .start = surroundings_.start, .end = surroundings_.end, .period = surroundings_.period, .points = {}};
      return filled(out, {.kind = Expression::Kind::kNumber, .number = *number, .name = {}, .parts = {}}, surroundings_);
    }
    return of_series(call);
  }

  Value of_series(const Expression& call) {
    const std::string& name = call.name;
    if (name == "PERIOD") return static_cast<double>(series(call).period);
    if (name == "DATAPOINT_COUNT") return static_cast<double>(series(call).points.size());
    if (name == "METRIC_COUNT") {
      want(call, 1, 1);
      const Value found = value(call.parts[0]);
      return static_cast<double>(std::holds_alternative<Many>(found) ? std::get<Many>(found).size() : 1);
    }
    if (name == "FIRST" || name == "LAST") {
      want(call, 1, 1);
      const Value found = value(call.parts[0]);
      const Many* many = std::get_if<Many>(&found);
      if (many == nullptr || many->empty()) fail(fmt::format("{} needs an array of time series", name));
      return name == "FIRST" ? many->front() : many->back();
    }
    if (name == "RATE" || name == "DIFF" || name == "DIFF_TIME") {
      want(call, 1, 1);
      const Change what = name == "RATE" ? Change::kRate : name == "DIFF" ? Change::kDifference : Change::kTime;
      return each_series(value(call.parts[0]), name, [&](const Series& each) { return changes(each, what); });
    }
    if (name == "RUNNING_SUM") {
      want(call, 1, 1);
      return each_series(value(call.parts[0]), name, running_sum);
    }
    throw MathError{fmt::format("The function {} is not implemented.", name), true};
  }

  const Surroundings& surroundings_;
};

}  // namespace

Value evaluate(const Expression& expression, const Surroundings& surroundings) { return Evaluator(surroundings).value(expression); }

}  // namespace cairn::cloudwatch
