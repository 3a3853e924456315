#pragma once
#include <span>
#include <string_view>

#include "logquery/value.h"

namespace cairn::logquery {

constexpr size_t kTextBytesMax = 1 << 20;    // of what a function makes
constexpr size_t kEventBytesMax = 16 << 20;  // of all that the expressions of a query make of one event

/// What functions may need beside their arguments.
struct Surroundings {
  Arena& arena;
  double started_seconds;  // when the query began, since 1970
  bool& failed;            // a limit would be passed
};

using Apply = Value (*)(std::span<const Value> arguments, const Surroundings& surroundings);

struct Function {
  std::string_view name;  // in small letters
  size_t arguments_min, arguments_max;
  Apply apply;
  bool takes_period = false;  // as its last argument
};

/// Any number of arguments.
constexpr size_t kAny = SIZE_MAX;

std::span<const Function> text_functions();
std::span<const Function> number_functions();
std::span<const Function> time_functions();
std::span<const Function> address_functions();
const Function* find_function(std::string_view name);
/// AWS has a function of this name, we have not.
bool is_missing_function(std::string_view name);

/// The time at or before which `time` stands, in steps of a period (its number and unit); milliseconds.
double floor_time(double time, const Value& period);

}  // namespace cairn::logquery
