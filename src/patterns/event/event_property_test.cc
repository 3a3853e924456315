// Random patterns and events: all rules at once, each alone, and a plain reading of AWS's definition must agree.
#include <gtest/gtest.h>

#include <map>
#include <random>

#include "base/json.h"
#include "base/text.h"
#include "patterns/event/event_matcher.h"
#include "patterns/event/value.h"

namespace cairn::patterns {
namespace {

using Memberships = std::map<int, int>;  // of each array around a value: which element it is in
struct Leaf {
  std::string path;
  Json value;
  Memberships in;
};

void flatten(const Json& value, const std::string& path, const Memberships& in, int& arrays, std::vector<Leaf>& leaves) {
  if (value.is_object()) {
    for (const auto& [name, inner] : value.items()) flatten(inner, path.empty() ? name : path + "." + name, in, arrays, leaves);
  } else if (value.is_array()) {
    const int array = arrays++;
    for (size_t i = 0; i < value.size(); ++i) {
      Memberships inner = in;
      if (value[i].is_structured()) inner[array] = static_cast<int>(i);
      flatten(value[i], path, inner, arrays, leaves);
    }
  } else {
    leaves.push_back({path, value, in});
  }
}

bool passes(const Test& test, const Json& value) {
  const std::string text = value.is_string() ? value.get<std::string>() : "";
  const bool string = value.is_string();
  switch (test.kind) {
    case Test::Kind::kString:
      return string && text == test.text;
    case Test::Kind::kLiteral:
      return !string && value.dump() == test.text;
    case Test::Kind::kNumber:
      return value.is_number() && value.get<double>() == test.low;
    case Test::Kind::kRange: {
      if (!value.is_number()) return false;
      const double v = value.get<double>();
      return (test.low_open ? v > test.low : v >= test.low) && (test.high_open ? v < test.high : v <= test.high);
    }
    case Test::Kind::kPrefix:
      return string && text.starts_with(test.text);
    case Test::Kind::kSuffix:
      return string && text.ends_with(test.text);
    case Test::Kind::kEqualIgnoringCase:
      return string && text::lower(text) == test.text;
    case Test::Kind::kPrefixIgnoringCase:
      return string && text::lower(text).starts_with(test.text);
    case Test::Kind::kSuffixIgnoringCase:
      return string && text::lower(text).ends_with(test.text);
    case Test::Kind::kWildcard: {
      std::vector<char> reached(text.size() + 1);  // by the pattern so far, from the text's beginning
      reached[0] = 1;
      for (const char c : test.text) {
        std::vector<char> next(text.size() + 1);
        for (size_t i = 0; i <= text.size(); ++i) {
          if (reached[i] == 0) continue;
          if (c != '*' && i < text.size() && text[i] == c) next[i + 1] = 1;
          if (c == '*') std::fill(next.begin() + static_cast<std::ptrdiff_t>(i), next.end(), 1);
        }
        reached = next;
      }
      return string && reached[text.size()] != 0;
    }
    case Test::Kind::kAddress:
      return string && address_of(text) == test.address;
    case Test::Kind::kCidr: {
      const std::optional<Address> address = address_of(text);
      return string && address && is_within(*address, test.address, test.prefix_bits);
    }
    case Test::Kind::kExists:
      return true;
    case Test::Kind::kAnythingBut:
      return std::none_of(test.but.begin(), test.but.end(), [&](const Test& one) { return passes(one, value); });
    case Test::Kind::kAbsent:
      return false;
  }
  return false;
}

/// `in` and `more` together; nullopt if they name different elements of one array.
std::optional<Memberships> merged(Memberships in, const Memberships& more) {
  for (const auto& [array, element] : more)
    if (const auto [place, is_new] = in.try_emplace(array, element); !is_new && place->second != element) return std::nullopt;
  return in;
}

bool fits(const EventPattern::Alternative& fields, size_t i, const std::vector<Leaf>& leaves, const Memberships& in) {
  if (i == fields.size()) return true;
  bool present = false;
  for (const Leaf& leaf : leaves) {
    if (leaf.path != fields[i].path) continue;
    const std::optional<Memberships> with = merged(in, leaf.in);
    if (!with) continue;
    present = true;
    for (const Test& test : fields[i].any_of)
      if (passes(test, leaf.value) && fits(fields, i + 1, leaves, *with)) return true;
  }
  const auto absent = [](const Test& test) { return test.kind == Test::Kind::kAbsent; };
  return !present && std::any_of(fields[i].any_of.begin(), fields[i].any_of.end(), absent) && fits(fields, i + 1, leaves, in);
}

std::vector<Leaf> leaves_of(const std::string& event) {
  std::vector<Leaf> leaves;
  int arrays = 0;
  flatten(json::parse(event).value(), "", {}, arrays, leaves);
  return leaves;
}

bool matches_plainly(const EventPattern& pattern, const std::vector<Leaf>& event) {
  return std::any_of(pattern.alternatives().begin(), pattern.alternatives().end(),
                     [&](const EventPattern::Alternative& alternative) { return fits(alternative, 0, event, {}); });
}

class Maker {
 public:
  explicit Maker(uint32_t seed) : random_(seed) {}

  Json pattern(int depth = 0) {
    Json object = Json::object();
    for (int i = pick(3); i >= 0; --i) {
      const std::string name = names();
      if (depth < 3 && pick(3) == 0) object[name] = pattern(depth + 1);
      else object[name] = tests();
    }
    if (depth < 2 && pick(6) == 0) object["$or"] = Json::array({pattern(depth + 1), pattern(depth + 1)});
    return object;
  }
  Json event(int depth = 0) {
    Json object = Json::object();
    for (int i = 2 + pick(3); i >= 0; --i) object[names()] = value(depth + 1);
    return object;
  }

 private:
  int pick(int below) { return static_cast<int>(random_() % static_cast<uint32_t>(below)); }
  std::string names() { return std::string(1, "abcd"[pick(4)]); }
  std::string strings() {
    constexpr const char* kStrings[] = {"", "x", "xy", "xyx", "X", "yXy", "10.0.0.1", "10.0.1.1", "abc"};
    return kStrings[pick(9)];
  }
  Json value(int depth) {
    const int kind = pick(depth > 4 ? 5 : 9);
    if (kind < 3) return strings();
    if (kind == 3) return pick(4) - 1;
    if (kind == 4) return pick(2) == 0 ? Json() : Json(pick(2) == 0);
    if (kind < 7) return event(depth + 1);
    Json array = Json::array();
    for (int i = pick(4); i > 0; --i) array.push_back(value(depth + 1));
    return array;
  }
  Json tests() {
    Json all = Json::array();
    for (int i = pick(2); i >= 0; --i) all.push_back(test());
    return all;
  }
  Json test() {
    switch (pick(14)) {
      case 0:
        return Json{{"prefix", strings()}};
      case 1:
        return Json{{"suffix", strings()}};
      case 2:
        return Json{{"equals-ignore-case", strings()}};
      case 3:
        return Json{{"prefix", {{"equals-ignore-case", strings()}}}};
      case 4:
        return Json{{"suffix", {{"equals-ignore-case", strings()}}}};
      case 5:
        return Json{{"wildcard", pick(2) == 0 ? "*" + strings() : strings() + "*y*"}};
      case 6:
        return Json{{"exists", pick(2) == 0}};
      case 7:
        return Json{{"anything-but", pick(2) == 0 ? Json(strings()) : Json::array({1, 2})}};
      case 8:
        return Json{{"anything-but", {{pick(2) == 0 ? "prefix" : "suffix", Json::array({"x", "a"})}}}};
      case 9:
        return Json{{"anything-but", {{pick(2) == 0 ? "wildcard" : "equals-ignore-case", pick(2) == 0 ? "x" : "Y"}}}};
      case 10:
        return Json{{"numeric", {">=", pick(3) - 1, "<", 3}}};
      case 11:
        return Json{{"cidr", "10.0.0.0/24"}};
      case 12:
        return pick(2) == 0 ? Json(pick(3)) : Json();
      default:
        return strings();
    }
  }
  std::mt19937 random_;
};

TEST(EventMatcher, AgreesWithAPlainReadingOfTheDefinition) {
  size_t matched = 0;
  for (uint32_t seed = 0; seed < 100; ++seed) {
    Maker make(seed);
    std::vector<std::string> texts;
    std::vector<EventPattern> patterns;
    for (int i = 0; i < 40; ++i) {
      texts.push_back(make.pattern().dump());
      Result<EventPattern, Refusal> read = EventPattern::read(texts.back());
      ASSERT_TRUE(read.has_value()) << texts.back() << read.error().message;
      patterns.push_back(std::move(*read));
    }
    std::vector<const EventPattern*> rules;
    std::vector<EventMatcher> alone;
    for (const EventPattern& pattern : patterns) {
      rules.push_back(&pattern);
      alone.emplace_back(pattern);
    }
    const EventMatcher together(rules);
    EventMatcher::Work work;
    for (int i = 0; i < 40; ++i) {
      const std::string event = make.event().dump();
      const std::vector<Leaf> leaves = leaves_of(event);
      std::vector<uint32_t> found;
      ASSERT_TRUE(together.match(event, work, found));
      for (uint32_t rule = 0; rule < patterns.size(); ++rule) {
        const bool expected = matches_plainly(patterns[rule], leaves);
        matched += expected ? 1 : 0;
        ASSERT_EQ(std::count(found.begin(), found.end(), rule), expected ? 1 : 0) << "seed " << seed << "\n"
                                                                                  << texts[rule] << "\n"
                                                                                  << event;
        ASSERT_EQ(alone[rule].matches(event), expected) << texts[rule] << "\n" << event;
      }
    }
  }
  EXPECT_GT(matched, 5000u);  // it is not all about nothing
}

TEST(ComparableNumber, IsWhatDoubleHasExactly) {
  for (const char* text : {"0", "-0", "1", "301.8", "3.018e2", "1e308", "1E-320", "0.1", "123456789012", "9007199254740992",
                           "4999999999.99998", "287.48116291799363"})
    EXPECT_TRUE(comparable_number(text).has_value()) << text;
  for (const char* text :
       {"9007199254740993", "1e309", "1E-325", "0.1000000000000000055", "2.0e422", "123456789012345678901", "1e-400000000000"})
    EXPECT_FALSE(comparable_number(text).has_value()) << text;
  EXPECT_EQ(comparable_number("300.0"), comparable_number("3.0e+2"));
}

TEST(Fold, KnowsLettersOfOneLength) {
  EXPECT_EQ(fold("ÀÉÞŐΩЯЁ"), "àéþőωяё");
  EXPECT_EQ(fold("×÷ß统"), "×÷ß统");
  EXPECT_EQ(fold("\xC3"), "\xC3");
}

}  // namespace
}  // namespace cairn::patterns
