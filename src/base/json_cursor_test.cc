#include "base/json_cursor.h"

#include <gtest/gtest.h>

#include "base/json.h"

namespace cairn::json {
namespace {

/// The document that a walk over all of `text` sees; nullopt for what is no JSON.
std::optional<Json> walk(Cursor& cursor) {
  switch (cursor.peek()) {
    case Cursor::Kind::kObject: {
      Json object = Json::object();
      if (!cursor.enter_object()) return std::nullopt;
      Cursor::Text name;
      while (cursor.next_member(name)) {
        std::optional<Json> value = walk(cursor);
        if (!value) return std::nullopt;
        object[name.decoded()] = std::move(*value);
      }
      return cursor.failed() ? std::nullopt : std::optional(object);
    }
    case Cursor::Kind::kArray: {
      Json array = Json::array();
      if (!cursor.enter_array()) return std::nullopt;
      while (cursor.next_element()) {
        std::optional<Json> value = walk(cursor);
        if (!value) return std::nullopt;
        array.push_back(std::move(*value));
      }
      return cursor.failed() ? std::nullopt : std::optional(array);
    }
    case Cursor::Kind::kString: {
      Cursor::Text text;
      return cursor.take_string(text) ? std::optional(Json(text.decoded())) : std::nullopt;
    }
    case Cursor::Kind::kNumber: {
      std::string_view number;
      return cursor.take_number(number) ? std::optional(Json::parse(number)) : std::nullopt;
    }
    case Cursor::Kind::kTrue:
      return cursor.take_word() ? std::optional(Json(true)) : std::nullopt;
    case Cursor::Kind::kFalse:
      return cursor.take_word() ? std::optional(Json(false)) : std::nullopt;
    case Cursor::Kind::kNull:
      return cursor.take_word() ? std::optional(Json()) : std::nullopt;
    case Cursor::Kind::kNone:
      return std::nullopt;
  }
  return std::nullopt;
}

bool skips(std::string_view text) {
  Cursor cursor(text);
  return cursor.skip() && cursor.at_end();
}

TEST(Cursor, SeesWhatTheParserSees) {
  for (const char* text : {R"({"a":1,"b":[1,2.5,-3e-2,true,false,null,"x"],"c":{"d":{}},"e":[]})", "  [ 1 , { \"a\" : [ ] } ]\n",
                           R"("\"\\\/\b\f\n\r\t\u00e9\ud83d\ude80")", "0", "-0.0", "[[[]]]",
                           R"({"a":"a string that is longer than eight bytes \n and goes on"})", R"(["\u0000"])"}) {
    Cursor cursor(text);
    EXPECT_EQ(walk(cursor), parse(text).value()) << text;
    EXPECT_TRUE(cursor.at_end()) << text;
    EXPECT_TRUE(skips(text)) << text;
  }
}

TEST(Cursor, RefusesWhatTheParserRefuses) {
  for (const char* text :
       {"",    " ",      "{",       "[",           "}",      "]",    "[1,]",       "[,1]", "[1 2]",     "{\"a\"}", "{\"a\":}", "{\"a\":1,}",
        "{,}", "{a:1}",  "{'a':1}", "01",          "1.",     ".5",   "-",          "1e",   "+1",        "tru",     "nul",      "truex",
        "\"",  "\"\\\"", "\"\\x\"", "\"\\u12g4\"", "\"\t\"", "[1]]", "{\"a\":1}}", "[1}",  "{\"a\":1]", "1 2",     "\"\\u00"}) {
    EXPECT_FALSE(parse(text).has_value()) << text;
    Cursor cursor(text);
    EXPECT_FALSE(walk(cursor).has_value() && cursor.at_end()) << text;
    EXPECT_FALSE(skips(text)) << text;
  }
}

TEST(Cursor, HasTheParsersDepth) {
  const auto nested = [](size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  for (const size_t depth : {static_cast<size_t>(kDepthMax), static_cast<size_t>(kDepthMax) + 1}) {
    EXPECT_EQ(skips(nested(depth)), parse(nested(depth)).has_value()) << depth;
    Cursor cursor(nested(depth));
  }
  EXPECT_TRUE(skips(nested(kDepthMax)));
}

TEST(Cursor, KeepsNumbersAsTheyWereWritten) {
  for (const char* text : {"1e400", "123456789012345678901234567890", "1.10", "-0"}) {
    Cursor cursor(text);
    std::string_view number;
    ASSERT_EQ(cursor.peek(), Cursor::Kind::kNumber);
    ASSERT_TRUE(cursor.take_number(number));
    EXPECT_EQ(number, text);
  }
}

TEST(Cursor, SaysWhereAndWhatIsWrong) {
  Cursor cursor(R"({"a":1,"b" 2})");
  EXPECT_FALSE(cursor.skip());
  EXPECT_EQ(cursor.offset(), 11u);
  EXPECT_EQ(cursor.error(), Cursor::Error::kNoColon);
  Cursor ends(R"({"a":)");
  EXPECT_FALSE(ends.skip());
  EXPECT_EQ(ends.error(), Cursor::Error::kEnd);
}

TEST(Cursor, AHalfOfASurrogatePairIsReplaced) {
  Cursor cursor(R"("\ud83dx")");
  Cursor::Text text;
  ASSERT_EQ(cursor.peek(), Cursor::Kind::kString);
  ASSERT_TRUE(cursor.take_string(text));
  EXPECT_EQ(text.decoded(), "\xEF\xBF\xBDx");
}

}  // namespace
}  // namespace cairn::json
