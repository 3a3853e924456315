#include <gtest/gtest.h>

#include <fstream>

#include "patterns/event/event_matcher.h"

namespace cairn::patterns {
namespace {

struct Case {
  size_t line = 0;
  std::string from, pattern, event, refused;
  bool matches = false;
};

std::vector<Case> cases() {
  std::ifstream file(CAIRN_SOURCE_DIR "/src/patterns/testdata/event_cases.txt");
  std::vector<Case> all;
  std::string line, from, pattern;
  for (size_t number = 1; std::getline(file, line); ++number) {
    if (line.empty() || line[0] == '#') continue;
    const size_t blank = line.find(' ');
    const std::string word = line.substr(0, blank), rest = line.substr(blank + 1);
    if (word == "from") {
      from = rest;
    } else if (word == "pattern") {
      pattern = rest;
    } else if (word == "refused") {
      std::string reason = rest;
      if (const size_t feed = reason.find("\\n"); feed != std::string::npos) reason.replace(feed, 2, "\n");
      all.push_back({number, from, pattern, "", reason, false});
    } else {
      EXPECT_TRUE(word == "yes" || word == "no") << line;
      all.push_back({number, from, pattern, rest, "", word == "yes"});
    }
  }
  return all;
}

/// What AWS documents and recorded answers, event-ruler's public cases, public templates: testdata/event_cases.txt.
TEST(EventPattern, MatchesAsTheCasesSay) {
  const std::vector<Case> all = cases();
  EXPECT_GE(all.size(), 300u);
  for (const Case& c : all) {
    SCOPED_TRACE(fmt::format("line {}: {} ({})", c.line, c.pattern, c.from));
    const Result<EventPattern, Refusal> pattern = EventPattern::read(c.pattern);
    if (!c.refused.empty()) {
      ASSERT_FALSE(pattern.has_value());
      EXPECT_EQ(pattern.error().message, c.refused);
      EXPECT_LE(pattern.error().offset, c.pattern.size());
      continue;
    }
    ASSERT_TRUE(pattern.has_value()) << pattern.error().message;
    EXPECT_EQ(EventMatcher(*pattern).matches(c.event), c.matches) << c.event;
  }
}

TEST(EventMatcher, ManyRulesAtOnceMatchAsEachAlone) {
  std::vector<EventPattern> patterns;
  std::vector<std::string> events;
  for (const Case& c : cases()) {
    if (!c.refused.empty()) continue;
    patterns.push_back(EventPattern::read(c.pattern).value());
    events.push_back(c.event);
  }
  std::vector<const EventPattern*> rules;
  std::vector<EventMatcher> alone;
  for (const EventPattern& pattern : patterns) {
    rules.push_back(&pattern);
    alone.emplace_back(pattern);
  }
  const EventMatcher together(rules);
  EventMatcher::Work work;
  std::vector<uint32_t> found, expected;
  for (const std::string& event : events) {
    expected.clear();
    for (uint32_t i = 0; i < alone.size(); ++i)
      if (alone[i].matches(event)) expected.push_back(i);
    (void)together.match(event, work, found);
    EXPECT_EQ(found, expected) << event;
  }
}

TEST(EventPattern, SaysWhereAPatternIsWrong) {
  // As AWS's parser stands when it complains: SNS shows the place, EventBridge only that of broken JSON.
  const auto column = [](std::string_view text) { return EventPattern::read(text).error().offset + 1; };
  EXPECT_EQ(column(R"({"key":[{"suffix":100}]})"), 22u);
  EXPECT_EQ(column(R"({"key":[{"exists":"no"}]})"), 20u);
  EXPECT_EQ(column(R"({"key":[{"exists":null}]})"), 23u);
  EXPECT_EQ(column(R"({"key":[{"suffix":[]}]})"), 20u);
  EXPECT_EQ(column(R"({"key":[{"cidr":["bad-filter"]}]})"), 18u);
  EXPECT_EQ(column(R"({"key":[{"anything-but":{"exists":false}}]})"), 40u);
  EXPECT_EQ(column(R"({"key":[{"anything-but":{"wrong-operator":null}}]})"), 47u);
  EXPECT_EQ(at_source("{\n \"a\": 1}", 9), "\n at [Source: (String)\"{\n \"a\": 1}\"; line: 2, column: 8]");
  EXPECT_EQ(at_source(std::string(510, 'x'), 0),
            "\n at [Source: (String)\"" + std::string(500, 'x') + "\"[truncated 10 chars]; line: 1, column: 1]");
}

TEST(EventPattern, CombinationsOfOrHaveALimit) {
  const auto nested = [](int levels) {
    std::string text = "{";
    for (int i = 0; i < levels; ++i) text += fmt::format(R"("x{}":{{"$or":[{{"a":[1]}},{{"b":[1]}}]}},)", i);
    return text + R"("z":[1]})";
  };
  EXPECT_EQ(EventPattern::read(nested(9))->alternatives().size(), 512u);
  EXPECT_FALSE(EventPattern::read(nested(10)).has_value());
}

TEST(EventMatcher, LargeArraysTakeNoMoreThanTheirSize) {
  // Ten thousand elements, none of which has both: the square of it would be a hundred million steps.
  std::string event = R"({"d":[)";
  for (int i = 0; i < 10'000; ++i) event += i % 2 == 0 ? R"({"a":1},)" : R"({"b":2},)";
  const EventMatcher both(EventPattern::read(R"({"d":{"a":[1],"b":[2]}})").value());
  EXPECT_FALSE(both.matches(event + "{}]}"));
  EXPECT_TRUE(both.matches(event + R"({"a":1,"b":2}]})"));
  const EventMatcher without(EventPattern::read(R"({"d":{"a":[1],"b":[{"exists":false}]}})").value());
  EXPECT_TRUE(without.matches(event + "{}]}"));
}

TEST(EventMatcher, SiblingArraysAreNoProduct) {
  std::string list;
  for (int i = 0; i < 2'000; ++i) list += R"({"v":1},)";
  const std::string event = fmt::format(R"({{"a":[{0}{{}}],"b":[{0}{{}}],"c":[{0}{{}}],"d":[{{"v":1}},{{"w":1}}]}})", list);
  EXPECT_TRUE(EventMatcher(EventPattern::read(R"({"a":{"v":[1]},"b":{"v":[1]},"c":{"v":[1]}})").value()).matches(event));
  EXPECT_FALSE(
      EventMatcher(EventPattern::read(R"({"a":{"v":[1]},"b":{"v":[1]},"c":{"v":[1]},"d":{"v":[1],"w":[1]}})").value()).matches(event));
}

TEST(EventMatcher, WildcardsTakeLinearTime) {
  std::string pattern;
  for (int i = 0; i < 200; ++i) pattern += "a*";
  const EventMatcher matcher(EventPattern::read(fmt::format(R"({{"x":[{{"wildcard":"*{}c*b"}}]}})", pattern)).value());
  EXPECT_FALSE(matcher.matches(fmt::format(R"({{"x":"{}b"}})", std::string(200'000, 'a'))));
}

TEST(EventMatcher, NamesOfManyFieldsAreFound) {
  std::string pattern = "{";
  for (int i = 0; i < 100; ++i) pattern += fmt::format(R"("field{}":[{}],)", i, i);
  std::string event = pattern + R"("last":["x"]})";
  const EventMatcher matcher(EventPattern::read(event).value());
  for (const char* bracket : {"[", "]"})
    for (size_t at = event.find(bracket); at != std::string::npos; at = event.find(bracket)) event.erase(at, 1);
  EXPECT_TRUE(matcher.matches(event));
  EXPECT_FALSE(matcher.matches(R"({"last":"x"})"));
}

}  // namespace
}  // namespace cairn::patterns
