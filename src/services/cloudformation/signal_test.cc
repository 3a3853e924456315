#include "services/cloudformation/signal.h"

#include <gtest/gtest.h>

namespace cairn::cloudformation {
namespace {

const Handle kHandle{.account = aws::AccountId("111122223333"),
                     .region = aws::Region("eu-west-1"),
                     .stack = "11111111-2222-3333-4444-555555555555",
                     .resource = "Handle",
                     .secret = "ABCDEF123456GHIJKL789012MNOPQR34"};

TEST(Signal, AHandleIsAnAddress) {
  const std::string url = url_of("https://cairn.example:4566", kHandle);
  EXPECT_EQ(url,
            "https://cairn.example:4566/_cairn/signal/111122223333/eu-west-1/11111111-2222-3333-4444-555555555555/Handle/"
            "ABCDEF123456GHIJKL789012MNOPQR34");
  for (const std::string& text : {url, url.substr(url.find("/_cairn"))}) {
    const auto handle = handle_of(text);
    ASSERT_TRUE(handle.has_value()) << text;
    EXPECT_EQ(url_of("https://cairn.example:4566", *handle), url);
  }
  for (const char* text :
       {"", "https://cairn.example/", "/_cairn/signal/", "/_cairn/signal/1/2/3/4", "/_cairn/signal/1/2/3/4/", "/_cairn/signal/1/2/3/4/5/6"})
    EXPECT_FALSE(handle_of(text).has_value()) << text;
}

/// The form is AWS's: User Guide, "Creating wait conditions in a template".
TEST(Signal, IsReadAsAWSDescribesIt) {
  const auto signal = parse_signal(
      R"({"Status": "SUCCESS", "Reason": "Configuration Complete", "UniqueId": "ID1234", "Data": "Application has completed configuration."})");
  ASSERT_TRUE(signal.has_value());
  EXPECT_TRUE(signal->is_success);
  EXPECT_EQ(signal->id, "ID1234");
  EXPECT_EQ(signal->reason, "Configuration Complete");
  EXPECT_EQ(signal->data, "Application has completed configuration.");
  const auto failure = parse_signal(R"({"Status": "FAILURE", "UniqueId": "a"})");
  ASSERT_TRUE(failure.has_value());
  EXPECT_FALSE(failure->is_success);
  EXPECT_EQ(failure->data, "");
  EXPECT_EQ(parse_signal(R"({"Status": "SUCCESS", "UniqueId": 7, "Data": {"a": 1}})")->data, R"({"a":1})");
}

TEST(Signal, WhatIsNoneIsRefused) {
  for (const char* text : {"", "SUCCESS", "[]", "{}", R"({"Status": "SUCCESS"})", R"({"UniqueId": "a"})",
                           R"({"Status": "success", "UniqueId": "a"})", R"({"Status": "SUCCESS", "UniqueId": ""})"})
    EXPECT_FALSE(parse_signal(text).has_value()) << text;
  const auto with_data = [](size_t bytes) {
    return fmt::format(R"({{"Status": "SUCCESS", "UniqueId": "a", "Data": "{}"}})", std::string(bytes, 'x'));
  };
  EXPECT_TRUE(parse_signal(with_data(kSignalTextBytesMax)).has_value());
  EXPECT_FALSE(parse_signal(with_data(kSignalTextBytesMax + 1)).has_value());
  EXPECT_FALSE(parse_signal(with_data(kSignalBytesMax)).has_value());
}

}  // namespace
}  // namespace cairn::cloudformation
