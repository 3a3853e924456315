#include "aws/policy/context.h"

#include <gtest/gtest.h>

namespace cairn::aws::policy {
namespace {

TEST(Context, OverlayTakesThePlaceOfKeysOfThatName) {
  Context context, over;
  context.add("aws:MultiFactorAuthPresent", false);
  context.add("aws:username", "alice");
  over.add("AWS:multifactorauthpresent", true);
  over.add("sts:ExternalId", "1");
  context.overlay(over);
  EXPECT_EQ(*context.find(Key("aws:MultiFactorAuthPresent")), std::vector<std::string>{"true"});
  EXPECT_EQ(*context.find(Key("aws:username")), std::vector<std::string>{"alice"});
  EXPECT_EQ(*context.find(Key("sts:ExternalId")), std::vector<std::string>{"1"});
}

}  // namespace
}  // namespace cairn::aws::policy
