#include "journal/entry.h"

#include <gtest/gtest.h>

namespace cairn::journal {
namespace {

using namespace std::string_literals;

TEST(Entry, CarriesRecordsAndChangesInOrder) {
  const std::vector<std::string> records = {R"({"eventName":"PutObject"})", ""};
  const std::vector<Change> changes = {{"bucket/a", "document\0with a zero"s}, {"bucket/b", std::nullopt}, {"", ""}};
  const std::string bytes = encode_entry(records, changes);
  const auto view = decode_entry(bytes);
  ASSERT_TRUE(view);
  ASSERT_EQ(view->records.size(), 2u);
  EXPECT_EQ(view->records[0], records[0]);
  EXPECT_EQ(view->records[1], "");
  ASSERT_EQ(view->changes.size(), 3u);
  EXPECT_EQ(view->changes[0].key, "bucket/a");
  EXPECT_EQ(view->changes[0].value, "document\0with a zero"s);
  EXPECT_EQ(view->changes[1].key, "bucket/b");
  EXPECT_FALSE(view->changes[1].value);
  EXPECT_EQ(view->changes[2].value, "");
}

// The bytes that docs/formats/journal.md gives.
TEST(Entry, IsWrittenAsDocumented) {
  const std::vector<std::string> records = {"{}"};
  const std::vector<Change> changes = {{"k", std::string(200, 'v')}, {"x", std::nullopt}};
  EXPECT_EQ(encode_entry(records, changes), "\x01\x01\x02{}\x02\x01\x01k\xc8\x01"s + std::string(200, 'v') + "\0\x01x"s);
}

TEST(Entry, CutShortOrGarbledFailsAndNeverCrashes) {
  const std::vector<std::string> records = {R"({"eventName":"PutObject"})"};
  const std::vector<Change> changes = {{"key", "value"}, {"other", std::nullopt}};
  const std::string bytes = encode_entry(records, changes);
  for (size_t n = 0; n < bytes.size(); ++n) EXPECT_FALSE(decode_entry(std::string_view(bytes).substr(0, n))) << n;
  EXPECT_FALSE(decode_entry(bytes + '\0'));
  for (size_t i = 0; i < bytes.size(); ++i) {
    std::string garbled = bytes;
    garbled[i] = static_cast<char>(garbled[i] ^ 0xff);
    (void)decode_entry(garbled);
  }
  EXPECT_FALSE(decode_entry("\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"));  // a count of 2^64-1
  EXPECT_FALSE(decode_entry("\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"));  // more than 64 bits
}

}  // namespace
}  // namespace cairn::journal
