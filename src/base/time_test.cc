#include "base/time.h"

#include <gtest/gtest.h>

namespace cairn::timestamps {
namespace {

using namespace std::chrono_literals;

// 1767323045 = 2026-01-02T03:04:05Z, by date(1).
constexpr Time kMoment{1767323045678ms};
constexpr Time kWhole{1767323045000ms};
constexpr Time kRfcExample{784111777000ms};  // RFC 9110, 5.6.7: Sun, 06 Nov 1994 08:49:37 GMT

TEST(Timestamps, WritesEachForm) {
  EXPECT_EQ(iso8601(kMoment), "2026-01-02T03:04:05Z");
  EXPECT_EQ(iso8601_millis(kMoment), "2026-01-02T03:04:05.678Z");
  EXPECT_EQ(http_date(kRfcExample), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(basic(kMoment), "20260102T030405Z");
  EXPECT_EQ(basic_date(kMoment), "20260102");
}

TEST(Timestamps, WritesBeforeTheEpochAndLeapDays) {
  EXPECT_EQ(iso8601_millis(Time(-1ms)), "1969-12-31T23:59:59.999Z");
  EXPECT_EQ(iso8601(Time(951782400000ms)), "2000-02-29T00:00:00Z");
}

TEST(Timestamps, WritesDatesAsJavaDoes) {
  EXPECT_EQ(java_medium(kMoment), "Jan 2, 2026, 3:04:05 AM");
  EXPECT_EQ(java_medium(Time(1767312000000ms)), "Jan 2, 2026, 12:00:00 AM");
  EXPECT_EQ(java_medium(Time(1767355200000ms)), "Jan 2, 2026, 12:00:00 PM");
  EXPECT_EQ(java_medium(Time(1767398399000ms)), "Jan 2, 2026, 11:59:59 PM");
}

TEST(Timestamps, ReadsIso8601) {
  EXPECT_EQ(parse_iso8601("2026-01-02T03:04:05Z"), kWhole);
  EXPECT_EQ(parse_iso8601("2026-01-02T03:04:05.678Z"), kMoment);
  EXPECT_EQ(parse_iso8601("2026-01-02T03:04:05.678999999Z"), kMoment);
  EXPECT_EQ(parse_iso8601("2026-01-02T03:04:05.6Z"), kWhole + 600ms);
  EXPECT_EQ(parse_iso8601("2026-01-02T05:34:05+02:30"), kWhole);
  EXPECT_EQ(parse_iso8601("2026-01-01T22:04:05-0500"), kWhole);
  EXPECT_EQ(parse_iso8601("20260102T030405Z"), kWhole);
}

TEST(Timestamps, RefusesWhatIsNoIso8601) {
  for (auto bad : {"", "2026-01-02", "2026-01-02T03:04:05", "2026-01-02T03:04Z", "2026-13-01T00:00:00Z", "2026-02-30T00:00:00Z",
                   "2025-02-29T00:00:00Z", "2026-01-02T24:00:00Z", "2026-01-02T03:60:05Z", "2026-01-02T03:04:05.Z", "2026-01-02T03:04:05Zx",
                   "2026-01-02 03:04:05Z", "2026-0102T03:04:05Z", "2026-01-02T03:04:05+99:00"}) {
    EXPECT_FALSE(parse_iso8601(bad)) << bad;
  }
}

TEST(Timestamps, ReadsSigV4DatesOnlyInTheirOneForm) {
  EXPECT_EQ(parse_basic("20260102T030405Z"), kWhole);
  for (auto bad : {"2026-01-02T03:04:05Z", "20260102T030405", "20260102T030405z", "20260102T0304056", "20260102030405ZZ", ""}) {
    EXPECT_FALSE(parse_basic(bad)) << bad;
  }
}

TEST(Timestamps, ReadsTheThreeFormsOfHttpDates) {
  EXPECT_EQ(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT"), kRfcExample);
  EXPECT_EQ(parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT"), kRfcExample);
  EXPECT_EQ(parse_http_date("Sun Nov  6 08:49:37 1994"), kRfcExample);
  for (auto bad : {"", "Sun, 06 Nov 1994 08:49:37", "Sun, 6 Nov 1994 08:49:37 GMT", "Sun, 31 Feb 1994 08:49:37 GMT", "yesterday"}) {
    EXPECT_FALSE(parse_http_date(bad)) << bad;
  }
}

TEST(Timestamps, ReadsSecondsSinceTheEpoch) {
  EXPECT_EQ(parse_epoch("1767323045"), kWhole);
  EXPECT_EQ(parse_epoch("1767323045.678"), kMoment);
  EXPECT_EQ(parse_epoch("1.767323045678E9"), kMoment);
  EXPECT_EQ(parse_epoch("-1.5"), Time(-1500ms));
  EXPECT_EQ(parse_epoch("0"), Time(0ms));
  for (auto bad : {"", "-", "1.", ".5", "1e99", "nane", "1,5", "253402300800", "1 "}) EXPECT_FALSE(parse_epoch(bad)) << bad;
}

TEST(Timestamps, Durations) {
  EXPECT_EQ(parse_duration("250ms"), 250ms);
  EXPECT_EQ(parse_duration("1s"), 1s);
  EXPECT_EQ(parse_duration("5m"), 5min);
  EXPECT_EQ(parse_duration("1h"), 1h);
  EXPECT_EQ(parse_duration("90d"), 24h * 90);
  for (auto bad : {"", "5", "s", "-1s", "1.5h", "1 s", "1w", "999999999999999999d"}) EXPECT_FALSE(parse_duration(bad)) << bad;
  for (auto d : {"0s", "250ms", "90s", "5m", "36h", "90d"}) EXPECT_EQ(format_duration(*parse_duration(d)), d);
  EXPECT_EQ(format_duration(120min), "2h");
}

}  // namespace
}  // namespace cairn::timestamps
