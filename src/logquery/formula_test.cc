#include "logquery/formula.h"

#include <gtest/gtest.h>

namespace cairn::logquery {
namespace {

const Dialect kDialect{.words = {"Name", "Names"}, .free_text = true};

bool holds(std::string_view text, std::string_view message, std::vector<std::string_view> names = {}) {
  const auto formula = Formula::compile(text, kDialect);
  if (!formula) {
    ADD_FAILURE() << text << ": " << formula.error().message;
    return false;
  }
  const std::vector<std::string_view> words[] = {{}, std::move(names)};
  FormulaRun run(*formula, 0);
  const bool found = run.holds({.message = message, .words = words});
  EXPECT_TRUE(!found || formula->may_hold(message)) << text;
  return found;
}

TEST(Formula, WhatIsSaidOfAWordIsSaidOfAnyOfItsValues) {
  EXPECT_TRUE(holds("Names = 'b'", "{}", {"a", "b"}));
  EXPECT_FALSE(holds("Names = 'c'", "{}", {"a", "b"}));
  EXPECT_FALSE(holds("Names != 'b'", "{}", {"a", "b"}));
  EXPECT_TRUE(holds("Names != 'c'", "{}", {"a", "b"}));
  EXPECT_TRUE(holds("Names like /^b/ and not Names like 'x'", "{}", {"a", "b"}));
  EXPECT_TRUE(holds("Names in ['x', 'a']", "{}", {"a", "b"}));
  EXPECT_TRUE(holds("Names > 'a'", "{}", {"a", "b"}));
  EXPECT_TRUE(holds("concat(Names, '!') = 'a!'", "{}", {"a", "b"})) << "elsewhere it is its first";
  EXPECT_FALSE(holds("Names = 'a'", "{}"));
  EXPECT_TRUE(holds("Names != 'a'", "{}"));
  EXPECT_FALSE(holds("Name = 'a'", R"({"Name":"a"})", {"a"})) << "no field of the event";
}

TEST(Formula, ATextByItselfIsLookedForInAnyCase) {
  EXPECT_TRUE(holds("'DENIED' and not 'allowed'", R"({"a":"AccessDenied"})"));
  EXPECT_FALSE(holds("'a.b'", R"({"a":"axb"})"));
  EXPECT_TRUE(holds("a = 'x' or ('y' and b = 1)", R"({"a":"Y","b":1})"));
}

TEST(Formula, WhatItNeedsIsKnown) {
  const auto needs = [](std::string_view text) {
    std::string all;
    const auto formula = Formula::compile(text, kDialect);
    for (const auto& [name, value] : formula.value().equalities())
      all += name + "=" + (std::holds_alternative<bool>(value) ? std::get<bool>(value) ? "true" : "false" : std::get<std::string>(value)) +
             ";";
    return all;
  };
  EXPECT_EQ(needs("a = 'x' and ('y' = b and (c in ['z'] and d = false))"), "a=x;b=y;c=z;d=false;");
  EXPECT_EQ(needs("a = 'x' or b = 'y'"), "");
  EXPECT_EQ(needs("not a = 'x'"), "");
  EXPECT_EQ(needs("a = '404' and b = 404 and Name = '404' and c = ''"), "Name=404;") << "numbers are equal as such";
  EXPECT_EQ(needs("a in ['x', 'y'] and b != 'z' and c = d"), "");
}

TEST(Formula, NamesItsFieldsAndWords) {
  const auto formula = Formula::compile(
      "a.b = 'x' and (not ispresent(c) or d.0.e in ['y'] and Name = 'z') and a.b like /q/ and f = true and 'text'", kDialect);
  ASSERT_TRUE(formula.has_value());
  EXPECT_EQ(formula->names(), (std::vector<std::string>{"a.b", "c", "d.0.e", "Name", "f"}));
}

TEST(Formula, TellsWhetherItLooksAtNamedFieldsAndWordsAlone) {
  const auto is_of_names_alone = [](const char* text) { return Formula::compile(text, kDialect).value().is_of_names_alone(); };
  for (const char* text : {"a = 'x' and not (b.c like /q/ or Name != 'z')", "isIpInSubnet(a, '10.0.0.0/8')", "1 = 1", "strlen(a) > 3"})
    EXPECT_TRUE(is_of_names_alone(text)) << text;
  for (const char* text :
       {"a = 'x' and 'free text'", "@message like 'x'", "a = 'x' or @timestamp > 1", "concat(a, @message) = 'x'", "not 'text'"})
    EXPECT_FALSE(is_of_names_alone(text)) << text;
}

TEST(Formula, LooksForBytesBeforeItReads) {
  const auto formula = Formula::compile("a = 'some text' and b like 'x/y'");
  ASSERT_TRUE(formula);
  EXPECT_TRUE(formula->may_hold(R"({"a":"some text","b":"x/y"})"));
  EXPECT_FALSE(formula->may_hold(R"({"a":"some texts","b":"xy"})"));
  EXPECT_TRUE(formula->may_hold(R"({"a":"some text","b":"x\/y"})")) << "as some write it";
  const auto one_of = Formula::compile("a in ['one', 'two'] or (b = 'three' and c != 'four')");
  ASSERT_TRUE(one_of);
  for (const char* word : {"one", "two", "three"}) EXPECT_TRUE(one_of->may_hold(word));
  EXPECT_FALSE(one_of->may_hold("four"));
  EXPECT_TRUE(Formula::compile("a = 'one' or b != 'two'")->may_hold("")) << "nothing is known of the other side";
  EXPECT_TRUE(holds("a = 'some text' and b like 'x/y'", R"({"a":"\u0073ome text","b":"1x\/y2"})"));
}

}  // namespace
}  // namespace cairn::logquery
