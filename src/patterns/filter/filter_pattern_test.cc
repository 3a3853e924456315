#include "patterns/filter/filter_pattern.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "base/json.h"
#include "base/text.h"

namespace cairn::patterns {
namespace {

/// The word before the first blank, and what is behind it.
std::pair<std::string, std::string> first_word(const std::string& line) {
  const size_t blank = line.find(' ');
  return blank == std::string::npos ? std::pair{line, std::string()} : std::pair{line.substr(0, blank), line.substr(blank + 1)};
}

Json as_json(const std::vector<std::pair<std::string, std::string>>& extracted) {
  std::map<std::string, std::string> sorted(extracted.begin(), extracted.end());
  return Json(sorted);
}

/// AWS's documented examples, the public templates' patterns and what we decided: testdata/filter_cases.txt says how it is read.
TEST(FilterPattern, MatchesAsTheCasesSay) {
  std::ifstream file(CAIRN_SOURCE_DIR "/src/patterns/testdata/filter_cases.txt");
  std::string line, pattern, from, event;
  std::vector<std::string> fields;
  size_t cases = 0, number = 0;
  const auto compiled = [&] { return FilterPattern::compile(pattern, fields); };
  while (std::getline(file, line)) {
    ++number;
    if (line.empty() || line[0] == '#') continue;
    const auto [word, rest] = first_word(line);
    SCOPED_TRACE(fmt::format("line {}: {} {} ({})", number, pattern, line, from));
    if (word == "from") {
      from = rest;
    } else if (word == "pattern") {
      pattern = rest;
      fields.clear();
    } else if (word == "fields") {
      for (const std::string_view field : text::split(rest, ' ')) fields.emplace_back(field);
    } else if (word == "refused") {
      ++cases;
      const auto [offset, message] = first_word(rest);
      const Result<FilterPattern, Refusal> refused = compiled();
      ASSERT_FALSE(refused.has_value());
      EXPECT_EQ(refused.error().message, message);
      EXPECT_EQ(std::to_string(refused.error().offset), offset);
    } else {
      const Result<FilterPattern, Refusal> matcher = compiled();
      ASSERT_TRUE(matcher.has_value()) << matcher.error().message << " at " << matcher.error().offset;
      if (word == "yes" || word == "no") {
        ++cases;
        event = rest;
        EXPECT_EQ(matcher->matches(event), word == "yes");
      } else if (word == "shows") {
        EXPECT_EQ(as_json(matcher->extracted(event)), Json(json::parse(rest).value().get<std::map<std::string, std::string>>()));
      } else if (word == "values") {
        FilterPattern::Values values;
        EXPECT_TRUE(matcher->matches(event, values));
        Json all = Json::array();
        for (const auto& value : values) all.push_back(value ? Json(*value) : Json());
        EXPECT_EQ(all, json::parse(rest).value());
      } else {
        ADD_FAILURE() << "no such word";
      }
    }
  }
  EXPECT_GE(cases, 150u);
}

TEST(FilterPattern, ValuesThatAreNotThereAreNone) {
  const std::vector<std::string> fields = {"$.latency", "$.a.b", "$.list[*]"};
  const FilterPattern pattern = FilterPattern::compile("{ $.x = 1 }", fields).value();
  FilterPattern::Values values;
  ASSERT_TRUE(pattern.matches(R"({"x":1,"latency":null,"a":{"b":{}},"list":[1e400,2]})", values));
  EXPECT_EQ(values, (FilterPattern::Values{std::nullopt, std::nullopt, "1e400"}));  // a number as it was written
  const std::vector<std::string> ninth = {"$9"};
  ASSERT_TRUE(FilterPattern::compile("[a, ...]", ninth).value().matches("x y", values));
  EXPECT_EQ(values, FilterPattern::Values{std::nullopt});
}

TEST(FilterPattern, FieldsThatThePatternCannotHaveAreRefused) {
  const auto refused = [](std::string_view pattern, std::string field) {
    return !FilterPattern::compile(pattern, std::vector<std::string>{std::move(field)}).has_value();
  };
  EXPECT_TRUE(refused("ERROR", "$.a"));
  EXPECT_TRUE(refused("[a, b]", "$c"));
  EXPECT_TRUE(refused("[a, b]", "$0"));
  EXPECT_TRUE(refused("[a, b]", "a"));
  EXPECT_TRUE(refused("{ $.a = 1 }", "$a"));
  EXPECT_TRUE(refused("{ $.a = 1 }", "$.a b"));
  EXPECT_FALSE(refused("[a, b]", "$b"));
  EXPECT_FALSE(refused("{ $.a = 1 }", "$.b[0]"));
}

TEST(FilterPattern, KnowsItsKindAndItsRegularExpressions) {
  EXPECT_EQ(FilterPattern::compile("%a%")->kind(), FilterPattern::Kind::kTerms);
  EXPECT_EQ(FilterPattern::compile("%a%")->regex_count(), 1u);
  EXPECT_EQ(FilterPattern::compile("[a=%x%, b]")->regex_count(), 1u);
  EXPECT_EQ(FilterPattern::compile("[a=%x%, b]")->kind(), FilterPattern::Kind::kDelimited);
  EXPECT_EQ(FilterPattern::compile(" { $.a = %x% && $.b != %y% } ")->regex_count(), 2u);
  EXPECT_EQ(FilterPattern::compile("{ $.a = 1 }")->kind(), FilterPattern::Kind::kJson);
}

TEST(FilterPattern, TakesAThousandTwentyFourCharacters) {
  EXPECT_TRUE(FilterPattern::compile("\"" + std::string(1022, 'a') + "\"").has_value());
  std::string accents = "\"";
  for (int i = 0; i < 1022; ++i) accents += "é";
  EXPECT_TRUE(FilterPattern::compile(accents + "\"").has_value());
  EXPECT_FALSE(FilterPattern::compile("\"" + std::string(1023, 'a') + "\"").has_value());
}

TEST(FilterPattern, ReadsDeepParenthesesAndLongChains) {
  const std::string open(500, '('), close(500, ')');
  EXPECT_TRUE(FilterPattern::compile("{ " + open + "$.a = 1" + close + " }")->matches(R"({"a":1})"));
  std::string chain = "{$.a=0";
  while (chain.size() < 1000) chain += "||$.a=1";
  EXPECT_TRUE(FilterPattern::compile(chain + "}")->matches(R"({"a":1})"));
  EXPECT_FALSE(FilterPattern::compile(chain + "}")->matches(R"({"a":2})"));
}

TEST(NumberOf, IsTheWholeTextOrNone) {
  EXPECT_EQ(number_of("+1.5e3"), 1500);
  EXPECT_EQ(number_of("-0"), 0);
  EXPECT_EQ(number_of(".5"), 0.5);
  for (const char* none : {"", "+", "-", "+-1", "1x", "inf", "nan", "0x10", " 1", "1e", "."}) EXPECT_FALSE(number_of(none)) << none;
}

}  // namespace
}  // namespace cairn::patterns
