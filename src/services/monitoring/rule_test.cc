#include "services/monitoring/rule.h"

#include <gtest/gtest.h>

#include <map>

namespace cairn::cloudwatch {
namespace {

bool holds(std::string_view text, const std::map<std::string, std::string>& states = {}) {
  const auto rule = AlarmRule::read(text);
  EXPECT_TRUE(rule.has_value()) << text << ": " << (rule ? "" : rule.error().message);
  if (!rule) return false;
  return rule->holds([&](const std::string& alarm) {
    const auto found = states.find(alarm);
    return found == states.end() ? std::string() : found->second;
  });
}

TEST(AlarmRule, states_and_operators) {
  const std::map<std::string, std::string> states = {
      {"a", "ALARM"}, {"b", "OK"}, {"c d", "INSUFFICIENT_DATA"}, {"arn:aws:cloudwatch:us-east-1:111122223333:alarm:x", "ALARM"}};
  EXPECT_TRUE(holds("ALARM(a)", states));
  EXPECT_TRUE(holds(R"(ALARM("a") AND OK('b'))", states));
  EXPECT_TRUE(holds("INSUFFICIENT_DATA(c d)", states));
  EXPECT_TRUE(holds("ALARM(arn:aws:cloudwatch:us-east-1:111122223333:alarm:x)", states));
  EXPECT_FALSE(holds("ALARM(b) OR ALARM(gone)", states));
  EXPECT_TRUE(holds("NOT ALARM(b)", states));
  EXPECT_TRUE(holds("FALSE OR NOT (FALSE AND TRUE)"));
  EXPECT_TRUE(holds("TRUE OR TRUE AND FALSE")) << "AND binds more tightly";
  EXPECT_FALSE(holds("NOT TRUE OR FALSE"));
  EXPECT_TRUE(holds("AT_LEAST(2, ALARM, (a, b, arn:aws:cloudwatch:us-east-1:111122223333:alarm:x))", states));
  EXPECT_FALSE(holds("AT_LEAST(2, OK, (a, b))", states));
  EXPECT_TRUE(holds("AT_LEAST(50%, OK, (a, b))", states));
}

TEST(AlarmRule, children_once_each) {
  const auto rule = AlarmRule::read("ALARM(a) OR (OK(\"b\") AND ALARM(a)) OR AT_LEAST(1, OK, (c, b))");
  ASSERT_TRUE(rule.has_value());
  EXPECT_EQ(rule->children(), (std::vector<std::string>{"a", "b", "c"}));
}

TEST(AlarmRule, what_is_no_rule) {
  for (const char* text :
       {"", "ALARM", "ALARM()", "ALARM(a", "ALARM(a) AND", "AND ALARM(a)", "ALARM(a) ALARM(b)", "(TRUE", "TRUE)", "alarm(a)", "ALARM(\"a)",
        "AT_LEAST(0, ALARM, (a))", "AT_LEAST(3, ALARM, (a, b))", "AT_LEAST(101%, ALARM, (a))", "NOTTRUE", "WARN(a)"})
    EXPECT_FALSE(AlarmRule::read(text).has_value()) << text;
  EXPECT_FALSE(AlarmRule::read(std::string(10'000, '(')).has_value());
  std::string many = "TRUE";
  for (int i = 0; i < 600; ++i) many += " OR TRUE";
  EXPECT_FALSE(AlarmRule::read(many).has_value());
  std::string nots;
  for (int i = 0; i < 2000; ++i) nots += "NOT ";
  EXPECT_FALSE(AlarmRule::read(nots + "TRUE").has_value());
}

}  // namespace
}  // namespace cairn::cloudwatch
