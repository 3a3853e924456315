// Requests as an SDK writes them (wire_requests.ndjson: serialised by botocore 1.44.5, made-up values), and what they mean.
#include <fstream>

#include "api/protocols/wire_test.h"
#include "base/text.h"

namespace cairn::api {
namespace {

using aws::Protocol;

Protocol protocol_named(std::string_view name) {
  for (const auto& [text, protocol] :
       {std::pair("json-1.0", Protocol::kJson10), std::pair("json-1.1", Protocol::kJson11), std::pair("query", Protocol::kQuery),
        std::pair("rest-json", Protocol::kRestJson), std::pair("rest-xml", Protocol::kRestXml), std::pair("cbor", Protocol::kCbor)})
    if (name == text) return protocol;
  CHECK(false);
}

/// SDKs round times as their format demands; members keep no order worth comparing.
void expect_same(const Json& got, const Json& wanted, const std::string& where) {
  if (wanted.is_object()) {
    ASSERT_TRUE(got.is_object()) << where;
    EXPECT_EQ(got.size(), wanted.size()) << where << ": " << got.dump();
    for (const auto& [key, value] : wanted.items()) {
      ASSERT_TRUE(got.contains(key)) << where << '.' << key;
      expect_same(got[key], value, where + "." + key);
    }
  } else if (wanted.is_array()) {
    ASSERT_EQ(got.size(), wanted.size()) << where;
    for (size_t i = 0; i < wanted.size(); ++i) expect_same(got[i], wanted[i], where + "." + std::to_string(i));
  } else if (wanted.is_string() && wanted.get<std::string>().starts_with("2026-01-02T03:04:05.")) {
    EXPECT_EQ(got.get<std::string>().substr(0, 20), wanted.get<std::string>().substr(0, 20)) << where;
  } else {
    EXPECT_EQ(got, wanted) << where;
  }
}

TEST(WireRequests, WhatAnSdkSendsIsUnderstood) {
  std::ifstream lines(std::string(CAIRN_SOURCE_DIR) + "/src/api/protocols/wire_requests.ndjson");
  size_t count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    const Json row = Json::parse(line);
    TestRequest request{.query = row["query"]};
    for (const auto& [name, value] : row["headers"].items()) request.headers.emplace_back(name, value);
    for (const auto& [name, value] : row["labels"].items()) request.labels.emplace_back(name, value);
    request.body = row.contains("body") ? row["body"].get<std::string>() : text::from_hex(row["body_hex"].get<std::string>()).value();
    const std::string service = row["service"], operation = row["operation"], protocol = row["protocol"];
    expect_same(decode_test(protocol_named(protocol), service, operation, request), row["in"], protocol + " " + service + "." + operation);
  }
  EXPECT_GT(count, 40u);
}

}  // namespace
}  // namespace cairn::api
