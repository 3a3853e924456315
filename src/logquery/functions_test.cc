// Each function against what AWS's page "Boolean, comparison, numeric, datetime, and other functions" says of it.
#include "logquery/run_test.h"

namespace cairn::logquery {
namespace {

struct Row {
  const char* expression;
  const char* expected;
};

void expect(const std::vector<Row>& table, const std::string& message = "{}") {
  for (const Row& row : table) EXPECT_EQ(value(row.expression, message), row.expected) << row.expression;
}

TEST(Functions, Arithmetic) {
  expect({{"1 + 2", "3"},
          {"5 - 7", "-2"},
          {"3 * 4", "12"},
          {"1 / 4", "0.25"},
          {"2 ^ 3", "8"},
          {"10 % 3", "1"},
          {"2 + 3 * 4", "14"},
          {"(2 + 3) * 4", "20"},
          {"-2 ^ 2", "4"},
          {"2 ^ 3 ^ 2", "512"},
          {"10 - 3 - 2", "5"},
          {"1 / 0", "-"},
          {"1 / 3", "0.3333"},
          {"128000000 / 1024 / 1024", "122.0703"},
          {"missing + 1", "-"},
          {"'2' * '3'", "6"},
          {"'a' * 3", "-"}});
}

TEST(Functions, Numbers) {
  expect({{"abs(-5)", "5"},
          {"abs(3 - 5)", "2"},
          {"ceil(3.14)", "4"},
          {"floor(3.14)", "3"},
          {"floor(-1.5)", "-2"},
          {"greatest(1, 5, 3)", "5"},
          {"least(4, 2, 3)", "2"},
          {"log(1)", "0"},
          {"log(0)", "-"},
          {"sqrt(16)", "4"},
          {"sqrt(-1)", "-"},
          {"ABS(-5)", "5"}});
}

TEST(Functions, Texts) {
  expect({{"concat('a', '-', 'b')", "a-b"},
          {"concat(missing, 'b')", "b"},
          {R"(ltrim("xyZxyfooxyZ","xyZ"))", "fooxyZ"},
          {R"(rtrim("xyZfooxyxyZ","xyZ"))", "xyZfoo"},
          {R"(trim("xyZxyfooxyxyZ","xyZ"))", "foo"},
          {"trim('  a b ')", "a b"},
          {"ltrim('  a ')", "a "},
          {"rtrim('  a ')", "  a"},
          {"strlen('żółw')", "4"},
          {"strlen(missing)", "-"},
          {"toupper('abc1')", "ABC1"},
          {"tolower('ABC1')", "abc1"},
          {R"(substr("xyZfooxyZ",3, 3))", "foo"},
          {R"(substr("xyZfooxyZ",3))", "fooxyZ"},
          {"substr('żółw', 1, 2)", "ół"},
          {"substr('abc', 5)", ""},
          {"replace('smoke_test and smoke_test', 'smoke_test', 'Smoke')", "Smoke and Smoke"},
          {"strcontains('Exception here', 'here')", "1"},
          {"strcontains('Exception here', 'Here')", "0"},
          {"isempty('')", "1"},
          {"isempty(missing)", "1"},
          {"isempty('a')", "0"},
          {"isblank(' ')", "1"},
          {"isblank(missing)", "1"},
          {"isblank('a')", "0"}});
}

TEST(Functions, WhatIsThere) {
  expect({{"ispresent(a)", "1"},
          {"ispresent(b)", "0"},
          {"ispresent(n)", "0"},
          {"coalesce(b, n, a)", "x"},
          {"coalesce(b, 'otherwise')", "otherwise"},
          {"if(a = 'x', 'yes', 'no')", "yes"}},
         R"({"a":"x","n":null})");
}

TEST(Functions, Times) {
  expect({{"bin(5m)", "2026-01-01 12:00:00.000"},
          {"datefloor(fromMillis(1767268923456), 1h)", "2026-01-01 12:00:00.000"},
          {"datefloor(fromMillis(1767268923456), 5s)", "2026-01-01 12:02:00.000"},
          {"dateceil(fromMillis(1767268923456), 1h)", "2026-01-01 13:00:00.000"},
          {"dateceil(fromMillis(1767268800000), 1h)", "2026-01-01 12:00:00.000"},
          {"fromMillis(1642195111000)", "2022-01-14 21:18:31.000"},
          {"toMillis(fromMillis(1642195111000))", "1642195111000"},
          {"toMillis(@timestamp)", "1767268800000"},
          {"@timestamp", "2026-01-01 12:00:00.000"},
          {"now()", "1767272400"},
          {"datefloor(fromMillis(1767268923456), 1d)", "2026-01-01 00:00:00.000"},
          {"datefloor(fromMillis(1767268923456), 1mo)", "2026-01-01 00:00:00.000"},
          {"datefloor(fromMillis(1789000000000), 1q)", "2026-07-01 00:00:00.000"},
          {"dateceil(fromMillis(1789000000000), 1y)", "2027-01-01 00:00:00.000"},
          {"dateceil(fromMillis(1789000000000), 9000y)", "-"},  // behind the year 9999
          {"dateceil(fromMillis(1789000000000), 65600y)", "-"},
          {"dateceil(fromMillis(1789000000000), 1000000w)", "-"},
          {"datefloor(fromMillis(1789000000000), 2hrs)", "2026-09-10 00:00:00.000"},
          {"datefloor(fromMillis(1767268923456), 500ms)", "2026-01-01 12:02:03.000"}});
}

TEST(Functions, Addresses) {
  expect({{"isValidIp('192.0.2.1')", "1"},
          {"isValidIp('2001:db8::1')", "1"},
          {"isValidIp('192.0.2')", "0"},
          {"isValidIp(missing)", "0"},
          {"isValidIpV4('192.0.2.1')", "1"},
          {"isValidIpV4('2001:db8::1')", "0"},
          {"isValidIpV6('2001:db8::1')", "1"},
          {"isIpInSubnet('192.0.2.77', '192.0.2.0/24')", "1"},
          {"isIpInSubnet('192.0.3.77', '192.0.2.0/24')", "0"},
          {"isIpInSubnet('2001:db8::5', '2001:db8::/32')", "1"},
          {"isIpv4InSubnet('192.0.2.129', '192.0.2.128/25')", "1"},
          {"isIpv4InSubnet('192.0.2.1', '192.0.2.128/25')", "0"},
          {"isIpv4InSubnet('2001:db8::5', '2001:db8::/32')", "0"},
          {"isIpv6InSubnet('2001:db8::5', '2001:db8::/32')", "1"},
          {"isIpv4InSubnet('192.0.2.1', '192.0.2.0')", "0"},
          {"isIpv4InSubnet('192.0.2.1', '0.0.0.0/0')", "1"}});
}

TEST(Functions, Json) {
  expect({{"jsonParse('{\"a\": {\"b\": [1, \"two\"]}}')", R"({"a": {"b": [1, "two"]}})"},
          {"jsonParse('nothing')", "-"},
          {"jsonStringify(jsonParse('[1]'))", "[1]"}});
  EXPECT_EQ(rows("fields jsonParse(@message) as j | fields j.a.b[1] as x, j.a as y | display x, y", {R"({"a": {"b": [1, "two"]}})"}),
            Lines{R"(x=two y={"b": [1, "two"]})"});
}

TEST(Functions, AreRefused) {
  EXPECT_EQ(value("nosuch(1)"), "! Unknown function: nosuch");
  EXPECT_EQ(value("strlen()"), "! Wrong number of arguments for function strlen");
  EXPECT_EQ(value("split('a b', ' ')"), "! The function split is not implemented.");
  EXPECT_EQ(value("count(*)"), "! The function count can be used in stats only");
}

TEST(Functions, CannotFillTheMemory) {
  const std::string grow = "replace(replace(@message, 'a', @message), 'a', @message)";
  EXPECT_FALSE(run("fields " + grow + " as x", {std::string(2000, 'a')}).has_value());
  std::string often = "fields 1 as x";
  for (int i = 0; i < 40; ++i) often += fmt::format(", concat(@message, '{}') as x{}", i, i);
  EXPECT_FALSE(run(often, {std::string(500'000, 'a')}).has_value());
  EXPECT_TRUE(run(often, {std::string(5'000, 'a')}).has_value());
  std::string list = "[0";
  for (int i = 0; i < 1000; ++i) list += ",0";
  const std::string unnest = "fields jsonParse(@message) as j | unnest j into a | unnest j into b";
  EXPECT_FALSE(run(unnest + " | stats count(*)", {list + "]"}).has_value());
  EXPECT_TRUE(run(unnest + " | stats count(*)", {"[0,1,2]"}).has_value());
  std::string greatest = "greatest(0";
  for (int i = 0; i < 600; ++i) greatest += ", strlen(-1)";
  const std::string small = "fields jsonParse(@message) as j | unnest j into a | filter " + greatest + ") > 2";
  EXPECT_FALSE(run(small, {list + "]"}).has_value());  // many small texts
  EXPECT_TRUE(run(small, {"[0,1,2]"}).has_value());
}

}  // namespace
}  // namespace cairn::logquery
