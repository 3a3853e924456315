#include "archive/record_reader.h"

#include <gtest/gtest.h>

#include "archive/log_file.h"

namespace cairn::archive {
namespace {

/// The records of a file that comes in pieces of `step` bytes, and among them what went wrong.
std::vector<std::string> read(std::string_view file, size_t step) {
  RecordReader reader([&file, step]() -> Result<std::string_view> {
    const std::string_view piece = file.substr(0, step);
    file.remove_prefix(piece.size());
    return piece;
  });
  std::vector<std::string> records;
  while (true) {
    const auto record = reader.next();
    if (record && !*record) return records;
    records.push_back(record ? std::string(**record) : "! " + record.error().message);
  }
}

using Records = std::vector<std::string>;

TEST(RecordReader, ReadsWhatPeopleMakeOfLogFiles) {
  const Records wanted = {R"({"a":1})", R"({"b":"]},{\"\\"})"};
  for (const std::string text : {
           R"({"Records":[{"a":1},{"b":"]},{\"\\"}]})",
           " { \"Records\" :\n [ {\"a\":1} ,\t{\"b\":\"]},{\\\"\\\\\"} ] }\r\n",
           R"([{"a":1},{"b":"]},{\"\\"}])",
           "{\"a\":1}\n{\"b\":\"]},{\\\"\\\\\"}\n",
           R"({"Records":[{"a":1}]}{"Records":[]} {"Records":[{"b":"]},{\"\\"}]})",
           "\xef\xbb\xbf{\"a\":1}\r\n\r\n{\"b\":\"]},{\\\"\\\\\"}",
       }) {
    for (const size_t step : {size_t{1}, size_t{7}, size_t{1000}}) {
      EXPECT_EQ(read(text, step), wanted) << text << " by " << step;
      EXPECT_EQ(read(gzip(text), step), wanted) << text << " packed, by " << step;
    }
  }
  EXPECT_EQ(read("", 1), Records{});
  EXPECT_EQ(read(R"({"Records":[]})", 1), Records{});
}

TEST(RecordReader, SaysWhatIsWrongAndWhereAndGoesOn) {
  const std::string padding(70 << 10, ' ');  // more than is held at once
  for (const size_t step : {size_t{1}, size_t{1000}}) {
    EXPECT_EQ(read("hello", step), Records{"! no JSON object begins here at byte 0"});
    EXPECT_EQ(read("{\"a\":1}\n" + padding + "hello\n" + padding + "{\"b\":2}\n", step),
              (Records{R"({"a":1})", fmt::format("! no JSON object begins here at byte {}", 8 + padding.size()), R"({"b":2})"}));
    EXPECT_EQ(read(R"({"Records":[{"a":1})", step), (Records{R"({"a":1})", "! the list of records has no end at byte 19"}));
    EXPECT_EQ(read(R"({"a":1}{"b":)", step), (Records{R"({"a":1})", "! the object that begins here has no end at byte 7"}));
    const std::string packed = gzip(R"({"a":1})");
    EXPECT_EQ(read(packed.substr(0, packed.size() - 4), step), (Records{R"({"a":1})", "! its compressed data ends too early"}));
  }
}

TEST(RecordReader, HoldsRecordsOfAnyLengthUpToTheLimit) {
  const std::string large = R"({"a":")" + std::string(5 << 20, 'x') + R"("})";
  EXPECT_EQ(read(gzip(large + "\n" + large), 64 << 10), (Records{large, large}));
  const std::string endless = R"({"a":")" + std::string(3 * RecordReader::kRecordBytesMax, 'x');
  EXPECT_EQ(read(endless, 1 << 20), Records{"! a record of more than 16 MB at byte 0"});
}

TEST(RecordReader, RecordsGoOverTheEdgesOfWhatIsHeld) {
  for (size_t shift = 0; shift < 40; ++shift) {
    const std::string record = R"({"x":")" + std::string((256 << 10) - 40 + shift, 'x') + R"(","y":[true,false,null,-1.5e3,"\u00e9\n"]})";
    EXPECT_EQ(read(record + record, 1 << 20), (Records{record, record})) << shift;
  }
}

TEST(RecordReader, GzipFilesMayHaveSeveralMembers) {
  for (const size_t size : {0, 1, 5, 300, 70'000}) {
    const std::string record = R"({"a":")" + std::string(size, 'x') + R"("})";
    const std::string file = gzip(record) + gzip("") + gzip("\n" + record.substr(0, 3)) + gzip(record.substr(3)) + gzip(record);
    for (size_t step = 1; step < 80; ++step) ASSERT_EQ(read(file, step), (Records{record, record, record})) << size << " by " << step;
    EXPECT_EQ(read(file + "x", 100), (Records{record, record, record, "! its compressed data ends too early"}));
    EXPECT_EQ(read(file + std::string(30, 'x'), 100), (Records{record, record, record, "! it does not begin as gzip does"}));
  }
}

TEST(RecordReader, ASourceMayFail) {
  RecordReader reader([]() -> Result<std::string_view> { return failure("the disk is gone"); });
  EXPECT_EQ(reader.next().error().message, "the disk is gone");
  EXPECT_FALSE(reader.next().value());
}

}  // namespace
}  // namespace cairn::archive
