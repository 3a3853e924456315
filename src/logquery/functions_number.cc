#include <algorithm>
#include <cmath>

#include "logquery/functions.h"

/// Functions of numbers. What is no number, or has no number for a result, is not there.
namespace cairn::logquery {
namespace {

using Arguments = std::span<const Value>;
using Around = const Surroundings&;

Value finite(double number) { return std::isfinite(number) ? Value::of(number) : Value(); }

template <double (*f)(double)>
Value of_one(Arguments a, Around) {
  const std::optional<double> number = number_of(a[0]);
  return number ? finite(f(*number)) : Value();
}

template <bool greatest>
Value extreme(Arguments a, Around) {
  Value found;
  for (const Value& each : a) {
    const std::optional<double> number = number_of(each);
    if (number && (!found.exists() || (greatest ? *number > found.number : *number < found.number))) found = Value::of(*number);
  }
  return found;
}

double absolute(double x) { return std::abs(x); }
double ceiling(double x) { return std::ceil(x); }
double floor_of(double x) { return std::floor(x); }
double natural_log(double x) { return std::log(x); }
double square_root(double x) { return std::sqrt(x); }

constexpr Function kFunctions[] = {
    {"abs", 1, 1, of_one<absolute>},      {"ceil", 1, 1, of_one<ceiling>},    {"floor", 1, 1, of_one<floor_of>},
    {"greatest", 1, kAny, extreme<true>}, {"least", 1, kAny, extreme<false>}, {"log", 1, 1, of_one<natural_log>},
    {"sqrt", 1, 1, of_one<square_root>},
};

}  // namespace

std::span<const Function> number_functions() { return kFunctions; }

}  // namespace cairn::logquery
