#pragma once
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

namespace cairn::cloudwatch {

/// How an alarm takes periods without data.
enum class Missing { kMissing, kIgnore, kBreaching, kNotBreaching };
std::optional<Missing> missing_of(std::string_view text);

enum class Datum { kNone, kWithin, kBreaching };

enum class Verdict { kOk, kAlarm, kInsufficientData, kAsBefore };

/// M of N.
struct Demand {
  size_t breaching = 1, periods = 1;
};

/// Periods looked at beyond N, so that one that comes late, or not at all, decides nothing: AWS's tables show two.
constexpr size_t kMorePeriods = 2;

/// The state of an alarm from `range`, its last N + kMorePeriods periods, oldest first, after "How alarm state is evaluated when data is
/// missing" of AWS's user guide.
Verdict judge(std::span<const Datum> range, Demand demand, Missing missing);

}  // namespace cairn::cloudwatch
