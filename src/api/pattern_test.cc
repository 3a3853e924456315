#include "api/pattern.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "aws/model.h"

namespace cairn::api {
namespace {

TEST(Pattern, TheWholeTextMustMatch) {
  EXPECT_TRUE(matches_pattern("[a-z]+", "abc"));
  EXPECT_FALSE(matches_pattern("[a-z]+", "abc1"));
  EXPECT_FALSE(matches_pattern("[a-z]+", ""));
  EXPECT_TRUE(matches_pattern("^[a-z]*$", ""));
}

TEST(Pattern, JavasUnicodeEscapesAreUnderstood) {
  EXPECT_TRUE(matches_pattern("[\\u0020-\\u00FF]+", "Grüße"));
  EXPECT_FALSE(matches_pattern("[\\u0020-\\u00FF]+", "日本"));
  EXPECT_TRUE(matches_pattern("[\\u0020-\\uD7FF\\uD800\\uDC00-\\uDBFF\\uDFFF]*", "日本 🪨"));
  EXPECT_EQ(re2_pattern("\\uD800\\uDC00\\\\u0041\\u00"), "\\x{10000}\\\\u0041\\u00");
}

TEST(Pattern, LongTextsTakeLinearTime) {
  const std::string text(1 << 20, 'a');
  EXPECT_FALSE(matches_pattern("(a+)+b", text));
  EXPECT_FALSE(matches_pattern("([a-zA-Z0-9]+[-_]?)*!", text));
}

// These look ahead or behind, which no linear matcher does; their lengths are checked still.
TEST(Pattern, AllPatternsOfTheTablesButTheseAreChecked) {
  const std::set<std::string> expected = {"events PathParameter",  "iam accountAliasType",           "lambda Alias",
                                          "lambda CollectionName", "lambda FunctionUrlFunctionName", "lambda FunctionUrlQualifier",
                                          "lambda S3Bucket"};
  std::set<std::string> skipped;
  for (std::string_view key : aws::service_model_keys())
    for (const auto& [name, shape] : aws::service_model(key)->shapes)
      if (!shape.pattern.empty() && !is_pattern_usable(shape.pattern)) skipped.insert(fmt::format("{} {}", key, name));
  EXPECT_EQ(skipped, expected);
}

}  // namespace
}  // namespace cairn::api
