#include "services/monitoring/math.h"

#include <gtest/gtest.h>

namespace cairn::cloudwatch {
namespace {

class MathTest : public testing::Test {
 protected:
  MathTest() {
    series_["a"] = {.id = "a", .label = "a", .start = 0, .end = 240, .period = 60, .points = {{0, 10}, {60, 20}, {180, 40}}};
    series_["b"] = {.id = "b", .label = "b", .start = 0, .end = 240, .period = 60, .points = {{0, 1}, {120, 3}, {180, 0}}};
  }

  Value value(const std::string& text) {
    Surroundings surroundings{.value_of = {}, .metrics = {}, .start = 0, .end = 240, .period = 60};
    surroundings.value_of = [&](const std::string& id) -> Value {
      if (!series_.contains(id)) throw MathError{"no such id"};
      return series_.at(id);
    };
    surroundings.metrics = [&](const std::string& part) {
      std::vector<Series> found;
      for (const auto& [id, series] : series_)
        if (id.find(part) != std::string::npos) found.push_back(series);
      return found;
    };
    return evaluate(read_expression(text).value(), surroundings);
  }
  /// "0:10 60:20"; a number; "error".
  std::string shown(const std::string& text) {
    try {
      const Value found = value(text);
      if (const double* number = std::get_if<double>(&found)) return fmt::format("{}", *number);
      if (std::holds_alternative<std::vector<Series>>(found)) return "array";
      std::string out;
      for (const auto& [time, point] : std::get<Series>(found).points) out += fmt::format("{}{}:{}", out.empty() ? "" : " ", time, point);
      return out;
    } catch (const MathError& error) {
      return error.is_unknown ? "unknown" : "error";
    }
  }

  std::map<std::string, Series> series_;
};

TEST_F(MathTest, numbers) {
  EXPECT_EQ(shown("1 + 2 * 3 ^ 2 - 4 / 2"), "17");
  EXPECT_EQ(shown("-(1 + 2) * -2"), "6");
  EXPECT_EQ(shown("2 ^ 3 ^ 2"), "512");
  EXPECT_EQ(shown("1 < 2 && 2 >= 2"), "1");
  EXPECT_EQ(shown("1 == 2 OR 1 != 1"), "0");
  EXPECT_EQ(shown("1 / 0"), "error");
  EXPECT_EQ(shown("1.5e2"), "150");
}

TEST_F(MathTest, series) {
  EXPECT_EQ(shown("a + b"), "0:11 180:40") << "where both have a value";
  EXPECT_EQ(shown("a / b"), "0:10") << "and none where it would be divided by zero";
  EXPECT_EQ(shown("a * 2 - 1"), "0:19 60:39 180:79");
  EXPECT_EQ(shown("100 - a"), "0:90 60:80 180:60");
  EXPECT_EQ(shown("a > 15"), "0:0 60:1 180:1");
  EXPECT_EQ(shown("-a"), "0:-10 60:-20 180:-40");
  EXPECT_EQ(shown("ABS(0 - a)"), "0:10 60:20 180:40");
}

TEST_F(MathTest, reductions) {
  EXPECT_EQ(shown("SUM(a)"), "70");
  EXPECT_EQ(shown("AVG(b)"), fmt::format("{}", 4.0 / 3));
  EXPECT_EQ(shown("a - MIN(a)"), "0:0 60:10 180:30");
  EXPECT_EQ(shown("SUM([a, b])"), "0:11 60:20 120:3 180:40") << "what is missing counts nothing";
  EXPECT_EQ(shown("MAX(METRICS())"), "0:10 60:20 120:3 180:40");
  EXPECT_EQ(shown("AVG(a, b)"), "0:5.5 60:20 120:3 180:20");
  EXPECT_EQ(shown("METRICS(\"b\") + 1"), "array");
  EXPECT_EQ(shown("SUM(METRICS('b'))"), "0:1 120:3 180:0");
  EXPECT_EQ(shown("METRIC_COUNT(METRICS())"), "2");
  EXPECT_EQ(shown("DATAPOINT_COUNT(a)"), "3");
}

TEST_F(MathTest, fill_if_and_the_rest) {
  EXPECT_EQ(shown("FILL(a, 0)"), "0:10 60:20 120:0 180:40");
  EXPECT_EQ(shown("FILL(a, REPEAT)"), "0:10 60:20 120:20 180:40");
  EXPECT_EQ(shown("FILL(a, LINEAR)"), "0:10 60:20 120:30 180:40");
  EXPECT_EQ(shown("FILL(a, b)"), "0:10 60:20 120:3 180:40");
  EXPECT_EQ(shown("IF(a > 15, a, 0)"), "0:0 60:20 180:40");
  EXPECT_EQ(shown("IF(a > 15, a)"), "60:20 180:40");
  EXPECT_EQ(shown("IF(1, a, b)"), "0:10 60:20 180:40");
  EXPECT_EQ(shown("PERIOD(a)"), "60");
  EXPECT_EQ(shown("RATE(a)"), fmt::format("60:{} 180:{}", 10.0 / 60, 20.0 / 120));
  EXPECT_EQ(shown("DIFF(a)"), "60:10 180:20");
  EXPECT_EQ(shown("DIFF_TIME(a)"), "60:60 180:120");
  EXPECT_EQ(shown("RUNNING_SUM(a)"), "0:10 60:30 180:70");
  EXPECT_EQ(shown("TIME_SERIES(5)"), "0:5 60:5 120:5 180:5");
  EXPECT_EQ(shown("FIRST(METRICS())"), "0:10 60:20 180:40");
  EXPECT_EQ(shown("CEIL(a / 3)"), "0:4 60:7 180:14");
}

TEST_F(MathTest, what_is_wrong) {
  for (const char* text : {"SUM()", "PERIOD(1)", "FILL(1, 0)", "c", "RATE(5)", "METRICS(a)", "'text'", "REPEAT", "IF(METRICS(), 1, 0)",
                           "[1]", "LOG(a, 2)", "OR(a)", "AND(a, a, a)"})
    EXPECT_EQ(shown(text), "error") << text;
  for (const char* text : {"SEARCH('x')", "FANCY(a)", "ANOMALY_DETECTION_BAND(a)"}) EXPECT_EQ(shown(text), "unknown") << text;
  for (const char* text : {"", "a +", "(a", "a)", "a b", "SUM(a", "[a", "'a", "1..2.3.4e", "+", "a ** b", "#"})
    EXPECT_FALSE(read_expression(text).has_value()) << text;
  EXPECT_FALSE(read_expression(std::string(5000, '(')).has_value());
  EXPECT_FALSE(read_expression(std::string(5000, '-')).has_value());
  std::string many = "1";
  for (int i = 0; i < 2000; ++i) many += "+1";
  EXPECT_FALSE(read_expression(many).has_value());
}

TEST_F(MathTest, ids_that_stand_for_expressions_go_only_so_deep) {
  std::string long_sum = "next";
  for (int i = 0; i < 900; ++i) long_sum += "+1";
  const Expression expression = read_expression(long_sum).value();
  Surroundings surroundings{.value_of = {}, .metrics = {}, .start = 0, .end = 240, .period = 60};
  int left = 0;
  surroundings.value_of = [&](const std::string&) -> Value { return left-- > 0 ? evaluate(expression, surroundings) : Value(1.0); };
  EXPECT_EQ(std::get<double>(evaluate(expression, surroundings)), 901);
  left = 500;
  EXPECT_THROW(evaluate(expression, surroundings), MathError);
}

TEST_F(MathTest, so_many_points_are_computed_and_no_more) {
  series_["a"].end = series_["b"].end = 190'000 * 60;
  std::string sum = "0";
  for (int i = 0; i < 10; ++i) sum += " + DATAPOINT_COUNT(FILL(a, 0))";
  EXPECT_EQ(shown(sum), "1900000");
  for (int i = 0; i < 2; ++i) sum += " + DATAPOINT_COUNT(FILL(a, 0))";
  EXPECT_EQ(shown(sum), "error");
}

}  // namespace
}  // namespace cairn::cloudwatch
