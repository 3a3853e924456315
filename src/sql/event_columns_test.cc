#include "sql/event_columns.h"

#include <gtest/gtest.h>

namespace cairn::sql {
namespace {

TEST(EventColumns, AreFoundByTheirMembers) {
  const auto all = event_columns();
  for (size_t i = 0; i < all.size(); ++i) EXPECT_EQ(event_column_of(all[i].member), static_cast<int>(i)) << all[i].member;
  for (const char* other : {"", "x", "eventname", "eventName ", "requestParameterS", "annotation"})
    EXPECT_EQ(event_column_of(other), -1) << other;
}

TEST(EventColumns, AreNamedInLowerCase) {
  EXPECT_EQ(event_columns()[static_cast<size_t>(event_column_of("sourceIPAddress"))].name(), "sourceipaddress");
  EXPECT_EQ(name_of(ExtraColumn::kRecord), "record");
  EXPECT_EQ(name_of(ExtraColumn::kTimestamp), "timestamp");
}

}  // namespace
}  // namespace cairn::sql
