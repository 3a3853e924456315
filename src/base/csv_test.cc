#include "base/csv.h"

#include <gtest/gtest.h>

namespace cairn::text {
namespace {

TEST(Csv, QuotesAndDisarmsFormulas) {
  EXPECT_EQ(csv_cell("plain"), "plain");
  EXPECT_EQ(csv_cell("a,b"), "\"a,b\"");
  EXPECT_EQ(csv_cell("say \"x\""), "\"say \"\"x\"\"\"");
  EXPECT_EQ(csv_cell("=1+1"), "'=1+1");
  EXPECT_EQ(csv_cell("-2,3"), "\"'-2,3\"");
  EXPECT_EQ(csv_cell("+x"), "'+x");
  EXPECT_EQ(csv_cell("@x"), "'@x");
  EXPECT_EQ(csv_cell("\t=x").find('\t'), std::string::npos);
  EXPECT_NE(csv_cell("\r=x")[0], '\r');
  EXPECT_EQ(csv_cell("a\r\nb").find('\n'), std::string::npos);
}

}  // namespace
}  // namespace cairn::text
