#include "rules/json_path.h"

#include <gtest/gtest.h>

namespace cairn::rules {
namespace {

std::string found(std::string_view path, std::string_view json) {
  const std::optional<JsonPath> read = JsonPath::parse(path);
  if (!read) return "(no path)";
  return read->find(json).value_or("(nothing)");
}

constexpr std::string_view kEvent = R"({"detail-type": "t", "detail": {"a": {"b": [1, {"c": "x"}, 1.10]}, "a/b_c-d": true, "n": null}})";

TEST(JsonPath, LeadsToValuesAsTheyAreWritten) {
  EXPECT_EQ(found("$", R"( {"a": 1} )"), R"({"a": 1})");
  EXPECT_EQ(found("$.detail-type", kEvent), R"("t")");
  EXPECT_EQ(found("$.detail.a", kEvent), R"({"b": [1, {"c": "x"}, 1.10]})");
  EXPECT_EQ(found("$.detail.a.b[1].c", kEvent), R"("x")");
  EXPECT_EQ(found("$.detail.a.b[2]", kEvent), "1.10");
  EXPECT_EQ(found("$.detail.a/b_c-d", kEvent), "true");
  EXPECT_EQ(found("$.detail.n", kEvent), "null");
}

TEST(JsonPath, AStarFindsAll) {
  EXPECT_EQ(found("$.detail.a.b[*]", kEvent), R"([1,{"c": "x"},1.10])");
  EXPECT_EQ(found("$.detail.a.b[*].c", kEvent), R"(["x"])");
  EXPECT_EQ(found("$.detail.a.*", kEvent), R"([[1, {"c": "x"}, 1.10]])");
  EXPECT_EQ(found("$.detail.x[*]", kEvent), "(nothing)");
}

TEST(JsonPath, WhatIsNotThereIsNotFound) {
  for (const char* path : {"$.x", "$.detail.a.b.c", "$.detail.a[0]", "$.detail.a.b[3]", "$.detail-type.x"})
    EXPECT_EQ(found(path, kEvent), "(nothing)") << path;
  EXPECT_EQ(found("$.a", R"({"a": 1)"), "(nothing)");
}

TEST(JsonPath, TheLastOfOneNameCounts) { EXPECT_EQ(found("$.a", R"({"a": 1, "a": 2, "\u0061": 3})"), "3"); }

TEST(JsonPath, TextsAreWithoutQuotes) {
  const auto text = [](std::string_view path) { return JsonPath::parse(path)->text_of(R"({"a": "b\"c", "n": 1.10, "o": {"x": "y"}})"); };
  EXPECT_EQ(text("$.a"), "b\"c");
  EXPECT_EQ(text("$.n"), "1.10");
  EXPECT_EQ(text("$.o"), R"({"x": "y"})");
  EXPECT_EQ(text("$.z"), "");
}

TEST(JsonPath, OthersAreNone) {
  for (const char* path : {"", "a", "detail.a", "$a", "$.", "$.a..b", "$.a[", "$.a[x]", "$.a[-1]", "$['a']", "$.a]", "$[1234567]"})
    EXPECT_EQ(found(path, kEvent), "(no path)") << path;
}

}  // namespace
}  // namespace cairn::rules
