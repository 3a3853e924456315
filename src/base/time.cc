#include "base/time.h"

#include <array>
#include <charconv>
#include <cmath>

#include "base/text.h"

namespace cairn::timestamps {
namespace {

using namespace std::chrono;

constexpr std::array<std::string_view, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::array<std::string_view, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 7> kLongDays = {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"};
constexpr int64_t kSecondsMax = 253'402'300'799;  // 9999-12-31T23:59:59Z; formats above have four digits for a year

struct Fields {
  int year, month, day, hour, minute, second, millis, weekday;
};

Fields fields_of(Time t) {
  auto midnight = floor<days>(t);
  year_month_day date(midnight);
  hh_mm_ss<milliseconds> clock(t - midnight);
  return {static_cast<int>(date.year()),
          static_cast<int>(static_cast<unsigned>(date.month())),
          static_cast<int>(static_cast<unsigned>(date.day())),
          static_cast<int>(clock.hours().count()),
          static_cast<int>(clock.minutes().count()),
          static_cast<int>(clock.seconds().count()),
          static_cast<int>(clock.subseconds().count()),
          static_cast<int>(weekday(midnight).c_encoding())};
}

// Every record carries dates, so they are written digit by digit rather than through a format string.
void put(std::string& out, int value, int width) {
  std::array<char, 4> digits;
  for (int i = width; i-- > 0; value /= 10) digits[static_cast<size_t>(i)] = static_cast<char>('0' + value % 10);
  out.append(digits.data(), static_cast<size_t>(width));
}

void put_date(std::string& out, const Fields& f, std::string_view separator) {
  put(out, f.year, 4);
  out += separator;
  put(out, f.month, 2);
  out += separator;
  put(out, f.day, 2);
}

void put_clock(std::string& out, const Fields& f, std::string_view separator) {
  put(out, f.hour, 2);
  out += separator;
  put(out, f.minute, 2);
  out += separator;
  put(out, f.second, 2);
}

/// Reads front to back; after the first mismatch `ok` stays false.
struct Reader {
  std::string_view rest;
  bool ok = true;

  int number(size_t digits) {
    if (rest.size() < digits || !text::is_digits(rest.substr(0, digits))) {
      ok = false;
      return 0;
    }
    int value = 0;
    for (char c : rest.substr(0, digits)) value = value * 10 + (c - '0');
    rest.remove_prefix(digits);
    return value;
  }
  bool skip(std::string_view expected) {
    if (!rest.starts_with(expected)) return false;
    rest.remove_prefix(expected.size());
    return true;
  }
  void need(std::string_view expected) { ok = skip(expected) && ok; }
  template <size_t N>
  int one_of(const std::array<std::string_view, N>& words) {
    for (size_t i = 0; i < N; ++i) {
      if (skip(words[i])) return static_cast<int>(i);
    }
    ok = false;
    return 0;
  }
  int month() { return one_of(kMonths) + 1; }
  /// Three digits of ".123456"; more are cut.
  int fraction() {
    size_t end = rest.find_first_not_of("0123456789");
    std::string_view digits = rest.substr(0, end);
    if (digits.empty()) ok = false;
    int value = 0;
    for (size_t i = 0; i < 3; ++i) value = value * 10 + (i < digits.size() ? digits[i] - '0' : 0);
    rest.remove_prefix(digits.size());
    return value;
  }
};

std::optional<Time> make_time(const Fields& f) {
  year_month_day date(year(f.year), month(static_cast<unsigned>(f.month)), day(static_cast<unsigned>(f.day)));
  if (!date.ok() || f.hour > 23 || f.minute > 59 || f.second > 59) return std::nullopt;
  return Time(sys_days(date) + hours(f.hour) + minutes(f.minute) + seconds(f.second) + milliseconds(f.millis));
}

}  // namespace

std::string iso8601(Time t) {
  Fields f = fields_of(t);
  std::string out;
  out.reserve(20);
  put_date(out, f, "-");
  out += 'T';
  put_clock(out, f, ":");
  out += 'Z';
  return out;
}

std::string iso8601_millis(Time t) {
  std::string out = iso8601(t);
  out.back() = '.';
  put(out, fields_of(t).millis, 3);
  out += 'Z';
  return out;
}

std::string http_date(Time t) {
  Fields f = fields_of(t);
  std::string out(kDays[static_cast<size_t>(f.weekday)]);
  out += ", ";
  put(out, f.day, 2);
  out += ' ';
  out += kMonths[static_cast<size_t>(f.month - 1)];
  out += ' ';
  put(out, f.year, 4);
  out += ' ';
  put_clock(out, f, ":");
  out += " GMT";
  return out;
}

std::string basic(Time t) {
  Fields f = fields_of(t);
  std::string out;
  put_date(out, f, "");
  out += 'T';
  put_clock(out, f, "");
  out += 'Z';
  return out;
}

std::string basic_date(Time t) {
  std::string out;
  put_date(out, fields_of(t), "");
  return out;
}

std::string java_medium(Time t) {
  Fields f = fields_of(t);
  std::string out(kMonths[static_cast<size_t>(f.month - 1)]);
  out += ' ';
  out += std::to_string(f.day);
  out += ", ";
  put(out, f.year, 4);
  out += ", ";
  out += std::to_string(f.hour % 12 == 0 ? 12 : f.hour % 12);
  out += ':';
  put(out, f.minute, 2);
  out += ':';
  put(out, f.second, 2);
  out += f.hour < 12 ? " AM" : " PM";
  return out;
}

std::optional<Time> parse_iso8601(std::string_view s) {
  Reader in{s};
  Fields f{};
  f.year = in.number(4);
  bool extended = in.skip("-");
  auto separator = [&](std::string_view mark) {
    if (extended) in.need(mark);
  };
  f.month = in.number(2);
  separator("-");
  f.day = in.number(2);
  in.need("T");
  f.hour = in.number(2);
  separator(":");
  f.minute = in.number(2);
  separator(":");
  f.second = in.number(2);
  if (in.skip(".")) f.millis = in.fraction();
  minutes offset{0};
  if (!in.skip("Z")) {
    int sign = in.skip("-") ? -1 : 1;
    if (sign > 0) in.need("+");
    int offset_hours = in.number(2);
    in.skip(":");
    int offset_minutes = in.number(2);
    if (offset_hours > 18 || offset_minutes > 59) return std::nullopt;
    offset = sign * (hours(offset_hours) + minutes(offset_minutes));
  }
  if (!in.ok || !in.rest.empty()) return std::nullopt;
  auto local = make_time(f);
  if (!local) return std::nullopt;
  return *local - offset;
}

std::optional<Time> parse_basic(std::string_view s) {
  constexpr size_t kSize = 16;
  if (s.size() != kSize || s.back() != 'Z' || s[8] != 'T') return std::nullopt;
  return parse_iso8601(s);
}

std::optional<Time> parse_http_date(std::string_view s) {
  Reader in{s};
  Fields f{};
  auto clock = [&] {
    f.hour = in.number(2);
    in.need(":");
    f.minute = in.number(2);
    in.need(":");
    f.second = in.number(2);
  };
  size_t comma = s.find(',');
  if (comma == std::string_view::npos) {  // asctime: Sun Nov  6 08:49:37 1994
    in.one_of(kDays);
    in.need(" ");
    f.month = in.month();
    in.need(" ");
    f.day = in.skip(" ") ? in.number(1) : in.number(2);
    in.need(" ");
    clock();
    in.need(" ");
    f.year = in.number(4);
  } else if (comma == 3) {  // RFC 1123: Sun, 06 Nov 1994 08:49:37 GMT
    in.one_of(kDays);
    in.need(", ");
    f.day = in.number(2);
    in.need(" ");
    f.month = in.month();
    in.need(" ");
    f.year = in.number(4);
    in.need(" ");
    clock();
    in.need(" GMT");
  } else {  // RFC 850: Sunday, 06-Nov-94 08:49:37 GMT
    in.one_of(kLongDays);
    in.need(", ");
    f.day = in.number(2);
    in.need("-");
    f.month = in.month();
    in.need("-");
    f.year = in.number(2);
    f.year += f.year < 70 ? 2000 : 1900;
    in.need(" ");
    clock();
    in.need(" GMT");
  }
  if (!in.ok || !in.rest.empty()) return std::nullopt;
  return make_time(f);
}

std::optional<Time> parse_epoch(std::string_view s) {
  if (s.find_first_of("eE") != std::string_view::npos) {  // Java's big numbers: 1.767322800123E9
    double value = 0;
    auto [end, error] = std::from_chars(s.data(), s.data() + s.size(), value);
    if (error != std::errc{} || end != s.data() + s.size() || !(std::abs(value) <= kSecondsMax)) return std::nullopt;
    return Time(milliseconds(std::llround(value * 1000)));
  }
  bool negative = s.starts_with('-');
  Reader in{s.substr(negative ? 1 : 0)};
  size_t end = in.rest.find('.');
  std::string_view whole = in.rest.substr(0, end);
  auto value = text::is_digits(whole) ? text::to_int(whole) : std::nullopt;
  if (!value || *value > kSecondsMax) return std::nullopt;
  int millis = 0;
  if (end != std::string_view::npos) {
    in.rest.remove_prefix(end + 1);
    millis = in.fraction();
    if (!in.ok || !in.rest.empty()) return std::nullopt;
  }
  int64_t total = *value * 1000 + millis;
  return Time(milliseconds(negative ? -total : total));
}

namespace {

struct Unit {
  std::string_view name;
  int64_t millis;
};
constexpr std::array<Unit, 5> kUnits = {{{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1000}, {"ms", 1}}};

}  // namespace

std::optional<milliseconds> parse_duration(std::string_view s) {
  std::string_view digits = s.substr(0, s.find_first_not_of("0123456789"));
  std::string_view name = s.substr(digits.size());
  auto count = text::to_int(digits);
  for (const Unit& unit : kUnits) {
    if (!count || unit.name != name) continue;
    int64_t total = 0;
    if (__builtin_mul_overflow(*count, unit.millis, &total)) return std::nullopt;
    return milliseconds(total);
  }
  return std::nullopt;
}

std::string format_duration(milliseconds d) {
  if (d.count() == 0) return "0s";
  for (const Unit& unit : kUnits) {
    if (d.count() % unit.millis == 0) return std::to_string(d.count() / unit.millis).append(unit.name);
  }
  return {};  // not reached: every count is a multiple of 1 ms
}

}  // namespace cairn::timestamps
