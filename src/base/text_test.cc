#include "base/text.h"

#include <gtest/gtest.h>

namespace cairn::text {
namespace {

using namespace std::string_view_literals;

TEST(Text, SplitsIntoAllPartsAlsoEmptyOnes) {
  EXPECT_EQ(split("a,,b", ','), (std::vector<std::string_view>{"a", "", "b"}));
  EXPECT_EQ(split("", ','), (std::vector<std::string_view>{""}));
  EXPECT_EQ(split(",", ','), (std::vector<std::string_view>{"", ""}));
}

TEST(Text, TrimsBlanksAtBothEndsOnly) {
  EXPECT_EQ(trim(" \t a b\r\n"), "a b");
  EXPECT_EQ(trim(" \r\n\t"), "");
  EXPECT_EQ(trim(""), "");
}

TEST(Text, ChangesCaseOfAsciiOnly) {
  EXPECT_EQ(lower("AbC-\xC3\x84"), "abc-\xC3\x84");
  EXPECT_EQ(lower_first("BucketName"), "bucketName");
  EXPECT_EQ(lower_first(""), "");
  EXPECT_TRUE(equals_ignoring_case("Content-MD5", "content-md5"));
  EXPECT_FALSE(equals_ignoring_case("content", "content-md5"));
  EXPECT_FALSE(equals_ignoring_case("[", "{"));
}

TEST(Text, ReadsWholeNumbersOnly) {
  EXPECT_EQ(to_int("-9223372036854775808"), INT64_MIN);
  EXPECT_EQ(to_int("007"), 7);
  EXPECT_EQ(to_uint("18446744073709551615"), UINT64_MAX);
  for (auto bad : {"", " 1", "1 ", "+1", "1.0", "0x1", "9223372036854775808", "-"}) EXPECT_FALSE(to_int(bad)) << bad;
  EXPECT_FALSE(to_uint("-1"));
  EXPECT_TRUE(is_digits("0123"));
  EXPECT_FALSE(is_digits(""));
  EXPECT_FALSE(is_digits("-1"));
}

// The borders that the Unicode standard draws (table 3-7) and the classic ways over them.
TEST(Text, KnowsUtf8) {
  for (auto good : {"", "plain", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80", "\xEF\xBF\xBF", "\xF0\x90\x80\x80",
                    "\xF4\x8F\xBF\xBF"}) {
    EXPECT_TRUE(is_utf8(good)) << good;
    EXPECT_EQ(replace_invalid_utf8(good), good);
  }
  for (auto bad : {"\x80", "\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80",
                   "\xF5\x80\x80\x80", "\xE2\x82", "\xFF"}) {
    EXPECT_FALSE(is_utf8(bad)) << bad;
    EXPECT_TRUE(is_utf8(replace_invalid_utf8(bad)));
  }
}

TEST(Text, ReplacesEachBadByte) { EXPECT_EQ(replace_invalid_utf8("a\xE2\x82z\xC3\xA4"), "a\xEF\xBF\xBD\xEF\xBF\xBDz\xC3\xA4"); }

TEST(Text, CountsCharactersAsAwsLimitsDo) {
  EXPECT_EQ(code_points(""), 0u);
  EXPECT_EQ(code_points("a\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80"), 4u);
  EXPECT_EQ(code_points("\xFF\xFE"), 2u);
}

TEST(Text, PercentEncodesAsSigV4Asks) {
  EXPECT_EQ(percent_encode("AZaz09-_.~"), "AZaz09-_.~");
  EXPECT_EQ(percent_encode("a b+c/d\xC3\xA4*"), "a%20b%2Bc%2Fd%C3%A4%2A");
  EXPECT_EQ(percent_encode("a/b c", Slash::kKeep), "a/b%20c");
}

TEST(Text, PercentDecodesAndRefusesBrokenEscapes) {
  EXPECT_EQ(percent_decode("a%20b%2Bc%2fd"), "a b+c/d");
  EXPECT_EQ(percent_decode("a+b"), "a+b");
  EXPECT_EQ(percent_decode("a+b%2B", Plus::kSpace), "a b+");
  EXPECT_EQ(percent_decode("%00"), "\0"sv);
  for (auto bad : {"%", "%2", "%2g", "%g2", "a%"}) EXPECT_FALSE(percent_decode(bad)) << bad;
}

TEST(Text, HexBothWays) {
  EXPECT_EQ(hex("\x00\x7F\xFF"sv), "007fff");
  EXPECT_EQ(from_hex("007FfF"), "\x00\x7F\xFF"sv);
  EXPECT_FALSE(from_hex("0"));
  EXPECT_FALSE(from_hex("0g"));
}

TEST(Text, Base64AsInRfc4648) {
  for (auto [plain, coded] : {std::pair{"", ""},
                              {"f", "Zg=="},
                              {"fo", "Zm8="},
                              {"foo", "Zm9v"},
                              {"foob", "Zm9vYg=="},
                              {"fooba", "Zm9vYmE="},
                              {"foobar", "Zm9vYmFy"}}) {
    EXPECT_EQ(base64(plain), coded);
    EXPECT_EQ(from_base64(coded), plain);
  }
  EXPECT_EQ(base64("\xFB\xFF"), "+/8=");
}

TEST(Text, Base64RefusesWhatNoEncoderWrites) {
  for (auto bad : {"Z", "Zg", "Zg=", "Zg===", "=", "====", "Zh==", "Zm9=", "Zm 9", "Zm9v\n", "Zg==Zg==", "-_8="}) {
    EXPECT_FALSE(from_base64(bad)) << bad;
  }
}

TEST(Text, SuggestsWhatWasProbablyMeant) {
  std::vector<std::string_view> keys = {"listen", "data", "history.retention", "journal.segment_bytes"};
  EXPECT_EQ(nearest("lisen", keys), "listen");
  EXPECT_EQ(nearest("history.retenton", keys), "history.retention");
  EXPECT_EQ(nearest("Data", keys), "data");
  EXPECT_FALSE(nearest("colour", keys));
  EXPECT_FALSE(nearest("", keys));
}

}  // namespace
}  // namespace cairn::text
