#include "aws/sigv4.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base/crypto.h"
#include "base/json.h"
#include "base/text.h"

// Expected values: AWS's SigV4 test suite (testdata/README.md) and the worked examples in S3's API reference,
// "Authenticating Requests (AWS Signature Version 4)".
namespace cairn::aws::sigv4 {
namespace {

const Secret kSuiteSecret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY");
const Secret kS3Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");
constexpr std::string_view kEmptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

std::string sign_again(const Request& request, const Claim& claim, const Secret& secret, std::string_view body_hash) {
  return signature(signing_key(secret, claim.date, claim.region.str(), claim.service),
                   string_to_sign(claim, canonical_request(request, claim, body_hash)));
}

Refusal refusal_of(const Request& request) {
  Result<Claim, Problem> claim = read_claim(request);
  EXPECT_FALSE(claim);
  return claim ? Refusal::kMissing : claim.error().refusal;
}

/// A row of testdata as the server sees it. Views point into the row.
struct Recorded {
  std::string target, method, body, signature;
  Request request;

  explicit Recorded(const Json& row) : target(row["target"]), method(row["method"]), body(row["body"]), signature(row["signature"]) {
    const size_t mark = target.find('?');
    request.method = method;
    request.path = std::string_view(target).substr(0, mark);
    if (mark != target.npos) request.query = std::string_view(target).substr(mark + 1);
    for (const Json& header : row["headers"])
      request.headers.emplace_back(header[0].get_ref<const std::string&>(), header[1].get_ref<const std::string&>());
  }
  Recorded(const Recorded&) = delete;
};

size_t each_row(const char* name, const std::function<void(const Json&)>& f) {
  std::ifstream file(std::string(CAIRN_SOURCE_DIR "/src/aws/testdata/") + name);
  size_t rows = 0;
  for (std::string line; std::getline(file, line); ++rows) f(Json::parse(line));
  return rows;
}

TEST(SigV4, AgreesWithAwsOnEveryRequestOfItsTestSuite) {
  const size_t rows = each_row("sigv4_suite.ndjson", [](const Json& row) {
    SCOPED_TRACE(row["name"].get<std::string>() + " " + row["form"].get<std::string>());
    const Recorded recorded(row);
    const Result<Claim, Problem> claim = read_claim(recorded.request);
    ASSERT_TRUE(claim) << static_cast<int>(claim.error().refusal) << ' ' << claim.error().detail;
    EXPECT_EQ(claim->access_key.str(), "AKIDEXAMPLE");
    EXPECT_EQ(claim->date_time, "20150830T123600Z");
    EXPECT_EQ(claim->signature, recorded.signature);
    const std::string body_hash = text::hex(crypto::sha256(recorded.body));
    EXPECT_EQ(canonical_request(recorded.request, *claim, body_hash), row["canonical_request"].get<std::string>());
    EXPECT_EQ(sign_again(recorded.request, *claim, kSuiteSecret, body_hash), recorded.signature);
  });
  EXPECT_EQ(rows, 61u);
}

TEST(SigV4, AgreesWithBotocoreOnAwkwardNames) {
  const size_t rows = each_row("botocore_signed.ndjson", [](const Json& row) {
    SCOPED_TRACE(row["name"].get<std::string>());
    const Recorded recorded(row);
    const Result<Claim, Problem> claim = read_claim(recorded.request);
    ASSERT_TRUE(claim) << static_cast<int>(claim.error().refusal) << ' ' << claim.error().detail;
    const std::string body_hash = claim->form == Claim::Form::kPresigned ? "UNSIGNED-PAYLOAD" : text::hex(crypto::sha256(recorded.body));
    if (!claim->payload_hash.empty()) {
      EXPECT_EQ(claim->payload_hash, body_hash);
    }
    EXPECT_EQ(sign_again(recorded.request, *claim, kSuiteSecret, body_hash), recorded.signature);
  });
  EXPECT_EQ(rows, 45u);
}

// ---------------------------------------------------------------- S3's documented examples

struct S3Example {
  const char* name;
  Request request;
  std::string_view body_hash;
};

TEST(SigV4, AgreesWithTheExamplesOfS3) {
  const std::string scope = "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,";
  const std::string get = scope +
                          "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,"
                          "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41";
  const std::string put = scope +
                          "SignedHeaders=date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class,"
                          "Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd";
  const std::string lifecycle = scope +
                                "SignedHeaders=host;x-amz-content-sha256;x-amz-date,"
                                "Signature=fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543";
  const std::string list = scope +
                           "SignedHeaders=host;x-amz-content-sha256;x-amz-date,"
                           "Signature=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7";
  constexpr std::string_view kHost = "examplebucket.s3.amazonaws.com";
  constexpr std::string_view kWelcome = "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072";
  constexpr std::string_view kNow = "20130524T000000Z";
  const S3Example examples[] = {
      {"GetObject",
       {"GET",
        "/test.txt",
        "",
        {{"Host", kHost}, {"Range", "bytes=0-9"}, {"x-amz-content-sha256", kEmptyHash}, {"x-amz-date", kNow}, {"Authorization", get}}},
       kEmptyHash},
      {"PutObject",
       {"PUT",
        "/test$file.text",
        "",
        {{"Host", kHost},
         {"Date", "Fri, 24 May 2013 00:00:00 GMT"},
         {"x-amz-date", kNow},
         {"x-amz-storage-class", "REDUCED_REDUNDANCY"},
         {"x-amz-content-sha256", kWelcome},
         {"Authorization", put}}},
       kWelcome},
      {"GetBucketLifecycle",
       {"GET",
        "/",
        "lifecycle",
        {{"Host", kHost}, {"x-amz-date", kNow}, {"x-amz-content-sha256", kEmptyHash}, {"Authorization", lifecycle}}},
       kEmptyHash},
      {"ListObjects",
       {"GET",
        "/",
        "max-keys=2&prefix=J",
        {{"Host", kHost}, {"x-amz-date", kNow}, {"x-amz-content-sha256", kEmptyHash}, {"Authorization", list}}},
       kEmptyHash},
      {"presigned GetObject",
       {"GET",
        "/test.txt",
        "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
        "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
        "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404",
        {{"Host", kHost}}},
       "UNSIGNED-PAYLOAD"},
  };
  for (const S3Example& example : examples) {
    SCOPED_TRACE(example.name);
    const Result<Claim, Problem> claim = read_claim(example.request);
    ASSERT_TRUE(claim);
    EXPECT_EQ(sign_again(example.request, *claim, kS3Secret, example.body_hash), claim->signature);
  }
}

TEST(SigV4, TakesAnS3PathAsSent) {
  Claim claim;
  claim.service = "s3";
  const auto path = [&](std::string_view raw) {
    const std::string canonical = canonical_request({"GET", raw, "", {}}, claim, "");
    return canonical.substr(4, canonical.find('\n', 4) - 4);
  };
  EXPECT_EQ(path("/b/a//b/../c"), "/b/a//b/../c");
  EXPECT_EQ(path("/b/a%20b%2Bc"), "/b/a%20b%2Bc");
  EXPECT_EQ(path("/b/a+b(c)"), "/b/a%2Bb%28c%29");
  EXPECT_EQ(path("/b/%7e%c3%a9"), "/b/~%C3%A9");
  EXPECT_EQ(path(""), "/");
}

TEST(SigV4, EncodesAnotherServicesPathTwice) {
  Claim claim;
  claim.service = "lambda";
  const auto path = [&](std::string_view raw) {
    const std::string canonical = canonical_request({"GET", raw, "", {}}, claim, "");
    return canonical.substr(4, canonical.find('\n', 4) - 4);
  };
  EXPECT_EQ(path("/2015-03-31/functions/arn%3Aaws%3Alambda/invocations"), "/2015-03-31/functions/arn%253Aaws%253Alambda/invocations");
  EXPECT_EQ(path("/a/../../b/"), "/b/");
  EXPECT_EQ(path("/.."), "/");
}

// ---------------------------------------------------------------- our own signatures

TEST(SigV4, WhatWeSignIsReadBackAndVerifies) {
  const Signer signer{AccessKeyId("AKIDEXAMPLE"), kSuiteSecret, "token/+=", Region("eu-west-1"), "cloudtrail"};
  const std::string body = R"({"MaxResults":1})";
  Request request{"POST", "/", "", {{"Host", "127.0.0.1:4566"}, {"Content-Type", "application/x-amz-json-1.1"}}};
  const auto added = sign(signer, request, body, *timestamps::parse_basic("20260102T030405Z"));
  for (const auto& [name, value] : added) request.headers.emplace_back(name, value);
  const Result<Claim, Problem> claim = read_claim(request);
  ASSERT_TRUE(claim);
  EXPECT_EQ(claim->region.str(), "eu-west-1");
  EXPECT_EQ(claim->session_token, "token/+=");
  EXPECT_EQ(claim->signed_headers, "content-type;host;x-amz-content-sha256;x-amz-date;x-amz-security-token");
  EXPECT_EQ(sign_again(request, *claim, kSuiteSecret, text::hex(crypto::sha256(body))), claim->signature);
}

TEST(SigV4, SignsAsTheTestSuiteDoes) {
  // post-x-www-form-urlencoded: the suite signs the same headers that we do.
  const Signer signer{AccessKeyId("AKIDEXAMPLE"), kSuiteSecret, "", Region("us-east-1"), "service"};
  const Request request{
      "POST",
      "/",
      "",
      {{"Content-Type", "application/x-www-form-urlencoded"}, {"Host", "example.amazonaws.com"}, {"Content-Length", "13"}}};
  const auto added = sign(signer, request, "Param1=value1", *timestamps::parse_basic("20150830T123600Z"));
  ASSERT_EQ(added.back().first, "Authorization");
  EXPECT_TRUE(added.back().second.ends_with("Signature=d3875051da38690788ef43de4db0d8f280229d82040bfac253562e56c3f20e0b"))
      << added.back().second;
}

// ---------------------------------------------------------------- what is refused

Request with_authorization(std::string_view authorization) {
  return {"GET", "/", "", {{"Host", "h"}, {"X-Amz-Date", "20150830T123600Z"}, {"Authorization", authorization}}};
}

TEST(SigV4, ARequestWithoutASignatureIsAnonymous) {
  EXPECT_EQ(refusal_of({"GET", "/b/k", "list-type=2", {{"Host", "h"}}}), Refusal::kMissing);
}

TEST(SigV4, TellsWhatIsWrongWithAnAuthorizationHeader) {
  EXPECT_EQ(refusal_of(with_authorization("AWS AKIDEXAMPLE:c2lnbmF0dXJl")), Refusal::kUnsupported);
  EXPECT_EQ(refusal_of(with_authorization("Bearer abc")), Refusal::kUnsupported);
  EXPECT_EQ(refusal_of(with_authorization("AWS4-ECDSA-P256-SHA256 Credential=x")), Refusal::kUnsupported);
  EXPECT_EQ(refusal_of(with_authorization("AWS4-HMAC-SHA256")), Refusal::kNoParameters);
  EXPECT_EQ(refusal_of(with_authorization("AWS4-HMAC-SHA256 Credential= k/20150830/r/s/aws4_request, SignedHeaders=host, Signature=0")),
            Refusal::kMalformedPart);
  EXPECT_EQ(refusal_of(with_authorization("AWS4-HMAC-SHA256 Credential=k/20150830/r/s, SignedHeaders=host, Signature=0")),
            Refusal::kMalformedCredential);
  EXPECT_EQ(refusal_of(with_authorization("AWS4-HMAC-SHA256 Credential=k/x/20150830/r/s/aws4_request, SignedHeaders=host, Signature=0")),
            Refusal::kMalformedCredential);
  EXPECT_EQ(refusal_of(with_authorization("AWS4-HMAC-SHA256 Credential=k/20151330/r/s/aws4_request, SignedHeaders=host, Signature=0")),
            Refusal::kScopeDate);
  EXPECT_EQ(refusal_of(with_authorization("AWS4-HMAC-SHA256 Credential=k/20150830/r/s/aws5_request, SignedHeaders=host, Signature=0")),
            Refusal::kTerminator);
  EXPECT_EQ(refusal_of(with_authorization("AWS4-HMAC-SHA256 Credential=k/20150829/r/s/aws4_request, SignedHeaders=host, Signature=0")),
            Refusal::kDateMismatch);
  EXPECT_EQ(
      refusal_of(with_authorization("AWS4-HMAC-SHA256 Credential=k/20150830/r/s/aws4_request, SignedHeaders=x-amz-date, Signature=0")),
      Refusal::kHostUnsigned);
  const Result<Claim, Problem> missing = read_claim({"GET", "/", "", {{"Authorization", "AWS4-HMAC-SHA256 SignedHeaders=host"}}});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().refusal, Refusal::kMissingParts);
  EXPECT_EQ(missing.error().detail, "Credential;Signature;X-Amz-Date");
}

TEST(SigV4, AHeaderCannotBeSignedTwice) {
  // Else a short header list could make the canonical request as long as one likes.
  EXPECT_EQ(
      refusal_of(with_authorization("AWS4-HMAC-SHA256 Credential=k/20150830/r/s/aws4_request, SignedHeaders=host;x;host, Signature=0")),
      Refusal::kMalformedPart);
}

TEST(SigV4, S3WantsEachAmzHeaderSigned) {
  Request request =
      with_authorization("AWS4-HMAC-SHA256 Credential=k/20150830/r/s3/aws4_request, SignedHeaders=host;x-amz-date, Signature=0");
  request.headers.emplace_back("X-Amz-Acl", "public-read");
  request.headers.emplace_back("X-Amz-Content-Sha256", "UNSIGNED-PAYLOAD");
  const Result<Claim, Problem> claim = read_claim(request);
  ASSERT_FALSE(claim);
  EXPECT_EQ(claim.error().refusal, Refusal::kUnsignedHeaders);
  EXPECT_EQ(claim.error().detail, "x-amz-acl");
}

TEST(SigV4, TheDateHeaderServesWhereXAmzDateIsAbsent) {
  const Request request{
      "GET",
      "/",
      "",
      {{"Host", "h"},
       {"Date", "Sun, 30 Aug 2015 12:36:00 GMT"},
       {"Authorization", "AWS4-HMAC-SHA256 Credential=k/20150830/r/s/aws4_request, SignedHeaders=date;host, Signature=0"}}};
  const Result<Claim, Problem> claim = read_claim(request);
  ASSERT_TRUE(claim);
  EXPECT_EQ(claim->date_time, "20150830T123600Z");
}

Refusal presigned(std::string_view change_from, std::string_view change_to) {
  std::string query =
      "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=k%2F20150830%2Fr%2Fs3%2Faws4_request"
      "&X-Amz-Date=20150830T123600Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host&X-Amz-Signature=0";
  const size_t at = query.find(change_from);
  query.replace(at, change_from.size(), change_to);
  return refusal_of({"GET", "/b/k", query, {{"Host", "h"}}});
}

TEST(SigV4, TellsWhatIsWrongWithAPresignedUrl) {
  EXPECT_EQ(presigned("&X-Amz-Expires=60", ""), Refusal::kMissingParts);
  EXPECT_EQ(presigned("&X-Amz-Signature=0", ""), Refusal::kMissingParts);
  EXPECT_EQ(presigned("X-Amz-Algorithm=AWS4-HMAC-SHA256&", ""), Refusal::kMissingParts);
  EXPECT_EQ(presigned("AWS4-HMAC-SHA256", "AWS4-HMAC-SHA1"), Refusal::kUnsupported);
  EXPECT_EQ(presigned("Expires=60", "Expires=604801"), Refusal::kExpiresTooLarge);
  EXPECT_EQ(presigned("Expires=60", "Expires=-1"), Refusal::kExpiresNegative);
  EXPECT_EQ(presigned("Expires=60", "Expires=soon"), Refusal::kExpiresNumber);
  EXPECT_EQ(presigned("Date=20150830T123600Z", "Date=20150831T123600Z"), Refusal::kDateMismatch);
  EXPECT_EQ(presigned("Date=20150830T123600Z", "Date=2015-08-30"), Refusal::kBadDate);
}

TEST(SigV4, TwoSignaturesAreOneTooMany) {
  EXPECT_EQ(refusal_of({"GET", "/", "X-Amz-Signature=0", {{"Host", "h"}, {"Authorization", "AWS4-HMAC-SHA256 Signature=0"}}}),
            Refusal::kAmbiguous);
}

}  // namespace
}  // namespace cairn::aws::sigv4
