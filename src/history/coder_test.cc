#include "history/coder.h"

#include <gtest/gtest.h>

#include <random>

namespace cairn::history {
namespace {

constexpr uint32_t kTime = 1'760'000'000;

/// Everything comes back, from the open block, from a closed one, and with the dictionary as it grew meanwhile.
void expect_back(const std::vector<std::string>& records) {
  Coder coder;
  std::vector<std::string> closed;
  std::vector<size_t> first;
  std::string out;
  for (size_t i = 0; i < records.size(); ++i) {
    if (coder.open_events() == 0) first.push_back(i);
    coder.add(records[i], kTime + static_cast<uint32_t>(i));
    ASSERT_TRUE(coder.open_record(coder.open_events() - 1, kTime + static_cast<uint32_t>(i), out));
    ASSERT_EQ(out, records[i]);
    if (coder.is_block_full() || i % 7 == 6 || i + 1 == records.size()) {
      const Coder::Block block = coder.close();
      closed.push_back(block.text + block.noise);
    }
  }
  for (size_t b = 0; b < closed.size(); ++b) {
    const auto block = CodedBlock::open(closed[b]);
    ASSERT_TRUE(block.has_value()) << block.error().message;
    for (uint32_t place = 0; place < block->events(); ++place) {
      ASSERT_TRUE(block->record(place, kTime + static_cast<uint32_t>(first[b] + place), coder, out));
      ASSERT_EQ(out, records[first[b] + place]);
    }
    ASSERT_FALSE(block->record(block->events(), kTime, coder, out));
  }
}

TEST(Coder, RecordsComeBackByteByByte) {
  const std::string record =
      R"({"eventVersion":"1.11","userIdentity":{"type":"AssumedRole","arn":"arn:aws:sts::1:assumed-role/a/b","sessionContext":)"
      R"({"attributes":{"creationDate":"2025-10-09T08:00:00Z","mfaAuthenticated":"false"}}},"eventTime":"2025-10-09T08:53:20Z",)"
      R"("requestParameters":{"n":[1,2.50,-3e10,{"deep":[[],{},"",null,true]}],"hex":"0123456789abcdef0","odd":"ABCDEF0123456789"},)"
      R"("responseElements":null,"requestID":"2b572abc-93ad-4177-af7a-9ebe5a18f903","eventID":"c00a71ab-4540-4133-9d30-8878cac552c2"})";
  expect_back(std::vector<std::string>(300, record));
}

TEST(Coder, WhatOnlyLooksLikeATimeOrAnIdComesBackToo) {
  std::vector<std::string> records;
  for (const char* value :
       {"2025-02-29T00:00:00Z", "2025-02-28T24:00:00Z", "1969-12-31T23:59:59Z", "2024-02-29T23:59:59Z", "2106-01-01T00:00:00Z",
        "2025-13-01T00:00:00Z", "2025-04-31T00:00:00Z", "2025-1-01T00:00:00ZZ", "C00A71AB-4540-4133-9D30-8878CAC552C2",
        "c00a71ab-4540-4133-9d30-8878cac552cg", "c00a71ab_4540-4133-9d30-8878cac552c2", "\\u0000\\\"", "\\\\", "\xff\xfe", ""})
    for (int n = 0; n < 3; ++n) records.push_back(std::string(R"({"a":")") + value + R"(","b":{"c":")" + value + R"("}})");
  expect_back(records);
}

TEST(Coder, AnyBytesComeBack) {
  std::vector<std::string> records = {"",
                                      "{",
                                      "}",
                                      "[]",
                                      "{}",
                                      "{}{}",
                                      "{\"a\":1}x",
                                      "no json",
                                      R"({"a":"never ends)",
                                      R"({"a":)",
                                      "{]",
                                      "}{",
                                      "{\"a\" : [ 1 ,\n2 ] }",
                                      std::string("{\"\0\":1}", 7),
                                      R"({"a":{"b":1}}})",
                                      R"({"a":"\)",
                                      "null",
                                      "{\"a\":nul"};
  std::mt19937 random(5);
  constexpr std::string_view kLetters = "{}[]\":,\\ a1n";
  for (int n = 0; n < 20'000; ++n) {
    std::string one = random() % 4 != 0 ? "{" : "";
    for (size_t length = random() % 40; length > 0; --length) one += kLetters[random() % kLetters.size()];
    records.push_back(std::move(one));
  }
  const size_t once = records.size();
  for (size_t i = 0; i < once; ++i) records.push_back(records[i]);  // what comes again is coded in another way
  expect_back(records);
}

TEST(Coder, WhatRepeatsTakesLittle) {
  Coder coder;
  const std::string record =
      R"({"userIdentity":{"type":"IAMUser","userName":"alice"},"eventName":"GetUser","userAgent":")" + std::string(300, 'x') + "\"}";
  for (int i = 0; i < 200; ++i) coder.add(record, kTime);
  const Coder::Block block = coder.close();
  EXPECT_LT(block.text.size(), record.size() * 3 + 200 * 12);
}

TEST(Coder, TheDictionaryHasAnEnd) {
  Coder coder;
  std::string out;
  for (int i = 0; i < 400; ++i) {
    const std::string record = fmt::format(R"({{"a":"{:08}{}"}})", i / 2, std::string(15'000, 'x'));
    for (int twice = 0; twice < 5; ++twice) {
      coder.add(record, kTime);
      ASSERT_TRUE(coder.open_record(coder.open_events() - 1, kTime, out));
      ASSERT_EQ(out, record);
      if (coder.is_block_full()) coder.close();
    }
  }
  EXPECT_LE(coder.bytes(), kWordsBytesMax * 3);
}

TEST(Coder, DamagedBytesAreRefusedOrGiveSomethingAndNeverMore) {
  Coder coder;
  for (int i = 0; i < 50; ++i)
    coder.add(
        fmt::format(R"({{"a":{{"b":"{}","c":"2025-10-09T08:00:0{}Z"}},"id":"c00a71ab-4540-4133-9d30-8878cac5{:04}"}})", i % 5, i % 10, i),
        kTime);
  const Coder::Block block = coder.close();
  const std::string whole = block.text + block.noise;
  std::mt19937 random(9);
  std::string out;
  for (int n = 0; n < 20'000; ++n) {
    std::string bytes = whole.substr(0, random() % 3 == 0 ? random() % whole.size() : whole.size());
    for (int flips = random() % 4; flips >= 0 && !bytes.empty(); --flips) bytes[random() % bytes.size()] = static_cast<char>(random());
    const auto opened = CodedBlock::open(bytes);
    if (!opened) continue;
    for (uint32_t place = 0; place < opened->events(); ++place) (void)opened->record(place, kTime, coder, out);
  }
}

}  // namespace
}  // namespace cairn::history
