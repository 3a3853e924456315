#include "base/json.h"

#include <gtest/gtest.h>

#include <random>

#include "base/text.h"

namespace cairn::json {
namespace {

using namespace std::string_view_literals;

std::string as_json(std::string_view s) {
  std::string out;
  append_quoted(out, s);
  return out;
}

std::string nested(size_t depth) { return std::string(depth, '[') + "1" + std::string(depth, ']'); }

TEST(JsonQuote, EscapesOnlyWhatJsonDemands) {
  EXPECT_EQ(as_json(""), R"("")");
  EXPECT_EQ(as_json("a/b<c>&'\x7F"), "\"a/b<c>&'\x7F\"");
  EXPECT_EQ(as_json("\"\\\b\f\n\r\t"), R"("\"\\\b\f\n\r\t")");
  EXPECT_EQ(as_json("\0\x01\x1F"sv), R"("\u0000\u0001\u001f")");
  EXPECT_EQ(as_json("z\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80"), "\"z\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80\"");
}

TEST(JsonQuote, ReplacesWhatIsNoUtf8) {
  EXPECT_EQ(as_json("a\xFFz"), "\"a\xEF\xBF\xBDz\"");
  EXPECT_EQ(as_json("\xE2\x82"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\"");
}

// A special byte at each place of the words that are scanned at once, among neighbours that could hide it.
TEST(JsonQuote, FindsSpecialBytesWhereverTheyStand) {
  for (char special : {'"', '\\', '\n', '\x01', '\x1F'}) {
    for (char neighbour : {'a', ' ', '!', '#', '[', ']', '~', '\x7F'}) {
      for (size_t at = 0; at < 40; ++at) {
        std::string s(40, neighbour);
        s[at] = special;
        auto back = parse(as_json(s));
        ASSERT_TRUE(back) << back.error().message;
        EXPECT_EQ(back->get<std::string>(), s);
      }
    }
  }
}

// Byte by byte, as RFC 8259 has it: the same, wherever among others quotes, backslashes, control characters and foreign letters stand.
TEST(JsonQuote, QuotesTextsOfAnyMixture) {
  const std::pair<std::string_view, std::string_view> letters[] = {
      {"a", "a"}, {"~", "~"}, {" ", " "}, {"\"", "\\\""}, {"\\", "\\\\"}, {"\n", "\\n"}, {"\x1F", "\\u001f"}, {"\xC3\xA4", "\xC3\xA4"}};
  std::mt19937 random(7);
  for (int n = 0; n < 20'000; ++n) {
    const size_t kinds = random() % 2 == 0 ? 5 : std::size(letters);
    std::string text, quoted = "\"";
    for (size_t length = random() % 100; length > 0; --length) {
      const auto& [letter, escaped] = letters[random() % kinds];
      text += letter;
      quoted += escaped;
    }
    ASSERT_EQ(as_json(text), quoted + "\"");
  }
  EXPECT_EQ(as_json(std::string(2000, '"')).size(), 4002u);
}

TEST(JsonWriter, WritesCompactJson) {
  std::string out;
  Writer w(out);
  w.begin_object().key("a").number(-1).key("b").begin_array().string("x").boolean(true).null().begin_object().end_object();
  w.end_array().key("c").raw("1.10").key("d").value(Json{{"k", "v"}}).end_object();
  EXPECT_EQ(out, R"({"a":-1,"b":["x",true,null,{}],"c":1.10,"d":{"k":"v"}})");
}

TEST(JsonParse, KeepsTheOrderOfMembers) {
  auto document = parse(R"( {"z":1,"a":[true,null,-2,1.5,"\u00e4"],"m":{}} )");
  ASSERT_TRUE(document);
  EXPECT_EQ(dump(*document), "{\"z\":1,\"a\":[true,null,-2,1.5,\"\xC3\xA4\"],\"m\":{}}");
  EXPECT_EQ(dump(*parse("18446744073709551615")), "18446744073709551615");
}

TEST(JsonParse, LastOfDuplicateMembersWins) {
  EXPECT_EQ(dump(*parse(R"({"a":{"x":1},"b":2,"a":3})")), R"({"a":3,"b":2})");
  std::string many = "{";
  for (int i = 0; i < 100; ++i) many += fmt::format("\"k{}\":{},", i % 50, i);
  auto document = parse(many + "\"end\":0}");
  ASSERT_TRUE(document);
  EXPECT_EQ(document->size(), 51u);
  EXPECT_EQ((*document)["k0"], 50);
  EXPECT_EQ((*document)["k49"], 99);
}

TEST(JsonParse, TakesManyMembersInLinearTime) {
  std::string many = "{";
  for (int i = 0; i < 200'000; ++i) many += fmt::format("\"{:x}\":0,", i);
  auto document = parse(many + "\"end\":0}");  // with a search per member this would take minutes
  ASSERT_TRUE(document);
  EXPECT_EQ(document->size(), 200'001u);
}

TEST(JsonParse, NamesTheOffsetOfWhatIsWrong) {
  auto bad = parse(R"({"a":tru})");
  ASSERT_FALSE(bad);
  EXPECT_NE(bad.error().message.find("byte 8"), std::string::npos) << bad.error().message;
}

TEST(JsonParse, RefusesWhatIsNotStrictJson) {
  for (
      auto bad :
      {"",     " ",      "{",       "[1,]",        "{\"a\":1,}", "{a:1}",          "'a'",     "01",    "1.", "+1",      "NaN", "nul", "1 2",
       "[1]x", "\"\n\"", "\"\\x\"", "\"\\ud800\"", "\"\xFF\"",   "\xEF\xBB\xBF{}", "// c\n1", "/**/1", "\"", "{\"a\"}", "]"}) {
    EXPECT_FALSE(parse(bad)) << bad;
    EXPECT_FALSE(Document().parse(bad)) << bad;
  }
}

TEST(JsonParse, GivesWhatTheLibraryGives) {
  std::string many = "[0";
  while (many.size() < (20 << 10)) many += R"(,{"name":"value","list":[1,-1,1.5,true]})";
  for (const std::string& text : {std::string("0"),
                                  std::string("1"),
                                  std::string("-1"),
                                  std::string("-0"),
                                  std::string("-0.0"),
                                  std::string("1.0"),
                                  std::string("0.1"),
                                  std::string("1e5"),
                                  std::string("1E-400"),
                                  std::string("9223372036854775807"),
                                  std::string("-9223372036854775808"),
                                  std::string("9223372036854775808"),
                                  std::string("18446744073709551616"),
                                  std::string("123456789012345678901234567890"),
                                  std::string("2.2250738585072011e-308"),
                                  std::string("\"\\u0000\\ud83d\\ude00\\/\\b\""),
                                  std::string("\"\""),
                                  std::string("[]"),
                                  std::string("{}"),
                                  std::string(R"({"":{"":[{}]}})"),
                                  std::string("\"\x7F\xC3\xA4\xF0\x9F\x98\x80\""),
                                  many + "]"}) {
    const Result<Json> parsed = parse(text);
    ASSERT_TRUE(parsed) << text;
    EXPECT_EQ(*parsed, Json::parse(text)) << text;
    if (text != "-0") {
      EXPECT_EQ(parsed->type(), Json::parse(text).type()) << text;
    }
    EXPECT_EQ(dump(*parsed), Json::parse(text).dump()) << text;
  }
  EXPECT_FALSE(parse("1e400"));
}

TEST(JsonParse, TakesNoNulForTheEndOfTheText) {
  for (const std::string_view bad : {std::string_view("1\0 12", 5), std::string_view("{}\0", 3), std::string_view("\0", 1)}) {
    EXPECT_FALSE(parse(bad));
    EXPECT_FALSE(Document().parse(bad));
  }
}

TEST(JsonParse, LimitsDepthInBothReaders) {
  Document document;
  EXPECT_TRUE(parse(nested(kDepthMax)));
  EXPECT_TRUE(document.parse(nested(kDepthMax)));
  EXPECT_FALSE(parse(nested(kDepthMax + 1)));
  EXPECT_FALSE(document.parse(nested(kDepthMax + 1)));
  EXPECT_FALSE(parse(std::string(1'000'000, '[')));
  EXPECT_TRUE(parse("\"" + std::string(1000, '[') + "\\\"[\""));
}

TEST(JsonDump, ReplacesWhatIsNoUtf8) { EXPECT_EQ(dump(Json("a\xFFz")), "\"a\xEF\xBF\xBDz\""); }

TEST(JsonView, ReadsEveryKind) {
  Document document;
  auto root = document.parse(R"({"s":"a\nb","i":-5,"d":1.5,"t":true,"n":null,"a":[1,"x"],"o":{"k":"v"},"big":18446744073709551615})");
  ASSERT_TRUE(root);
  EXPECT_TRUE(root->is_object());
  EXPECT_EQ((*root)["s"].string(), "a\nb");
  EXPECT_EQ((*root)["i"].integer(), -5);
  EXPECT_EQ((*root)["i"].number(), -5.0);
  EXPECT_EQ((*root)["d"].number(), 1.5);
  EXPECT_EQ((*root)["d"].integer(), std::nullopt);
  EXPECT_EQ((*root)["t"].boolean(), true);
  EXPECT_TRUE((*root)["n"].is_null());
  EXPECT_EQ((*root)["o"]["k"].string_or("-"), "v");
  EXPECT_EQ((*root)["big"].integer(), std::nullopt);
  EXPECT_EQ((*root)["a"].dump(), R"([1,"x"])");
  EXPECT_EQ((*root)["s"].dump(), R"("a\nb")");
}

TEST(JsonView, OfWhatIsNotThereAnswersNothing) {
  Document document;
  auto root = document.parse(R"({"s":"x"})");
  ASSERT_TRUE(root);
  View absent = (*root)["no"]["such"]["member"];
  EXPECT_FALSE(absent.exists());
  EXPECT_FALSE(absent.is_null());
  EXPECT_FALSE(absent.is_object());
  EXPECT_EQ(absent.string(), std::nullopt);
  EXPECT_EQ(absent.string_or("-"), "-");
  EXPECT_EQ(absent.dump(), "");
  absent.each([](View) { FAIL(); });
  absent.each_member([](std::string_view, View) { FAIL(); });
  EXPECT_FALSE((*root)["s"]["member of a string"].exists());
  EXPECT_EQ((*root)["s"].integer(), std::nullopt);
}

TEST(JsonView, WalksInOrder) {
  Document document;
  auto root = document.parse(R"({"a":[1,2,3],"z":{"q":1,"b":2}})");
  ASSERT_TRUE(root);
  int64_t sum = 0;
  (*root)["a"].each([&](View v) { sum = sum * 10 + v.integer().value_or(0); });
  EXPECT_EQ(sum, 123);
  std::string names;
  (*root)["z"].each_member([&](std::string_view name, View) { names += name; });
  EXPECT_EQ(names, "qb");
}

TEST(JsonParse, DuplicateMembersCanBeRefused) {
  EXPECT_EQ(parse(R"({"a":{"b":1,"c":2,"b":3}})", Duplicates::kRefused).error().message, "the member b stands twice in one object");
  EXPECT_TRUE(parse(R"({"a":{"b":1},"b":{"a":1}})", Duplicates::kRefused).has_value());
}

TEST(JsonView, LastOfDuplicateMembersWins) {
  Document document;
  EXPECT_EQ((*document.parse(R"({"a":1,"b":0,"a":2})"))["a"].integer(), 2);
}

TEST(JsonDocument, ServesManyTextsAfterAnother) {
  Document document;
  for (size_t size : {10u, 100'000u, 10u, 3'000'000u, 10u}) {
    auto root = document.parse("[\"" + std::string(size, 'x') + "\"]");
    ASSERT_TRUE(root) << root.error().message;
    root->each([&](View v) { EXPECT_EQ(v.string_or("").size(), size); });
    EXPECT_FALSE(document.parse("{"));
  }
  Document moved = std::move(document);
  EXPECT_TRUE(moved.parse("1"));
}

TEST(JsonDocument, RefusesOver64MiB) { EXPECT_FALSE(Document().parse(std::string((64 << 20) + 1, ' '))); }

}  // namespace
}  // namespace cairn::json
