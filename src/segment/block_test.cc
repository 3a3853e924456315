#include "segment/block.h"

#include <gtest/gtest.h>

#include <random>

namespace cairn::segment {
namespace {

TEST(Reader, VarintsOfEveryLengthComeBackWhereverTheyEnd) {
  std::mt19937_64 random(1);
  for (int round = 0; round < 200'000; ++round) {
    const uint64_t value = random() >> (random() % 64);
    std::string bytes;
    put_varint(bytes, value);
    Reader cut(std::string_view(bytes).substr(0, bytes.size() - 1));
    EXPECT_EQ(cut.varint(), 0u);
    EXPECT_FALSE(cut.ok());
    const size_t more = random() % 4;
    bytes.append(more, '\xff');
    Reader in(bytes);
    ASSERT_EQ(in.varint(), value);
    ASSERT_EQ(in.left(), more);
    ASSERT_TRUE(in.ok());
  }
}

TEST(Reader, AVarintThatNeverEndsIsNone) {
  Reader in(std::string_view("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", 12));
  EXPECT_EQ(in.varint(), 0u);
  EXPECT_FALSE(in.ok());
}

TEST(Block, WhatIsSealedComesBackWithAndWithoutNoise) {
  for (const std::string& raw : {std::string(), std::string("x"), std::string(5000, 'a')})
    for (const std::string& noise : {std::string(), std::string("\x01\xf3z", 3)})
      EXPECT_EQ(open_block(seal_block(raw, noise)).value(), raw + noise);
}

}  // namespace
}  // namespace cairn::segment
