#include "services/s3/range.h"

#include <gtest/gtest.h>

#include "services/s3/errors.h"

namespace cairn::s3 {
namespace {

std::string shown(std::string_view header, uint64_t size) {
  try {
    const std::optional<Range> range = parse_range(header, size);
    return range ? fmt::format("{}+{}", range->offset, range->length) : "ignored";
  } catch (const Error& error) {
    return std::string(error.kind.code);
  }
}

// Held against answers recorded on S3 for an object of ten bytes.
TEST(Range, of_a_get_is_read_as_s3_reads_it) {
  EXPECT_EQ(shown("bytes=0-8", 10), "0+9");
  EXPECT_EQ(shown("bytes=1-1", 10), "1+1");
  EXPECT_EQ(shown("bytes=1-", 10), "1+9");
  EXPECT_EQ(shown("bytes=-2", 10), "8+2");
  EXPECT_EQ(shown("bytes=-15", 10), "0+10");
  EXPECT_EQ(shown("bytes=0-100", 10), "0+10");
  EXPECT_EQ(shown("bytes=1-0", 10), "ignored");
  EXPECT_EQ(shown("bytes=-1-", 10), "ignored");
  EXPECT_EQ(shown("bytes=0--1", 10), "ignored");
  EXPECT_EQ(shown("bytes=0-1,3-4,7-9", 10), "ignored");
  EXPECT_EQ(shown("0-8", 10), "ignored");
  EXPECT_EQ(shown("bytes=10-20", 10), "InvalidRange");
  EXPECT_EQ(shown("bytes=-0", 10), "InvalidRange");
  EXPECT_EQ(shown("bytes=0-0", 0), "InvalidRange");
  EXPECT_EQ(shown("bytes=99999999999999999999-", 10), "ignored");
}

TEST(Range, of_a_part_copy_must_lie_in_its_source) {
  EXPECT_EQ(parse_copy_range("bytes=0-8", 10).length, 9u);
  EXPECT_EQ(parse_copy_range("bytes=9-9", 10).offset, 9u);
  for (const char* bad : {"0-8", "bytes=1-0", "bytes=1-", "bytes=-1", "bytes=-", "bytes=0-1,3-4", "bytes=0-100"}) {
    try {
      parse_copy_range(bad, 10);
      ADD_FAILURE() << bad;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind.code, "InvalidArgument") << bad;
    }
  }
  EXPECT_THROW(parse_copy_range("bytes=100-200", 10), Error);
}

}  // namespace
}  // namespace cairn::s3
