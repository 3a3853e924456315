#include "archive/log_records.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "base/json.h"

namespace cairn::archive {
namespace {

using Words = std::vector<std::string>;

Words read(std::string_view text) {
  LogRecords records(text);
  Words all;
  size_t number = 0;
  while (const auto item = records.next()) {
    EXPECT_EQ(item->number, ++number);
    EXPECT_LE(item->offset, text.size());
    all.push_back(item->record.empty() ? "! " + std::string(item->problem) : std::string(item->record));
  }
  return all;
}

TEST(LogRecords, as_aws_delivers_them) {
  EXPECT_EQ(read(R"({"Records":[{"a":1},{"b":{"c":[1,2,"]}"]}}]})"), (Words{R"({"a":1})", R"({"b":{"c":[1,2,"]}"]}})"}));
  EXPECT_EQ(read(R"({"Records":[]})"), Words());
  EXPECT_EQ(read(""), Words());
  EXPECT_EQ(read(" \n "), Words());
}

TEST(LogRecords, with_their_bytes_as_they_stand) {
  const std::string record = R"({ "n" : 1.10, "big":12345678901234567890123, "s":"\"}\\" })";
  EXPECT_EQ(read("{\n  \"Records\" : [\n " + record + "\n ]\n}\n"), Words{record});
}

TEST(LogRecords, one_a_line_or_several_documents) {
  EXPECT_EQ(read("{\"a\":1}\n{\"b\":2}\r\n\n{\"c\":3}"), (Words{R"({"a":1})", R"({"b":2})", R"({"c":3})"}));
  EXPECT_EQ(read(R"({"Records":[{"a":1}]}{"Records":[{"b":2}]})"
                 "\n{\"c\":3}"),
            (Words{R"({"a":1})", R"({"b":2})", R"({"c":3})"}));
  EXPECT_EQ(read(R"({"Records":[{"a":1}],"more":{"x":"]}"}}{"b":2})"), (Words{R"({"a":1})", R"({"b":2})"}));
  EXPECT_EQ(read("[{\"a\":1},{\"b\":[2]}]\n{\"c\":3}[]"), (Words{R"({"a":1})", R"({"b":[2]})", R"({"c":3})"}));
  EXPECT_EQ(read("\xEF\xBB\xBF{\"a\":1}"), Words{R"({"a":1})"});
}

TEST(LogRecords, a_damaged_line_costs_itself) {
  EXPECT_EQ(read("{\"a\":1}\n{\"b\":\"x\n{\"c\":3}\n"), (Words{R"({"a":1})", "! the object that begins here has no end", R"({"c":3})"}));
  EXPECT_EQ(read("{\"a\":1}\nhello\n{\"c\":3}\n"), (Words{R"({"a":1})", "! no JSON object begins here", R"({"c":3})"}));
}

TEST(LogRecords, a_file_that_is_cut_gives_what_is_whole) {
  const std::string whole = R"({"Records":[{"a":1},{"b":2}]})";
  EXPECT_EQ(read(whole.substr(0, whole.size() - 4)), (Words{R"({"a":1})", "! the object that begins here has no end"}));
  EXPECT_EQ(read(whole.substr(0, whole.size() - 2)), (Words{R"({"a":1})", R"({"b":2})", "! the list of records has no end"}));
  EXPECT_EQ(read(whole.substr(0, whole.size() - 1)), (Words{R"({"a":1})", R"({"b":2})", "! the document with the records has no end"}));
  EXPECT_EQ(read(R"({"Records":[{"a":1} {"b":2}]})"), (Words{R"({"a":1})", "! a comma or the list's end is missing"}));
  EXPECT_EQ(read(R"({"Records":[1]})"), Words{"! no JSON object begins here"});
}

TEST(LogRecords, that_arrive_in_pieces_are_the_same) {
  const std::string text =
      "{\"Records\":[{\"a\":\"x,]\"} , {\"b\":[{}]}],\"m\":\"]}\"}\n{\"c\":3}\n{\"d\":\"\n{\"e\":5}\n{\"Records\":[{\"f\":6}]}{\"g\":";
  const Words whole = read(text);
  std::mt19937_64 random(3);
  for (int round = 0; round < 2000; ++round) {
    Words all;
    std::string buffer;
    LogRecords records("", false);
    for (size_t at = 0; at < text.size() || !buffer.empty();) {
      const size_t n = std::min<size_t>(1 + random() % 20, text.size() - at);
      buffer += text.substr(at, n);
      at += n;
      records.go_on(buffer, at == text.size());
      while (const auto item = records.next())
        all.push_back(item->record.empty() ? "! " + std::string(item->problem) : std::string(item->record));
      buffer.erase(0, records.consumed());
    }
    ASSERT_EQ(all, whole);
  }
}

TEST(LogRecords, their_lines) {
  const std::string text = "{\"a\":1}\n\n{\"b\":";
  LogRecords records(text);
  EXPECT_EQ(records.line_of(records.next()->offset), 1u);
  EXPECT_EQ(records.line_of(records.next()->offset), 3u);
}

/// By one byte after the other.
std::optional<size_t> slow_end(std::string_view text) {
  int depth = 0;
  bool in_string = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (in_string) {
      if (text[i] == '\n') return std::nullopt;
      if (text[i] == '\\') {
        ++i;
        if (i < text.size() && text[i] == '\n') return std::nullopt;
      } else if (text[i] == '"') {
        in_string = false;
      }
    } else if (text[i] == '"') {
      in_string = true;
    } else if (text[i] == '{' || text[i] == '[') {
      ++depth;
    } else if (text[i] == '}' || text[i] == ']') {
      if (--depth <= 0) return i + 1;
    }
  }
  return std::nullopt;
}

TEST(LogRecords, brackets_are_found_as_by_one_byte_after_the_other) {
  std::mt19937_64 random(7);
  constexpr std::string_view kLetters = "{}[]\"\\\\\\ab:,0 ";
  for (int round = 0; round < 20'000; ++round) {
    std::string text = "{";
    bool in_string = false;
    for (size_t n = random() % 300; n > 0; --n) {
      const char c = kLetters[random() % kLetters.size()];
      // Backslashes outside of strings are no JSON.
      if (c == '\\' && !in_string) continue;
      text += c;
      if (c == '"') in_string = !in_string;
      if (c == '\\') text += kLetters[random() % kLetters.size()];
      if (random() % 200 == 0) text += '\n';
    }
    const ValueEnd end = end_of_value(text, 0);
    ASSERT_EQ(end.kind == ValueEnd::kFound ? std::optional<size_t>(end.at) : std::nullopt, slow_end(text)) << text;
  }
}

}  // namespace
}  // namespace cairn::archive
