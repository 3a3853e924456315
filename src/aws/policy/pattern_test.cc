#include "aws/policy/pattern.h"

#include <gtest/gtest.h>

namespace cairn::aws::policy {
namespace {

// A pattern of many stars over a long value must not take exponential time; and characters are not bytes.
TEST(Pattern, takes_bounded_time_and_counts_characters) {
  const Context none;
  std::string stars;
  for (int i = 0; i < 200; ++i) stars += "*a";
  EXPECT_EQ(Pattern(stars + "b", Variables::kLiteral, Wildcards::kMatch).match(std::string(10'000, 'a'), none), Match::kNo);
  EXPECT_EQ(Pattern("?", Variables::kLiteral, Wildcards::kMatch).match("ü", none), Match::kYes);
  EXPECT_EQ(Pattern("a?c", Variables::kLiteral, Wildcards::kMatch).match("a字c", none), Match::kYes);
  EXPECT_EQ(Pattern("*?", Variables::kLiteral, Wildcards::kMatch).match("", none), Match::kNo);
}

TEST(Pattern, what_looks_like_a_variable_and_is_none_has_no_value) {
  const Context none;
  for (const char* text : {"${}", "${ }", "${a:b, unquoted}"})
    EXPECT_EQ(Pattern(text, Variables::kResolved, Wildcards::kLiteral).match(text, none), Match::kUnresolved) << text;
  EXPECT_EQ(Pattern("${open", Variables::kResolved, Wildcards::kLiteral).match("${open", none), Match::kYes);
  EXPECT_EQ(Pattern("$5", Variables::kResolved, Wildcards::kLiteral).match("$5", none), Match::kYes);
}

}  // namespace
}  // namespace cairn::aws::policy
