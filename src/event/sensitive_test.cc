#include "event/sensitive.h"

#include <gtest/gtest.h>

#include "base/json.h"
#include "event/golden_case.h"

namespace cairn::event {
namespace {

std::string record_naming(std::string_view name) {
  return json::dump(
      {{"userIdentity", {{"type", "IAMUser"}, {"principalId", "AIDAEXAMPLEEXAMPLE222"}, {"accessKeyId", "AKIAIOSFODNN7EXAMPLE"}}},
       {"userAgent", "Boto3/1.26.27 md/Botocore#1.29.27 os/linux#5.15 md/arch#x86_64 cfg/retry-mode#legacy"},
       {"requestParameters", {{"tags", Json::array({{{"key", "Team"}, {"value", name}}})}, {"roleName", "deployer"}}},
       {"eventID", "293ba626-3be5-4a26-ab1b-0f4c54f49959"}});
}

/// What is found in a name, and what of it: "access key: AKIA..."; "": nothing.
std::string found_in(std::string_view name) {
  const std::string record = record_naming(name);
  const std::vector<Sensitive> found = find_sensitive(record);
  std::string out;
  for (const Sensitive& each : found)
    out += (out.empty() ? "" : "; ") + std::string(kinds_of({each}).front()) + ": " + std::string(each.value);
  return out;
}

// Keys, tokens and numbers below are the ones that AWS's guides, RFC 7519's family and card issuers give for examples.
TEST(Sensitive, AccessKeys) {
  EXPECT_EQ(found_in("AKIAIOSFODNN7EXAMPLE"), "access key: AKIAIOSFODNN7EXAMPLE");
  EXPECT_EQ(found_in("backup-ASIAIOSFODNN7EXAMPLE.old"), "access key: ASIAIOSFODNN7EXAMPLE");
  EXPECT_EQ(found_in("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"), "access key: wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
  EXPECT_EQ(found_in("secret=je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY"), "access key: je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY");
  EXPECT_EQ(found_in("je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY1"), "") << "41 letters are no secret key";
  EXPECT_EQ(found_in("AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
            "access key: wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
  EXPECT_EQ(found_in("AKIAIOSFODNN7EXAMPLE and AKIAI44QH8DHBEXAMPLE"),
            "access key: AKIAIOSFODNN7EXAMPLE; access key: AKIAI44QH8DHBEXAMPLE");
}

TEST(Sensitive, AKeysIdWhereItIsSaidToBeOneIsNoLeak) {
  const Json id = "AKIAIOSFODNN7EXAMPLE";
  for (const Json& record :
       {Json{{"requestParameters", {{"userName", "alice"}, {"accessKeyId", id}, {"status", "Inactive"}}}},
        Json{{"requestParameters", {{"lookupAttributes", {{{"attributeKey", "AccessKeyId"}, {"attributeValue", id}}}}}}},
        Json{{"requestParameters", {{"filters", {{{"attribute", "AccessKeyId"}, {"value", id}}}}}}},
        Json{{"errorMessage", "The Access Key with id AKIAIOSFODNN7EXAMPLE cannot be found."}},
        Json{{"responseElements", {{"credentials", {{"accessKeyId", "ASIAIOSFODNN7EXAMPLE"}}}}}}})
    EXPECT_TRUE(find_sensitive(json::dump(record)).empty()) << json::dump(record);
}

TEST(Sensitive, PrivateKeys) {
  EXPECT_EQ(found_in("-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBg==\n-----END PRIVATE KEY-----\n and more"),
            R"(private key: -----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBg==\n-----END PRIVATE KEY-----)");
  EXPECT_EQ(found_in("-----BEGIN RSA PRIVATE KEY-----\nMIIEvQIBADANBg"), R"(private key: -----BEGIN RSA PRIVATE KEY-----\nMIIEvQIBADANBg)")
      << "cut off: to the end of the text";
  EXPECT_EQ(found_in("-----BEGIN CERTIFICATE-----\nMIIEvQIBADANBg==\n-----END CERTIFICATE-----"), "");
  EXPECT_EQ(found_in("-----BEGIN PUBLIC KEY-----\nMIIEvQIBADANBg==\n-----END PUBLIC KEY-----"), "");
}

TEST(Sensitive, BearerTokens) {
  const std::string token = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U";
  EXPECT_EQ(found_in(token), "bearer token: " + token);
  EXPECT_EQ(found_in("token=" + token + ";x"), "bearer token: " + token);
  EXPECT_EQ(found_in("Authorization: bearer mF_9.B5f-4.1JqM0123456789"), "bearer token: mF_9.B5f-4.1JqM0123456789");
  EXPECT_EQ(found_in("Bearer of bad news"), "");
  EXPECT_EQ(found_in("eyJhbGciOiJIUzI1NiJ9.not-json-but-long.dozjgNryP4J3jVmNHl0w5N"), "");
}

TEST(Sensitive, PasswordsInUrls) {
  EXPECT_EQ(found_in("postgres://admin:hunter2@db.example.com:5432/app"), "password in a URL: hunter2");
  EXPECT_EQ(found_in("see https://:p%40ss@example.com"), "password in a URL: p%40ss");
  EXPECT_EQ(found_in("redis://u:a:b@cache"), "password in a URL: a:b");
  for (const char* harmless : {"https://example.com/a:b@c", "https://user@example.com", "mailto:a@b.example", "https://u:@example.com",
                               "arn:aws:sts::111122223333:assumed-role/r/alice@example.com", "git@example.com:team/x.git"})
    EXPECT_EQ(found_in(harmless), "") << harmless;
}

TEST(Sensitive, CardNumbers) {
  for (const char* card :
       {"4111111111111111", "5555 5555 5555 4444", "3782-822463-10005", "6011111111111117", "30569309025904", "3530111333300000"})
    EXPECT_EQ(found_in(fmt::format("order {} paid", card)), fmt::format("card number: {}", card));
  EXPECT_EQ(found_in("4111111111111112"), "") << "a wrong check digit";
  EXPECT_EQ(found_in("9111111111111119"), "") << "nobody's";
  EXPECT_EQ(found_in("x4111111111111111"), "");
  EXPECT_EQ(found_in("0.4111111111111111"), "");
  EXPECT_EQ(found_in("41111111111111110000"), "") << "part of a longer number";
  EXPECT_TRUE(find_sensitive(R"({"size":4111111111111111})").empty()) << "a number is no name";
}

TEST(Sensitive, OrdinaryNamesAreNone) {
  for (const char* name :
       {"", "a",
        "AWSLogs/111122223333/CloudTrail/us-east-1/2026/01/02/111122223333_CloudTrail_us-east-1_20260102T0304Z_tSj9YyJqTFu4hWHw.json.gz",
        "da39a3ee5e6b4b0d3255bfef95601890afd80709", "DA39A3EE5E6B4B0D3255BFEF95601890AFD80709", "293ba626-3be5-4a26-ab1b-0f4c54f49959",
        "AROAEXAMPLEEXAMPLE222:alice", "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", "2026-01-02T03:04:05.678Z", "1767225600000",
        "AmazonSSMManagedInstanceCoreRoleForTheCloud", "projects/Backend/Services/PaymentsService"})
    EXPECT_EQ(found_in(name), "") << name;
}

TEST(Sensitive, RecordsThatAwsWroteRaiseNoFalseAlarm) {
  for (const testing::GoldenCase& golden : testing::golden_cases())
    EXPECT_TRUE(find_sensitive(json::dump(golden.record)).empty()) << json::dump(golden.record);
}

TEST(Sensitive, WhatIsHiddenIsNowhereLeftAndFoundNoMore) {
  const std::string record = record_naming(
      "AKIAIOSFODNN7EXAMPLE, http://u:hunter2@h, Bearer mF_9.B5f-4.1JqM0123456789, 4111 1111 1111 1111, -----BEGIN PRIVATE KEY-----\nx");
  const std::vector<Sensitive> found = find_sensitive(record);
  EXPECT_EQ(kinds_of(found),
            (std::vector<std::string_view>{"access key", "password in a URL", "bearer token", "card number", "private key"}));
  const std::string hidden = hide(record, found);
  const Result<Json> parsed = json::parse(hidden);
  ASSERT_TRUE(parsed.has_value()) << hidden;
  EXPECT_EQ((*parsed)["requestParameters"]["tags"][0]["value"],
            "HIDDEN_DUE_TO_SECURITY_REASONS, http://u:HIDDEN_DUE_TO_SECURITY_REASONS@h, Bearer HIDDEN_DUE_TO_SECURITY_REASONS, "
            "HIDDEN_DUE_TO_SECURITY_REASONS, HIDDEN_DUE_TO_SECURITY_REASONS");
  EXPECT_EQ((*parsed)["userIdentity"]["accessKeyId"], "AKIAIOSFODNN7EXAMPLE") << "who called is still said";
  EXPECT_TRUE(find_sensitive(hidden).empty());
  EXPECT_EQ(hide(record, {}), record);
}

}  // namespace
}  // namespace cairn::event
