#include "api/system_tags.h"

#include <gtest/gtest.h>

#include <map>

namespace cairn::api {
namespace {

TEST(SystemTags, AreSetByCloudFormationAlone) {
  Call call;
  EXPECT_TRUE(may_set_tag(call, "team"));
  EXPECT_TRUE(may_set_tag(call, "awsome"));
  for (const char* key : {"aws:cloudformation:stack-name", "aws:x", "AWS:x", "Aws:cloudformation:stack-id"})
    EXPECT_FALSE(may_set_tag(call, key)) << key;
  call.principal.invoked_by = "cloudformation.amazonaws.com";
  EXPECT_TRUE(may_set_tag(call, "aws:cloudformation:stack-name"));
  for (const char* key : {"aws:x", "AWS:cloudformation:x"}) EXPECT_FALSE(may_set_tag(call, key)) << key;
}

TEST(SystemTags, DoNotCount) {
  const std::map<std::string, std::string> tags{{"a", ""}, {"aws:cloudformation:stack-name", ""}, {"b", ""}};
  EXPECT_EQ(counted_tags(tags), 2u);
  EXPECT_EQ(counted_tags(Json{{"a", ""}, {"aws:x", ""}}), 1u);
}

TEST(SystemTags, NeedNoRightToTag) {
  Call call;
  const Json system = Json::array({{{"Key", "aws:cloudformation:stack-name"}, {"Value", "s"}}});
  const Json own = Json::array({{{"TagKey", "a"}, {"TagValue", "s"}}});
  EXPECT_TRUE(has_own_tags(call, system));  // somebody tries
  EXPECT_FALSE(has_own_tags(call, Json::array()));
  call.principal.invoked_by = "cloudformation.amazonaws.com";
  EXPECT_FALSE(has_own_tags(call, system));
  EXPECT_FALSE(has_own_tags(call, Json{{"aws:cloudformation:stack-name", "s"}}));
  EXPECT_TRUE(has_own_tags(call, own));
}

}  // namespace
}  // namespace cairn::api
