#include "rules/schedule.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

namespace cairn::rules {
namespace {

Time at(std::string_view text) { return *timestamps::parse_iso8601(text); }

/// The next `count` times after `after`, without what they share: the seconds.
std::vector<std::string> times(std::string_view expression, std::string_view after, size_t count) {
  const std::optional<Schedule> schedule = Schedule::parse(expression);
  EXPECT_TRUE(schedule) << expression;
  std::vector<std::string> found;
  std::optional<Time> time = at(after);
  while (schedule && found.size() < count && (time = schedule->next(*time, at(after))))
    found.push_back(timestamps::iso8601(*time).substr(0, 16));
  return found;
}
using Texts = std::vector<std::string>;

TEST(Schedule, RatesCountFromTheirStart) {
  EXPECT_EQ(times("rate(1 minute)", "2026-01-01T00:00:30Z", 2), (Texts{"2026-01-01T00:01", "2026-01-01T00:02"}));
  EXPECT_EQ(times("rate(5 minutes)", "2026-01-01T00:00:00Z", 2), (Texts{"2026-01-01T00:05", "2026-01-01T00:10"}));
  EXPECT_EQ(times("rate(1 hour)", "2026-01-01T00:10:00Z", 1), (Texts{"2026-01-01T01:10"}));
  EXPECT_EQ(times("rate(7 days)", "2026-01-01T00:00:00Z", 1), (Texts{"2026-01-08T00:00"}));
  const Schedule every = *Schedule::parse("rate(10 minutes)");
  EXPECT_EQ(every.next(at("2026-01-01T05:03:00Z"), at("2026-01-01T00:01:00Z")), at("2026-01-01T05:11:00Z"));
}

// What AWS refuses with "Parameter ScheduleExpression is not valid." (recorded).
TEST(Schedule, RefusesWhatAwsRefuses) {
  for (const char* text : {"rate(10 seconds)",
                           "rate(10 years)",
                           "rate(1 minutes)",
                           "rate(1 hours)",
                           "rate(1 days)",
                           "rate(10 minute)",
                           "rate(10 hour)",
                           "rate(10 day)",
                           "rate()",
                           "rate(10)",
                           "rate(10 minutess)",
                           "rate(foo minutes)",
                           "rate(0 minutes)",
                           "rate(-10 minutes)",
                           "rate(10 MINUTES)",
                           "rate( 10 minutes )",
                           " rate(10 minutes)",
                           "cron(0 1 * * * *)",
                           "cron(7 20 * * NOT *)",
                           "cron(INVALID)",
                           "cron(0 dummy ? * MON-FRI *)",
                           "cron(71 8 1 * ? *)"})
    EXPECT_FALSE(Schedule::parse(text)) << text;
  for (const char* text : {"", "cron()", "cron(0 0 ? * ? *)", "cron(0 0 1 1 ? 1969)", "cron(0 0 1 1 ? 2200)", "cron(0/0 0 1 1 ? *)",
                           "cron(0 0 ? * 3#1,6#3 *)", "cron(0 0 ? * 3#6 *)", "cron(0 0 32W * ? *)", "cron(0 0 L,5 * ? *)",
                           "cron(0 24 1 * ? *)", "cron(0 0 1 13 ? *)", "cron(0 0 ? * 8 *)", "cron(0 0 1 * ? *", "at(2026-01-01T00:00:00)"})
    EXPECT_FALSE(Schedule::parse(text)) << text;
}

TEST(Schedule, TakesWhatAwsTakes) {
  for (const char* text : {"cron(0 2 ? * SAT *)", "cron(0 12 * * ? *)", "cron(5,35 14 * * ? *)", "cron(15 10 ? * 6L 2002-2005)",
                           "cron(0 2 ? * SAT#3 *)", "cron(* * ? * SAT#3 *)", "cron(0/5 5 ? JAN 1-5 2022)", "cron(0 18 ? * MON-FRI *)",
                           "cron(0 8 1 * ? *)", "cron(0/15 * * * ? *)", "cron(0/10 * ? * MON-FRI *)", "cron(0/5 8-17 ? * MON-FRI *)",
                           "cron(0/30 20-23 ? * MON-FRI *)", "cron(0/30 0-2 ? * MON-FRI *)", "cron(0/30 20-2 ? * MON-FRI *)"})
    EXPECT_TRUE(Schedule::parse(text)) << text;
}

TEST(Schedule, CronFields) {
  EXPECT_EQ(times("cron(0 10 * * ? *)", "2026-01-01T10:00:00Z", 2), (Texts{"2026-01-02T10:00", "2026-01-03T10:00"}));
  EXPECT_EQ(times("cron(5,35 14 * * ? *)", "2026-01-01T00:00:00Z", 3), (Texts{"2026-01-01T14:05", "2026-01-01T14:35", "2026-01-02T14:05"}));
  EXPECT_EQ(times("cron(1/10 0 * * ? *)", "2026-01-01T00:00:00Z", 3), (Texts{"2026-01-01T00:01", "2026-01-01T00:11", "2026-01-01T00:21"}));
  EXPECT_EQ(times("cron(0/30 20-2 1 * ? *)", "2026-01-01T01:40:00Z", 3),
            (Texts{"2026-01-01T02:00", "2026-01-01T02:30", "2026-01-01T20:00"}));
  EXPECT_EQ(times("cron(0 0 1 JAN,MAR ? *)", "2026-01-01T00:00:00Z", 2), (Texts{"2026-03-01T00:00", "2027-01-01T00:00"}));
  EXPECT_EQ(times("cron(0 18 ? * MON-FRI *)", "2026-01-02T18:00:00Z", 1), (Texts{"2026-01-05T18:00"}));  // that was a Friday
  EXPECT_EQ(times("cron(0 2 ? * 1 *)", "2026-01-01T00:00:00Z", 1), (Texts{"2026-01-04T02:00"}));         // Sunday
}

TEST(Schedule, DaysThatMonthsHaveInTheirOwnWay) {
  EXPECT_EQ(times("cron(0 0 L * ? *)", "2028-01-01T00:00:00Z", 3), (Texts{"2028-01-31T00:00", "2028-02-29T00:00", "2028-03-31T00:00"}));
  EXPECT_EQ(times("cron(0 0 31 * ? *)", "2026-01-01T00:00:00Z", 3), (Texts{"2026-01-31T00:00", "2026-03-31T00:00", "2026-05-31T00:00"}));
  // 2026: 3 January is a Saturday, 1 February a Sunday, 31 May a Sunday, 1 August a Saturday.
  EXPECT_EQ(times("cron(0 0 3W 1 ? *)", "2025-12-01T00:00:00Z", 1), (Texts{"2026-01-02T00:00"}));
  EXPECT_EQ(times("cron(0 0 1W 2 ? *)", "2025-12-01T00:00:00Z", 1), (Texts{"2026-02-02T00:00"}));
  EXPECT_EQ(times("cron(0 0 1W 8 ? *)", "2025-12-01T00:00:00Z", 1), (Texts{"2026-08-03T00:00"}));
  EXPECT_EQ(times("cron(0 0 31W 5 ? *)", "2025-12-01T00:00:00Z", 1), (Texts{"2026-05-29T00:00"}));
  EXPECT_EQ(times("cron(0 0 LW 5 ? *)", "2025-12-01T00:00:00Z", 1), (Texts{"2026-05-29T00:00"}));
  EXPECT_EQ(times("cron(15 10 ? * 6L 2026)", "2026-01-01T00:00:00Z", 2), (Texts{"2026-01-30T10:15", "2026-02-27T10:15"}));
  EXPECT_EQ(times("cron(0 0 ? * 3#2 *)", "2026-01-01T00:00:00Z", 2), (Texts{"2026-01-13T00:00", "2026-02-10T00:00"}));
  EXPECT_EQ(times("cron(0 0 ? * SUN#5 *)", "2026-01-01T00:00:00Z", 2), (Texts{"2026-03-29T00:00", "2026-05-31T00:00"}));
  EXPECT_EQ(times("cron(0 0 ? * L *)", "2026-01-01T00:00:00Z", 1), (Texts{"2026-01-03T00:00"}));
}

TEST(Schedule, TheLastOfThoseThatPassed) {
  const auto last = [](std::string_view expression, std::string_view due, std::string_view now) {
    return timestamps::iso8601(Schedule::parse(expression)->last(at(due), at(now), at("2026-01-01T00:00:00Z")));
  };
  EXPECT_EQ(last("rate(1 minute)", "2026-01-01T00:01:00Z", "2026-01-01T00:01:59Z"), "2026-01-01T00:01:00Z");
  EXPECT_EQ(last("rate(1 minute)", "2026-01-01T00:01:00Z", "2026-03-01T00:00:30Z"), "2026-03-01T00:00:00Z");
  EXPECT_EQ(last("rate(7 days)", "2026-01-08T00:00:00Z", "2026-01-29T00:00:00Z"), "2026-01-29T00:00:00Z");
  EXPECT_EQ(last("cron(0/5 3 1 JAN ? *)", "2027-01-01T03:00:00Z", "2029-12-31T00:00:00Z"), "2029-01-01T03:55:00Z");
  EXPECT_EQ(last("cron(* * ? 1-6 * *)", "2027-01-01T00:00:00Z", "2028-12-31T12:34:56Z"), "2028-06-30T23:59:00Z");
  EXPECT_EQ(last("cron(0 3 1 1 ? 2027)", "2027-01-01T03:00:00Z", "2029-12-31T00:00:00Z"), "2027-01-01T03:00:00Z");
}

TEST(Schedule, SomeNeverRunAgain) {
  EXPECT_TRUE(times("cron(15 10 ? * 6L 2002-2005)", "2026-01-01T00:00:00Z", 1).empty());
  EXPECT_TRUE(times("cron(0 0 30 2 ? *)", "2026-01-01T00:00:00Z", 1).empty());
}

}  // namespace
}  // namespace cairn::rules
