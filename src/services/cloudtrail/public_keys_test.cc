#include "delivery/public_key.h"

#include <gtest/gtest.h>

#include "base/text.h"
#include "services/cloudtrail/harness.h"

namespace cairn::cloudtrail {
namespace {

Time at(const char* time) { return timestamps::parse_iso8601(time).value(); }

class PublicKeysTest : public testing::Test, protected Harness {
 protected:
  PublicKeysTest() {
    clock.set(at("2026-02-10T00:00:00Z"));
    add("us-east-1", "aa", at("2026-01-01T00:00:00Z"), at("2026-01-31T00:00:00Z"));
    add("us-east-1", "bb", at("2026-01-30T00:00:00Z"), at("2026-02-28T00:00:00Z"));
    add("eu-west-1", "cc", at("2026-01-01T00:00:00Z"), at("2026-12-31T00:00:00Z"));
  }
  void add(const char* where, const std::string& fingerprint, Time start, Time end) {
    put(delivery::keys::public_key(aws::Region(where), fingerprint),
        delivery::encode(delivery::PublicKey{.fingerprint = fingerprint, .der = "der of " + fingerprint, .start = start, .end = end}));
  }
  std::string list(const Json& in) {
    const Answer answer = call("ListPublicKeys", in);
    if (!answer.ok()) return answer.code;
    std::string fingerprints;
    for (const Json& key : answer.out["PublicKeyList"])
      fingerprints += (fingerprints.empty() ? "" : " ") + key["Fingerprint"].get<std::string>();
    return fingerprints;
  }
};

TEST_F(PublicKeysTest, WithoutATimeTheCurrentKeyIsListed) {
  const Json out = call("ListPublicKeys", Json::object()).out;
  EXPECT_EQ(out.dump(),
            R"({"PublicKeyList":[{"Value":")" + text::base64("der of bb") +
                R"(","ValidityStartTime":"2026-01-30T00:00:00.000Z","ValidityEndTime":"2026-02-28T00:00:00.000Z","Fingerprint":"bb"}]})");
}

TEST_F(PublicKeysTest, ARangeListsEveryKeyThatWasValidInIt) {
  EXPECT_EQ(list({{"StartTime", "2026-01-01T00:00:00Z"}}), "aa bb");
  EXPECT_EQ(list({{"StartTime", "2026-01-01T00:00:00Z"}, {"EndTime", "2026-01-29T23:59:59Z"}}), "aa");
  EXPECT_EQ(list({{"StartTime", "2026-01-31T00:00:00Z"}, {"EndTime", "2026-01-31T00:00:00Z"}}), "aa bb") << "both ends count";
  EXPECT_EQ(list({{"StartTime", "2025-01-01T00:00:00Z"}, {"EndTime", "2025-12-31T23:59:59Z"}}), "");
  EXPECT_EQ(list({{"StartTime", "2026-03-01T00:00:00Z"}, {"EndTime", "2026-04-01T00:00:00Z"}}), "");
}

TEST_F(PublicKeysTest, AKeyMadeWithinTheLastSecondAskedForIsListed) {
  add("us-east-1", "dd", at("2026-03-01T00:00:00.700Z"), at("2026-03-31T00:00:00Z"));
  EXPECT_EQ(list({{"StartTime", "2026-02-28T12:00:00Z"}, {"EndTime", "2026-03-01T00:00:00Z"}}), "dd");
}

TEST_F(PublicKeysTest, KeysAreARegions) {
  region = "eu-west-1";
  EXPECT_EQ(list(Json::object()), "cc");
  region = "ap-south-1";
  EXPECT_EQ(list(Json::object()), "");
}

TEST_F(PublicKeysTest, WrongParametersHaveTheirErrors) {
  EXPECT_EQ(list({{"StartTime", "2026-01-02T00:00:00Z"}, {"EndTime", "2026-01-01T00:00:00Z"}}), "InvalidTimeRangeException");
  EXPECT_EQ(list({{"StartTime", "2027-01-01T00:00:00Z"}}), "InvalidTimeRangeException");
  EXPECT_EQ(list({{"NextToken", "x"}}), "InvalidTokenException");
}

}  // namespace
}  // namespace cairn::cloudtrail
