#pragma once
#include <bitset>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>

#include "base/time.h"

namespace cairn::rules {

/// When a scheduled rule runs: rate(5 minutes), or cron(minutes hours day-of-month month day-of-week year), in UTC. Pure; any thread.
class Schedule {
 public:
  /// nullopt: it is none. Total: any text.
  static std::optional<Schedule> parse(std::string_view text);

  /// The first time after `after`; nullopt: there is none any more. `start`: what a rate counts from.
  std::optional<Time> next(Time after, Time start) const;
  /// The last time up to `now`, of those from `due`, which is one, on.
  Time last(Time due, Time now, Time start) const;

 private:
  struct Rate {
    std::chrono::minutes period;
  };
  /// Values that are set in the field's bit set; for days of the month and of the week one of the other forms instead.
  struct Cron {
    enum class Days { kOfMonth, kLastOfMonth, kLastWeekdayOfMonth, kNearestWeekday, kOfWeek, kLastOfWeekday, kNthOfWeekday };
    std::bitset<60> minutes;
    std::bitset<24> hours;
    std::bitset<13> months;
    std::bitset<230> years;  // since kFirstYear
    Days days = Days::kOfMonth;
    std::bitset<32> month_days;
    std::bitset<8> week_days;  // 1: Sunday
    int day = 0;               // kNearestWeekday: of the month; kLastOfWeekday, kNthOfWeekday: of the week
    int nth = 0;               // kNthOfWeekday

    static std::optional<Cron> parse(std::string_view fields);
    std::bitset<32> days_in(int year, int month) const;
    std::optional<Time> next(Time after) const;
  };
  static constexpr int kFirstYear = 1970;

  explicit Schedule(std::variant<Rate, Cron> when) : when_(std::move(when)) {}

  std::variant<Rate, Cron> when_;
};

}  // namespace cairn::rules
