#include <chrono>
#include <cmath>

#include "logquery/functions.h"

/// Functions of times, which are milliseconds since 1970.
namespace cairn::logquery {
namespace {

using namespace std::chrono;
using Arguments = std::span<const Value>;
using Around = const Surroundings&;

constexpr double kDay = 86'400'000, kTimeMax = 253'402'300'799'999;  // the end of the year 9999
constexpr int64_t kYearMax = 9999;

/// Units that are always as long; 0: a number of months.
double length_of(std::string_view unit) {
  if (unit == "ms") return 1;
  if (unit == "s") return 1000;
  if (unit == "m") return 60'000;
  if (unit == "h") return 3'600'000;
  if (unit == "d") return kDay;
  if (unit == "w") return 7 * kDay;
  return 0;
}
int64_t months_of(std::string_view unit) { return unit == "y" ? 12 : unit == "q" ? 3 : 1; }

double begin_of_month(int64_t months_since_1970) {
  const int64_t years = static_cast<int64_t>(std::floor(static_cast<double>(months_since_1970) / 12));
  if (1970 + years > kYearMax) return kTimeMax + 1;
  const year_month_day day(year(1970 + static_cast<int>(years)), month(static_cast<unsigned>(months_since_1970 - years * 12) + 1),
                           std::chrono::day(1));
  return static_cast<double>(sys_days(day).time_since_epoch().count()) * kDay;
}

double step_months(double time, int64_t step, int64_t more) {
  const year_month_day day(sys_days(days(static_cast<int64_t>(std::floor(time / kDay)))));
  const int64_t months = (static_cast<int>(day.year()) - 1970) * 12 + static_cast<unsigned>(day.month()) - 1;
  return begin_of_month((static_cast<int64_t>(std::floor(static_cast<double>(months) / static_cast<double>(step))) + more) * step);
}

std::optional<double> time_in(const Value& value) {
  const std::optional<double> time = number_of(value);
  return time && *time >= 0 && *time <= kTimeMax ? time : std::nullopt;
}

Value date_floor(Arguments a, Around) {
  const std::optional<double> time = time_in(a[0]);
  return time ? Value::time(floor_time(*time, a[1])) : Value();
}

Value date_ceil(Arguments a, Around) {
  const std::optional<double> time = time_in(a[0]);
  if (!time) return {};
  const double before = floor_time(*time, a[1]), length = length_of(a[1].text) * a[1].number;
  if (before == *time) return Value::time(before);
  const double after = length > 0 ? before + length : step_months(*time, months_of(a[1].text) * static_cast<int64_t>(a[1].number), 1);
  return after <= kTimeMax ? Value::time(after) : Value();
}

Value from_millis(Arguments a, Around) {
  const std::optional<double> time = time_in(a[0]);
  return time ? Value::time(std::floor(*time)) : Value();
}
Value to_millis(Arguments a, Around) {
  const std::optional<double> time = number_of(a[0]);
  return time ? Value::of(*time) : Value();
}
Value now(Arguments, Around around) { return Value::of(std::floor(around.started_seconds)); }

constexpr Function kFunctions[] = {
    {"dateceil", 2, 2, date_ceil, true}, {"datefloor", 2, 2, date_floor, true}, {"frommillis", 1, 1, from_millis}, {"now", 0, 0, now},
    {"tomillis", 1, 1, to_millis},
};

}  // namespace

double floor_time(double time, const Value& period) {
  double length = length_of(period.text);
  if (length == 0) return step_months(time, months_of(period.text) * static_cast<int64_t>(period.number), 0);
  const double shift = period.text == "w" ? 4 * kDay : 0;  // weeks begin on Mondays; 1970-01-05 was one
  length *= period.number;
  return std::floor((time - shift) / length) * length + shift;
}

std::span<const Function> time_functions() { return kFunctions; }

}  // namespace cairn::logquery
