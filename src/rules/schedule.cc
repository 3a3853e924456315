#include "rules/schedule.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <span>
#include <vector>

#include "base/text.h"

namespace cairn::rules {
namespace {

using namespace std::chrono_literals;

constexpr int64_t kRateMax = 1'000'000'000;
constexpr size_t kTextMax = 256;  // of the whole expression, as the API has it
constexpr std::array<std::string_view, 12> kMonths = {"JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};
constexpr std::array<std::string_view, 7> kWeekDays = {"SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"};

/// What one field may say.
struct Field {
  int low, high;
  std::span<const std::string_view> names;  // of the values from `low` on
  bool wraps;                               // a range may go beyond the end: 20-2
};
constexpr Field kMinutes{0, 59, {}, true}, kHours{0, 23, {}, true}, kMonthDays{1, 31, {}, true}, kMonthsField{1, 12, kMonths, true},
    kWeekDaysField{1, 7, kWeekDays, true}, kYears{1970, 2199, {}, false};

std::optional<int> number(std::string_view text) {
  if (text.empty() || text.size() > 4 || !text::is_digits(text)) return std::nullopt;
  return static_cast<int>(*text::to_int(text));
}

std::optional<int> value(const Field& field, std::string_view text) {
  for (size_t i = 0; i < field.names.size(); ++i)
    if (text::equals_ignoring_case(text, field.names[i])) return field.low + static_cast<int>(i);
  const std::optional<int> found = number(text);
  if (!found || *found < field.low || *found > field.high) return std::nullopt;
  return found;
}

/// One of a list's parts: *, 5, 1-5, each perhaps with /3 behind. Calls `set(value)`. False: it is none.
template <class Set>
bool read_part(const Field& field, std::string_view part, Set&& set) {
  int step = 1;
  bool is_stepped = false;
  if (const size_t slash = part.find('/'); slash != std::string_view::npos) {
    const std::optional<int> read = number(part.substr(slash + 1));
    if (!read || *read < 1 || *read > field.high) return false;
    step = *read;
    is_stepped = true;
    part = part.substr(0, slash);
  }
  int from = field.low, to = field.high;
  if (const size_t dash = part.find('-'); dash != std::string_view::npos) {
    const std::optional<int> first = value(field, part.substr(0, dash)), last = value(field, part.substr(dash + 1));
    if (!first || !last || (*first > *last && !field.wraps)) return false;
    from = *first;
    to = *last;
  } else if (part != "*") {
    const std::optional<int> only = value(field, part);
    if (!only) return false;
    from = *only;
    if (!is_stepped) to = from;
  }
  const int span = field.high - field.low + 1;
  if (from > to) to += span;
  for (int i = from; i <= to; i += step) set(i > field.high ? i - span : i);
  return true;
}

template <class Set>
bool read_field(const Field& field, std::string_view text, Set&& set) {
  return std::ranges::all_of(text::split(text, ','), [&](std::string_view part) { return read_part(field, part, set); });
}

std::vector<std::string_view> words(std::string_view text) {
  std::vector<std::string_view> found;
  for (size_t at = 0; at < text.size();) {
    if (text[at] == ' ' || text[at] == '\t') {
      ++at;
      continue;
    }
    const size_t end = std::min(text.find_first_of(" \t", at), text.size());
    found.push_back(text.substr(at, end - at));
    at = end;
  }
  return found;
}

/// What stands between `name(` and `)`.
std::optional<std::string_view> inside(std::string_view text, std::string_view name) {
  if (!text.starts_with(name) || !text.ends_with(')')) return std::nullopt;
  return text.substr(name.size(), text.size() - name.size() - 1);
}

std::optional<std::chrono::minutes> read_rate(std::string_view text) {
  const size_t blank = text.find(' ');
  if (blank == std::string_view::npos) return std::nullopt;
  const std::string_view digits = text.substr(0, blank), unit = text.substr(blank + 1);
  const std::optional<int64_t> count = text::is_digits(digits) ? text::to_int(digits) : std::nullopt;
  if (!count || *count < 1 || *count > kRateMax) return std::nullopt;
  const std::string_view plural = *count == 1 ? "" : "s";
  const auto is = [&](std::string_view singular) { return unit.starts_with(singular) && unit.substr(singular.size()) == plural; };
  if (is("minute")) return std::chrono::minutes(*count);
  if (is("hour")) return std::chrono::minutes(*count * 60);
  if (is("day")) return std::chrono::minutes(*count * 24 * 60);
  return std::nullopt;
}

/// 1: Sunday.
int week_day(int year, int month, int day) {
  const std::chrono::sys_days date = std::chrono::year(year) / month / day;
  return static_cast<int>(std::chrono::weekday(date).c_encoding()) + 1;
}

int last_day(int year, int month) {
  return static_cast<int>(static_cast<unsigned>((std::chrono::year(year) / month / std::chrono::last).day()));
}

}  // namespace

std::optional<Schedule::Cron> Schedule::Cron::parse(std::string_view text) {
  const std::vector<std::string_view> fields = words(text);
  if (fields.size() != 6) return std::nullopt;
  Cron cron;
  if (!read_field(kMinutes, fields[0], [&](int i) { cron.minutes.set(static_cast<size_t>(i)); })) return std::nullopt;
  if (!read_field(kHours, fields[1], [&](int i) { cron.hours.set(static_cast<size_t>(i)); })) return std::nullopt;
  if (!read_field(kMonthsField, fields[3], [&](int i) { cron.months.set(static_cast<size_t>(i)); })) return std::nullopt;
  if (!read_field(kYears, fields[5], [&](int i) { cron.years.set(static_cast<size_t>(i - kFirstYear)); })) return std::nullopt;

  const std::string_view of_month = fields[2], of_week = fields[4];
  if ((of_month == "?") == (of_week == "?")) return std::nullopt;  // one of the two is left open
  if (of_week == "?") {
    if (text::equals_ignoring_case(of_month, "L")) {
      cron.days = Days::kLastOfMonth;
    } else if (text::equals_ignoring_case(of_month, "LW")) {
      cron.days = Days::kLastWeekdayOfMonth;
    } else if (of_month.ends_with('W') || of_month.ends_with('w')) {
      const std::optional<int> day = rules::value(kMonthDays, of_month.substr(0, of_month.size() - 1));
      if (!day) return std::nullopt;
      cron.days = Days::kNearestWeekday;
      cron.day = *day;
    } else if (!read_field(kMonthDays, of_month, [&](int i) { cron.month_days.set(static_cast<size_t>(i)); })) {
      return std::nullopt;
    }
    return cron;
  }
  cron.days = Days::kOfWeek;
  if (text::equals_ignoring_case(of_week, "L")) {
    cron.week_days.set(7);  // the last of the week
  } else if (const size_t hash = of_week.find('#'); hash != std::string_view::npos) {
    const std::optional<int> day = rules::value(kWeekDaysField, of_week.substr(0, hash)), nth = number(of_week.substr(hash + 1));
    if (!day || !nth || *nth < 1 || *nth > 5) return std::nullopt;
    cron.days = Days::kNthOfWeekday;
    cron.day = *day;
    cron.nth = *nth;
  } else if (of_week.ends_with('L') || of_week.ends_with('l')) {
    const std::optional<int> day = rules::value(kWeekDaysField, of_week.substr(0, of_week.size() - 1));
    if (!day) return std::nullopt;
    cron.days = Days::kLastOfWeekday;
    cron.day = *day;
  } else if (!read_field(kWeekDaysField, of_week, [&](int i) { cron.week_days.set(static_cast<size_t>(i)); })) {
    return std::nullopt;
  }
  return cron;
}

std::bitset<32> Schedule::Cron::days_in(int year, int month) const {
  const int last = last_day(year, month), first_week_day = week_day(year, month, 1);
  const auto week_day_of = [&](int of_month) { return (first_week_day - 1 + of_month - 1) % 7 + 1; };
  /// The nearest from Monday to Friday, within the month.
  const auto nearest = [&](int of_month) {
    if (week_day_of(of_month) == 7) return of_month > 1 ? of_month - 1 : of_month + 2;
    if (week_day_of(of_month) == 1) return of_month < last ? of_month + 1 : of_month - 2;
    return of_month;
  };
  std::bitset<32> found;
  const auto set = [&](int of_month) { found.set(static_cast<size_t>(of_month)); };
  switch (days) {
    case Days::kLastOfMonth:
      set(last);
      return found;
    case Days::kLastWeekdayOfMonth:
      set(nearest(last));
      return found;
    case Days::kNearestWeekday:
      if (day <= last) set(nearest(day));
      return found;
    default:
      break;
  }
  for (int i = 1; i <= last; ++i) {
    const bool is_wanted = days == Days::kOfMonth         ? month_days.test(static_cast<size_t>(i))
                           : days == Days::kOfWeek        ? week_days.test(static_cast<size_t>(week_day_of(i)))
                           : days == Days::kLastOfWeekday ? week_day_of(i) == day && i + 7 > last
                                                          : week_day_of(i) == day && (i - 1) / 7 + 1 == nth;
    if (is_wanted) set(i);
  }
  return found;
}

std::optional<Time> Schedule::Cron::next(Time after) const {
  const auto minute = std::chrono::floor<std::chrono::minutes>(after) + 1min;
  const auto date = std::chrono::floor<std::chrono::days>(minute);
  const std::chrono::year_month_day start(date);
  const int start_year = static_cast<int>(start.year()), start_month = static_cast<int>(static_cast<unsigned>(start.month())),
            start_day = static_cast<int>(static_cast<unsigned>(start.day()));
  const int64_t start_minute = (minute - date).count();
  for (int year = std::max(start_year, kFirstYear); year <= kYears.high; ++year) {
    if (!years.test(static_cast<size_t>(year - kFirstYear))) continue;
    const bool same_year = year == start_year;
    for (int month = same_year ? start_month : 1; month <= 12; ++month) {
      if (!months.test(static_cast<size_t>(month))) continue;
      const bool same_month = same_year && month == start_month;
      const std::bitset<32> wanted = days_in(year, month);
      for (int of_month = same_month ? start_day : 1; of_month <= 31; ++of_month) {
        if (!wanted.test(static_cast<size_t>(of_month))) continue;
        const bool same_day = same_month && of_month == start_day;
        for (int64_t at = same_day ? start_minute : 0; at < 24 * 60; ++at) {
          if (!hours.test(static_cast<size_t>(at / 60))) {
            at += 59 - at % 60;
            continue;
          }
          if (!minutes.test(static_cast<size_t>(at % 60))) continue;
          const std::chrono::sys_days found = std::chrono::year(year) / month / of_month;
          return Time(found) + std::chrono::minutes(at);
        }
      }
    }
  }
  return std::nullopt;
}

std::optional<Schedule> Schedule::parse(std::string_view text) {
  if (text.size() > kTextMax) return std::nullopt;
  if (const auto rate = inside(text, "rate(")) {
    const std::optional<std::chrono::minutes> period = read_rate(*rate);
    if (!period) return std::nullopt;
    return Schedule(Rate{*period});
  }
  const auto fields = inside(text, "cron(");
  std::optional<Cron> cron = fields ? Cron::parse(*fields) : std::nullopt;
  if (!cron) return std::nullopt;
  return Schedule(*cron);
}

std::optional<Time> Schedule::next(Time after, Time start) const {
  if (const Cron* cron = std::get_if<Cron>(&when_)) return cron->next(after);
  const std::chrono::milliseconds period = std::get<Rate>(when_).period;
  if (after < start) return start + period;
  return start + ((after - start) / period + 1) * period;
}

/// By halves: what was missed may be years of minutes. No time lies behind `end`.
Time Schedule::last(Time due, Time now, Time start) const {
  for (Time end = now; due < end;) {
    const Time middle = due + (end - due) / 2;
    if (const std::optional<Time> found = next(middle, start); found && *found <= now) due = *found;
    else end = middle;
  }
  return due;
}

}  // namespace cairn::rules
