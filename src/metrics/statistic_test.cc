#include "metrics/statistic.h"

#include <gtest/gtest.h>

#include <cmath>

namespace cairn::metrics {
namespace {

Summary many(const std::vector<double>& values) {
  Summary summary;
  for (const double value : values) summary.add(Summary::of(value));
  return summary;
}

double of(std::string_view name, const Summary& summary) {
  const auto statistic = Statistic::parse(name);
  EXPECT_TRUE(statistic.has_value()) << name;
  return statistic->of(summary).value_or(NAN);
}

TEST(Statistic, of_ten_values) {
  const Summary summary = many({10, 1, 2, 3, 4, 5, 6, 7, 8, 9});
  EXPECT_EQ(of("SampleCount", summary), 10);
  EXPECT_EQ(of("Sum", summary), 55);
  EXPECT_EQ(of("Average", summary), 5.5);
  EXPECT_EQ(of("Minimum", summary), 1);
  EXPECT_EQ(of("Maximum", summary), 10);
  EXPECT_EQ(of("p50", summary), 5);
  EXPECT_EQ(of("p90", summary), 9);
  EXPECT_EQ(of("p99.9", summary), 10);
  EXPECT_EQ(of("p0", summary), 1);
  EXPECT_EQ(of("p100", summary), 10);
  EXPECT_EQ(of("tm90", summary), 5);
  EXPECT_EQ(of("TM(10%:90%)", summary), 5.5);
  EXPECT_EQ(of("TM(20%:)", summary), 6.5);
  EXPECT_EQ(of("tc90", summary), 9);
  EXPECT_EQ(of("ts90", summary), 45);
  EXPECT_EQ(of("wm90", summary), 5.4) << "10 counts as 9";
  EXPECT_EQ(of("IQM", summary), 5.5);
}

TEST(Statistic, names_that_are_none) {
  for (const char* name : {"", "sum", "p", "p101", "pp9", "p-1", "tm(1:2)", "TM(90%:10%)", "TM(a%:b%)", "PR(1:2)", "q50", "p1e1"})
    EXPECT_FALSE(Statistic::parse(name).has_value()) << name;
}

TEST(Statistic, no_percentiles_of_what_is_not_known) {
  Summary summary = Summary::of_statistics(10, 45, 0, 9);
  EXPECT_TRUE(std::isnan(of("p50", summary)));
  EXPECT_EQ(of("p50", Summary::of_statistics(10, 50, 5, 5)), 5) << "all are the same";
  summary.add(Summary::of(3));
  EXPECT_TRUE(std::isnan(of("p50", summary)));
  EXPECT_EQ(of("Sum", summary), 48);
  EXPECT_TRUE(std::isnan(of("p50", many({-1, 2})))) << "nor of negative numbers";
}

TEST(Statistic, percentiles_of_very_many_values_are_near) {
  Summary summary;
  for (int i = 1; i <= 100'000; ++i) summary.add(Summary::of(i));
  EXPECT_LE(summary.values().size(), Summary::kValuesMax);
  for (const auto& [name, value] : {std::pair{"p10", 10'000.0}, {"p50", 50'000.0}, {"p99", 99'000.0}})
    EXPECT_NEAR(of(name, summary), value, value * 0.05);
  EXPECT_EQ(of("Maximum", summary), 100'000);
}

}  // namespace
}  // namespace cairn::metrics
