#include "base/log.h"

#include <gtest/gtest.h>

#include "base/json.h"
#include "base/time.h"

namespace cairn::log {
namespace {

TEST(Log, WritesOneJsonLineWithTimeLevelMessageAndFields) {
  testing::internal::CaptureStderr();
  warning("disk is nearly full", {{"path", "/data\n\"x\""}, {"free", "12"}});
  std::string line = testing::internal::GetCapturedStderr();
  ASSERT_FALSE(line.empty());
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  auto parsed = json::parse(line);
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_TRUE(timestamps::parse_iso8601((*parsed)["time"].get<std::string>()));
  EXPECT_EQ((*parsed)["level"], "warning");
  EXPECT_EQ((*parsed)["message"], "disk is nearly full");
  EXPECT_EQ((*parsed)["path"], "/data\n\"x\"");
  EXPECT_EQ((*parsed)["free"], "12");
}

TEST(Log, DropsLinesBelowTheThreshold) {
  set_threshold(Level::kError);
  testing::internal::CaptureStderr();
  info("quiet");
  warning("quiet");
  error("loud");
  std::string lines = testing::internal::GetCapturedStderr();
  set_threshold(Level::kInfo);
  EXPECT_EQ(lines.find("quiet"), std::string::npos);
  EXPECT_NE(lines.find("loud"), std::string::npos);
}

}  // namespace
}  // namespace cairn::log
