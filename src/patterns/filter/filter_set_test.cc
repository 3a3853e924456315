#include "patterns/filter/filter_set.h"

#include <gtest/gtest.h>

namespace cairn::patterns {
namespace {

TEST(FilterSet, says_of_each_what_it_says_alone) {
  std::vector<FilterPattern> patterns;
  for (const char* text :
       {"ERROR", "{ $.a = 1 }", R"({ $.a.b = "x*" && $.c NOT EXISTS })", "[ip, code=4*]", R"({ ($.e[0] = "p") || ($.e[*] = "q") })",
        "{ $.c NOT EXISTS }", "{ $.a IS NULL }", "", R"({ $.a = 1 && $.c = 2 })", "%[0-9]{3}%", R"({ $.a.b = "xy" || $.f IS TRUE })"})
    patterns.push_back(FilterPattern::compile(text).value());
  const FilterSet set(patterns);
  for (const char* event :
       {"ERROR here", "10.0.0.1 404", R"({"a":1})", R"({"a":1,"c":2})", R"({"a":{"b":"xyz"}})", R"({"a":{"b":"xy"},"c":null})",
        R"({"e":["q","p"]})", R"({"e":["p"]})", R"({"a":null,"f":true})", "{}", "[]", "", R"({"a":1)", R"({"a":2,"a":1})"}) {
    const std::vector<char> matches = set.match(event);
    ASSERT_EQ(matches.size(), patterns.size());
    for (size_t i = 0; i < patterns.size(); ++i) EXPECT_EQ(matches[i] != 0, patterns[i].matches(event)) << i << " " << event;
  }
  EXPECT_TRUE(FilterSet({}).match("x").empty());
}

}  // namespace
}  // namespace cairn::patterns
