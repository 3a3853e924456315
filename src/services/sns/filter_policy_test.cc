#include "services/sns/filter_policy.h"

#include <gtest/gtest.h>

#include "services/sns/errors.h"

namespace cairn::sns {
namespace {

std::string refusal(const std::string& text, bool filters_body = true) {
  try {
    check_filter_policy(text, filters_body, "FilterPolicy");
  } catch (const Error& error) {
    return error.message;
  }
  return "";
}

// As AWS has answered.
TEST(FilterPolicy, IsRefusedInAwssWords) {
  EXPECT_EQ(refusal(R"({"key":[["value"]]})"),
            "Invalid parameter: FilterPolicy: Match value must be String, number, true, false, or null\n at [Source: "
            "(String)\"{\"key\":[[\"value\"]]}\"; line: 1, column: 10]");
  EXPECT_EQ(refusal(R"({"key":[{"cidr":"bad-filter"}]})"), "Invalid parameter: FilterPolicy: Malformed CIDR, one '/' required");
  EXPECT_EQ(refusal(R"({"a":[1],"b":[1],"c":[1],"d":[1],"e":[1],"f":[1]})"),
            "Invalid parameter: FilterPolicy: Filter policy can not have more than 5 keys");
  std::string many = R"({"key":[0)";
  for (int i = 1; i < 150; ++i) many += "," + std::to_string(i);
  EXPECT_EQ(refusal(many + "]}"), "");
  EXPECT_EQ(refusal(many + ",150]}"), "Invalid parameter: FilterPolicy: Filter policy is too complex");
  EXPECT_EQ(refusal(R"({"object":{"key":[{"prefix":"auto-"}]}})", false),
            "Invalid parameter: Filter policy scope MessageAttributes does not support nested filter policy");
  EXPECT_EQ(refusal(R"({"object":{"key":[{"prefix":"auto-"}]}})", true), "");
}

TEST(FilterPolicy, LooksAtAttributesByTheirTypes) {
  const auto matches = [](const std::string& policy, const Json& attributes) {
    return compiled_filter(policy)->matches(filterable(attributes));
  };
  const auto attribute = [](const char* type, const char* value) { return Json{{"DataType", type}, {"StringValue", value}}; };
  const std::string price = R"({"price":[{"numeric":[">",0,"<=",100]}]})", store = R"({"store":["value1"]})";
  EXPECT_TRUE(matches(price, {{"price", attribute("Number", "99.12")}}));
  EXPECT_FALSE(matches(price, {{"price", attribute("Number", "100.5")}}));
  EXPECT_FALSE(matches(price, {{"price", attribute("String", "99")}}));
  EXPECT_TRUE(matches(store, {{"store", attribute("String.Array", R"(["value1","value2"])")}}));
  EXPECT_FALSE(matches(store, {{"store", attribute("String", R"(["value1"])")}}));
  EXPECT_FALSE(matches(store, {{"store", {{"DataType", "Binary"}, {"BinaryValue", "dmFsdWUx"}}}}));
  EXPECT_TRUE(matches(R"({"store":[{"exists":false}]})", Json::object()));
  EXPECT_TRUE(matches(R"({"a.b":["x"]})", {{"a.b", attribute("String", "x")}}));
  EXPECT_TRUE(matches(R"({"$or":[{"a":["x"]},{"b":["y"]}]})", {{"b", attribute("String", "y")}}));
}

}  // namespace
}  // namespace cairn::sns
