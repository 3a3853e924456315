#include "aws/event_stream.h"

#include <gtest/gtest.h>

namespace cairn::aws::event_stream {
namespace {

using namespace std::string_view_literals;

// The vectors that SDKs of AWS are tested with.
TEST(EventStream, Messages) {
  EXPECT_EQ(message({}, ""), "\x00\x00\x00\x10\x00\x00\x00\x00\x05\xc2\x48\xeb\x7d\x98\xc8\xff"sv);
  EXPECT_EQ(message({{"content-type", "application/json"}}, "{'foo':'bar'}"),
            "\x00\x00\x00\x3d\x00\x00\x00\x20\x07\xfd\x83\x96\x0c"
            "content-type\x07\x00\x10"
            "application/json{'foo':'bar'}\x8d\x9c\x08\xb1"sv);
}

}  // namespace
}  // namespace cairn::aws::event_stream
