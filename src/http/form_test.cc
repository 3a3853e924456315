#include "http/form.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace cairn::http {
namespace {

struct Part {
  std::string name;
  std::optional<std::string> filename;
  std::string data;
  bool operator==(const Part&) const = default;
};
struct Outcome {
  std::vector<Part> parts;
  bool is_whole = false, is_malformed = false;
  bool operator==(const Outcome&) const = default;
};

/// What a reader makes of `pieces`.
Outcome read(const std::vector<std::string_view>& pieces, std::string_view boundary = "B") {
  FormReader reader(boundary);
  Outcome outcome;
  for (const std::string_view piece : pieces) {
    reader.feed(piece);
    for (bool more = true; more;) {
      switch (reader.next()) {
        case FormReader::Step::kPart:
          outcome.parts.push_back({reader.name(), reader.filename(), ""});
          break;
        case FormReader::Step::kData:
          outcome.parts.back().data += reader.data();
          break;
        case FormReader::Step::kPartEnd:
          break;
        case FormReader::Step::kEnd:
          outcome.is_whole = true;
          more = false;
          break;
        case FormReader::Step::kMalformed:
          outcome.is_malformed = true;
          return outcome;
        case FormReader::Step::kNeedsMore:
          more = false;
          break;
      }
    }
  }
  return outcome;
}

std::string part(const std::string& head, const std::string& body) { return "--B\r\n" + head + "\r\n\r\n" + body + "\r\n"; }
std::string field(const std::string& name, const std::string& body) {
  return part("Content-Disposition: form-data; name=\"" + name + "\"", body);
}

TEST(Form, PartsComeInOrder) {
  const std::string form = field("key", "a/b") + field("empty", "") +
                           part("content-type: image/png\r\nContent-DISPOSITION:form-data;name=file; filename=\"C:\\dir\\x.png\"",
                                "one\r\n--two\r\n--\r\n\r\n") +
                           field("submit", "Send") + "--B--\r\nwhatever follows";
  const Outcome expected{{{"key", std::nullopt, "a/b"},
                          {"empty", std::nullopt, ""},
                          {"file", "C:\\dir\\x.png", "one\r\n--two\r\n--\r\n\r\n"},
                          {"submit", std::nullopt, "Send"}},
                         true,
                         false};
  EXPECT_EQ(read({form}), expected);
  EXPECT_EQ(read({"a preamble\r\n" + form}), expected);
}

TEST(Form, EverySplitGivesTheSame) {
  std::mt19937 random(7);
  const std::vector<std::string> forms = {
      field("key", "v") + part("Content-Disposition: form-data; name=\"file\"; filename=\"f\"", "\r\n--\r\n--A\r\n-\r\r\n--") + "--B--",
      field("", "\r\n\r\n") + field("a\\\"b", "") + "--B--\r\n--B\r\n",
      field("a", "b") + "--B\r\nno header\r\n\r\n",
      field("a", "b") + "--Bx",
      "--B--",
  };
  for (const std::string& form : forms) {
    const Outcome whole = read({form});
    std::vector<std::string_view> bytes;
    for (size_t i = 0; i < form.size(); ++i) bytes.push_back(std::string_view(form).substr(i, 1));
    EXPECT_EQ(read(bytes), whole) << form;
    for (int round = 0; round < 300; ++round) {
      std::vector<std::string_view> pieces;
      for (size_t at = 0; at < form.size();) {
        const size_t size = 1 + random() % 12;
        pieces.push_back(std::string_view(form).substr(at, size));
        at += size;
      }
      ASSERT_EQ(read(pieces), whole) << form;
    }
  }
}

TEST(Form, QuotedNames) {
  const auto name = [](const std::string& disposition) {
    const Outcome outcome = read({part("Content-Disposition: " + disposition, "") + "--B--"});
    return outcome.is_malformed ? "(malformed)" : outcome.parts.at(0).name + "|" + outcome.parts[0].filename.value_or("(none)");
  };
  EXPECT_EQ(name("form-data; name=\"a\\\"b;c\"; filename=\"\""), "a\"b;c|");
  EXPECT_EQ(name("form-data; name=a ; filename=b"), "a|b");
  EXPECT_EQ(name("form-data; filename=\"x\"; NAME=\"a\"; other=\"y\""), "a|x");
  EXPECT_EQ(name("form-data"), "(malformed)");
  EXPECT_EQ(name("attachment; name=\"a\""), "(malformed)");
  EXPECT_EQ(name("form-data; name=\"a"), "(malformed)");
  EXPECT_EQ(name("form-data; name=\"a\"b"), "(malformed)");
  EXPECT_EQ(name("form-data; name=\"a\"; name=\"b\""), "(malformed)") << "two readers must not see two forms";
}

TEST(Form, WhatIsNotWholeOrTooLongIsTold) {
  EXPECT_FALSE(read({field("a", "b")}).is_whole);
  EXPECT_FALSE(read({"no form at all"}).is_whole);
  EXPECT_TRUE(read({"--B\r\n\r\n\r\n--B--"}).is_malformed) << "a part without a name";
  EXPECT_TRUE(read({field(std::string(FormReader::kPartHeadBytesMax, 'n'), "")}).is_malformed);
  EXPECT_TRUE(read({"--B\r\n" + std::string(FormReader::kPartHeadBytesMax + 4, 'n')}).is_malformed) << "before its end came";
}

TEST(Form, BoundariesOfContentTypes) {
  EXPECT_EQ(FormReader::boundary("multipart/form-data; boundary=----x'y"), "----x'y");
  EXPECT_EQ(FormReader::boundary("Multipart/Form-Data; charset=utf-8; Boundary=\"a b\""), "a b");
  for (const char* none : {"", "multipart/form-data", "multipart/mixed; boundary=x", "multipart/form-data; boundary=",
                           "multipart/form-data; boundary=\"x ", "multipart/form-data; boundary=a\"b", "application/x-www-form-urlencoded"})
    EXPECT_EQ(FormReader::boundary(none), std::nullopt) << none;
  EXPECT_EQ(FormReader::boundary("multipart/form-data; boundary=" + std::string(71, 'x')), std::nullopt);
}

}  // namespace
}  // namespace cairn::http
