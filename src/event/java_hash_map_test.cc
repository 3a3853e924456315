#include "event/java_hash_map.h"

#include <gtest/gtest.h>

namespace cairn::event {
namespace {

struct Named {
  std::string_view name;
};

std::vector<std::string_view> ordered(std::vector<std::string_view> names, HashTable table = HashTable::kCopied) {
  std::vector<Named> entries;
  for (const std::string_view name : names) entries.push_back({name});
  order_as_hash_map(entries, table);
  std::vector<std::string_view> result;
  for (const Named& one : entries) result.push_back(one.name);
  return result;
}

using Names = std::vector<std::string_view>;

TEST(JavaHashMap, hash_is_string_hash_code_over_utf16_spread) {
  const auto spread = [](uint32_t hash) { return hash ^ (hash >> 16); };
  EXPECT_EQ(java_spread_hash(""), 0u);
  EXPECT_EQ(java_spread_hash("hello"), spread(99162322));  // Java: "hello".hashCode()
  EXPECT_EQ(java_spread_hash("\u00e9"), spread(0xE9));
  EXPECT_EQ(java_spread_hash("\u20ac"), spread(0x20AC));
  EXPECT_EQ(java_spread_hash("\U0001D11E"), spread(0xD834u * 31 + 0xDD1E));  // a surrogate pair
  EXPECT_EQ(java_spread_hash("\xff"), spread(0xFFFD));
  EXPECT_EQ(java_spread_hash("\xf0\x9d"), spread(0xFFFDu * 31 + 0xFFFD));
}

TEST(JavaHashMap, table_is_sized_like_a_copy_or_like_one_that_grew) {
  EXPECT_EQ(java_table_size(1, HashTable::kCopied), 2u);
  EXPECT_EQ(java_table_size(2, HashTable::kCopied), 4u);
  EXPECT_EQ(java_table_size(3, HashTable::kCopied), 8u);
  EXPECT_EQ(java_table_size(6, HashTable::kCopied), 16u);
  EXPECT_EQ(java_table_size(12, HashTable::kGrown), 16u);
  EXPECT_EQ(java_table_size(13, HashTable::kGrown), 32u);
}

// Maps of delivered records.
TEST(JavaHashMap, order_is_that_of_delivered_records) {
  EXPECT_EQ(ordered({"acl", "bucketName", "Host"}), (Names{"bucketName", "Host", "acl"}));
  EXPECT_EQ(ordered({"publicAccessBlock", "bucketName", "Host"}), (Names{"publicAccessBlock", "bucketName", "Host"}));
  EXPECT_EQ(ordered({"bucketName", "key", "x-amz-acl", "Host"}), (Names{"bucketName", "Host", "x-amz-acl", "key"}));
  EXPECT_EQ(ordered({"SignatureVersion", "CipherSuite", "bytesTransferredIn", "AuthenticationMethod", "x-amz-id-2", "bytesTransferredOut"}),
            (Names{"SignatureVersion", "CipherSuite", "bytesTransferredIn", "AuthenticationMethod", "x-amz-id-2", "bytesTransferredOut"}));
  EXPECT_EQ(ordered({"ID", "Expiration", "Filter", "Status"}, HashTable::kGrown), (Names{"Status", "Filter", "Expiration", "ID"}));
}

TEST(JavaHashMap, members_of_one_slot_stay_in_the_order_they_came) {
  EXPECT_EQ(ordered({"logging", "bucketName", "Host"}), (Names{"logging", "bucketName", "Host"}));
  EXPECT_EQ(ordered({"bucketName", "logging", "Host"}), (Names{"bucketName", "logging", "Host"}));
}

}  // namespace
}  // namespace cairn::event
