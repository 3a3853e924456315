#include "archive/gzip_stream.h"

#include <gtest/gtest.h>

#include <random>

#include "archive/log_file.h"

namespace cairn::archive {
namespace {

TEST(GzipStream, IsOneMemberOfAllThatItWasGiven) {
  std::mt19937 random(1);
  for (const size_t pieces : {0, 1, 2, 300}) {
    GzipStream stream;
    std::string raw, packed;
    for (size_t i = 0; i < pieces; ++i) {
      std::string piece(random() % 20'000, 'a');
      for (char& c : piece) c = static_cast<char>('a' + random() % 8);
      raw += piece;
      packed += stream.feed(piece);
    }
    packed += stream.finish();
    const Result<std::string> plain = gunzip(packed, 64 << 20);
    ASSERT_TRUE(plain) << plain.error().message;
    EXPECT_EQ(*plain, raw);
    EXPECT_LE(packed.size(), raw.size() + 100);
  }
}

}  // namespace
}  // namespace cairn::archive
