#include "archive/digest_file.h"

#include <gtest/gtest.h>

#include "base/text.h"

namespace cairn::archive {
namespace {

Time at(std::string_view iso) { return *timestamps::parse_iso8601(iso); }

Digest sample() {
  Digest digest;
  digest.account = aws::AccountId("111122223333");
  digest.start = at("2026-01-02T14:01:31Z");
  digest.end = at("2026-01-02T15:01:31Z");
  digest.bucket = "trails";
  digest.key = "AWSLogs/digest-15.json.gz";
  digest.fingerprint = "31e8b5433410dfb61a9dc45cc65b22ff";
  digest.previous = Digest::Previous{"trails", "AWSLogs/digest-14.json.gz", std::string(64, 'a'), "50887ccf"};
  digest.files = {{"trails", "AWSLogs/one.json.gz", std::string(64, '1'), at("2026-01-02T14:42:27Z"), at("2026-01-02T14:46:27Z")},
                  {"trails", "AWSLogs/two.json.gz", std::string(64, '2'), at("2026-01-02T14:43:00Z"), at("2026-01-02T14:52:27Z")}};
  return digest;
}

// Members and their order: AWS's guide, "CloudTrail digest file structure", sample digest file contents.
TEST(DigestFile, IsWrittenAsByAws) {
  const std::string a(64, 'a'), one(64, '1'), two(64, '2');
  EXPECT_EQ(encode(sample()),
            R"({"awsAccountId":"111122223333","digestStartTime":"2026-01-02T14:01:31Z","digestEndTime":"2026-01-02T15:01:31Z",)"
            R"("digestS3Bucket":"trails","digestS3Object":"AWSLogs/digest-15.json.gz",)"
            R"("digestPublicKeyFingerprint":"31e8b5433410dfb61a9dc45cc65b22ff","digestSignatureAlgorithm":"SHA256withRSA",)"
            R"("newestEventTime":"2026-01-02T14:52:27Z","oldestEventTime":"2026-01-02T14:42:27Z",)"
            R"("previousDigestS3Bucket":"trails","previousDigestS3Object":"AWSLogs/digest-14.json.gz","previousDigestHashValue":")" +
                a +
                R"(","previousDigestHashAlgorithm":"SHA-256","previousDigestSignature":"50887ccf","logFiles":[)"
                R"({"s3Bucket":"trails","s3Object":"AWSLogs/one.json.gz","hashValue":")" +
                one +
                R"(","hashAlgorithm":"SHA-256","newestEventTime":"2026-01-02T14:46:27Z","oldestEventTime":"2026-01-02T14:42:27Z"},)"
                R"({"s3Bucket":"trails","s3Object":"AWSLogs/two.json.gz","hashValue":")" +
                two +
                R"(","hashAlgorithm":"SHA-256","newestEventTime":"2026-01-02T14:52:27Z","oldestEventTime":"2026-01-02T14:43:00Z"}]})");
}

// "Starting" digests and those of hours without activity: null, not absent; validate-logs needs previousDigestSignature to be there.
TEST(DigestFile, WhatThereIsNotIsNull) {
  Digest digest = sample();
  digest.previous.reset();
  digest.files.clear();
  const std::string json = encode(digest);
  EXPECT_NE(json.find(R"("newestEventTime":null,"oldestEventTime":null,"previousDigestS3Bucket":null,"previousDigestS3Object":null,)"
                      R"("previousDigestHashValue":null,"previousDigestHashAlgorithm":null,"previousDigestSignature":null,"logFiles":[])"),
            json.npos);
  const auto read = parse_digest(json);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_FALSE(read->previous);
  EXPECT_TRUE(read->files.empty());
}

TEST(DigestFile, IsReadBack) {
  const auto read = parse_digest(encode(sample()));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(encode(*read), encode(sample()));
  // Any order of members, and members that are unknown here.
  const auto other = parse_digest(
      R"({"logFiles":[],"new":{},"previousDigestSignature":null,"digestSignatureAlgorithm":"SHA256withRSA","digestS3Object":"k",)"
      R"("digestPublicKeyFingerprint":"f","digestS3Bucket":"b","digestEndTime":"2024-02-29T01:00:00Z",)"
      R"("digestStartTime":"2024-02-29T00:00:00Z","awsAccountId":"111122223333"})");
  ASSERT_TRUE(other) << other.error().message;
  EXPECT_EQ(other->end, at("2024-02-29T01:00:00Z"));
}

TEST(DigestFile, SaysWhatIsWrong) {
  const std::string good = encode(sample());
  const auto with = [&](std::string_view from, std::string_view to) {
    std::string changed = good;
    changed.replace(changed.find(from), from.size(), to);
    const auto read = parse_digest(changed);
    return read ? "read" : read.error().message;
  };
  EXPECT_EQ(with("2026-01-02T15:01:31Z", "2026-01-02T15:01:31.5Z"), "digestEndTime is no time like 2026-01-02T03:04:05Z");
  EXPECT_EQ(with("2026-01-02T15:01:31Z", "2026-02-30T15:01:31Z"), "digestEndTime is no time like 2026-01-02T03:04:05Z");
  EXPECT_EQ(with("SHA256withRSA", "MD5withRSA"), "digestSignatureAlgorithm is not SHA256withRSA");
  EXPECT_EQ(with(R"("111122223333")", "111122223333"), "awsAccountId is no string");
  EXPECT_EQ(with("111122223333", "1111"), "awsAccountId is no account number");
  EXPECT_EQ(with(std::string(64, 'a'), "abc"), "previousDigestHashValue is no SHA-256 in hex");
  EXPECT_EQ(with(std::string(64, '2'), std::string(64, 'G')), "logFiles: hashValue is no SHA-256 in hex");
  EXPECT_EQ(with("50887ccf", "50887CCF"), "previousDigestSignature is not in hex");
  EXPECT_EQ(with(R"("logFiles")", R"("logfiles")"), "logFiles is no list");
  for (std::string_view text : {"", "null", "[]", "{}", "{\"logFiles\":[1]}"}) EXPECT_FALSE(parse_digest(text)) << text;
}

// AWS's guide, "Custom implementations of CloudTrail log file integrity validation", data signing string.
TEST(DigestFile, TextToSign) {
  Digest digest = sample();
  EXPECT_EQ(text_to_sign(digest, "abc"),
            "2026-01-02T15:01:31Z\ntrails/AWSLogs/digest-15.json.gz\n"
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\n50887ccf");
  digest.previous.reset();
  EXPECT_TRUE(text_to_sign(digest, "abc").ends_with("\nnull"));
}

TEST(DigestFile, FingerprintIsTheMd5OfTheKey) { EXPECT_EQ(fingerprint("message digest"), "f96b697d7cb7938d525a2f31aaf161d0"); }

}  // namespace
}  // namespace cairn::archive
