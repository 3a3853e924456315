#include "api/authenticate.h"

#include <gtest/gtest.h>

#include "base/crypto.h"
#include "base/json.h"
#include "base/text.h"
#include "identity/documents.h"
#include "identity/session.h"
#include "env/sim/random.h"
#include "state/sim/engine.h"
#include "state/sim/sealer.h"

// Codes and words: answers that AWS gave, and the error tables of S3's and the services' API references.
namespace cairn::api {
namespace {

using aws::Error;
using Kind = aws::Principal::Kind;

const Time kNow = *timestamps::parse_basic("20260102T030405Z");
constexpr const char* kAccount = "123456789012";
constexpr const char* kUserKey = "AKIAEXAMPLEEXAMPLE22";
constexpr const char* kRootKey = "AKIAEXAMPLEEXAMPLE33";
constexpr const char* kIdleKey = "AKIAEXAMPLEEXAMPLE44";
const Secret kSecret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");

std::string detail(const Error& error, std::string_view name) {
  for (const auto& [key, value] : error.details)
    if (key == name) return value;
  return "(none)";
}

struct AuthenticateTest : testing::Test {
  state::SimDatabase database;
  std::unique_ptr<state::Engine> engine = database.open();
  state::Store store{*engine, {}};
  uint64_t position = 0;
  aws::ServiceModel s3_model, trail_model, sts_model, lambda_model;
  Service s3{.model = &s3_model}, trail{.model = &trail_model}, sts{.model = &sts_model}, lambda{.model = &lambda_model};
  env::SimRandom random{1};
  std::unique_ptr<state::Sealer> sealer = state::sim_sealer(random);
  Authenticator authenticator{store, *sealer, {.default_account = aws::AccountId(kAccount)}};

  AuthenticateTest() {
    s3_model.signing_name = "s3";
    trail_model.signing_name = "cloudtrail";
    sts_model.signing_name = "sts";
    lambda_model.signing_name = "lambda";
    state::Transaction state(store);
    identity::save(state, identity::Entity{.account = aws::AccountId(kAccount), .name = "alice", .id = "AIDAEXAMPLEEXAMPLE222"});
    commit(state);
    add_key(kUserKey, "alice", "Active");
    add_key(kRootKey, "", "Active");
    add_key(kIdleKey, "alice", "Inactive");
  }
  void add_key(const std::string& id, const std::string& user, const std::string& status) {
    state::Transaction state(store);
    identity::AccessKey key{
        .id = aws::AccessKeyId(id), .account = aws::AccountId(kAccount), .user = user, .active = status == "Active", .created = kNow};
    identity::seal(*sealer, key, kSecret);
    identity::save(state, key);
    commit(state);
  }
  void commit(state::Transaction& state) {
    ASSERT_TRUE(store.commit(state, [&](auto) { return journal::Position{++position}; }).has_value());
  }
};

/// A request as a client makes it, and as the server sees it.
struct Asked {
  std::string method = "POST", target = "/", body;
  std::vector<std::pair<std::string, std::string>> headers = {{"Host", "127.0.0.1:4566"}};
  http::Head head;

  const http::Head& seen() {
    head = {};
    head.method = method;
    head.target = target;
    const size_t mark = target.find('?');
    head.path = head.target.substr(0, mark);
    head.query = mark == target.npos ? std::string_view() : head.target.substr(mark + 1);
    for (const auto& [name, value] : headers) head.headers.push_back({name, value});
    return head;
  }
  Asked& signed_by(const std::string& key, const std::string& service, Time at = kNow, const std::string& token = {},
                   const std::string& region = "eu-west-1") {
    const http::Head& h = seen();
    aws::sigv4::Request request{h.method, h.path, h.query, {}};
    for (const http::Header& header : h.headers) request.headers.emplace_back(header.name, header.value);
    const aws::sigv4::Signer signer{aws::AccessKeyId(key), kSecret, token, aws::Region(region), service};
    for (auto& added : aws::sigv4::sign(signer, request, body, at)) headers.push_back(std::move(added));
    return *this;
  }
  /// A presigned URL of S3, as the SDKs make it.
  Asked& presigned_by(const std::string& key, std::chrono::seconds expires, Time at = kNow) {
    target += fmt::format(
        "?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={}%2F{}%2Feu-west-1%2Fs3%2Faws4_request&X-Amz-Date={}"
        "&X-Amz-Expires={}&X-Amz-SignedHeaders=host&X-Amz-Signature=",
        key, timestamps::basic_date(at), timestamps::basic(at), expires.count());
    const http::Head& h = seen();
    aws::sigv4::Request request{h.method, h.path, h.query, {}};
    for (const http::Header& header : h.headers) request.headers.emplace_back(header.name, header.value);
    const auto claim = aws::sigv4::read_claim(request);
    if (claim) {
      const std::string canonical = aws::sigv4::canonical_request(request, *claim, "UNSIGNED-PAYLOAD");
      target += aws::sigv4::signature(aws::sigv4::signing_key(kSecret, claim->date, "eu-west-1", "s3"),
                                      aws::sigv4::string_to_sign(*claim, canonical));
    }
    return *this;
  }
  std::string& header(const std::string& name) {
    for (auto& [key, value] : headers)
      if (key == name) return value;
    return headers.emplace_back(name, "").second;
  }
};

/// Both phases, as the pipeline runs them.
Result<Authenticated, Error> authenticate(Authenticator& authenticator, Asked& asked, const Service& service, aws::Protocol protocol) {
  const Route route{.service = &service, .protocol = protocol};
  Result<Authenticated, Error> caller = authenticator.read(asked.seen(), route, kNow);
  if (!caller) return caller;
  if (auto verified = authenticator.verify(*caller, asked.seen(), route, asked.body); !verified) return tl::unexpected(verified.error());
  return caller;
}

Error refusal(Authenticator& authenticator, Asked asked, const Service& service, aws::Protocol protocol) {
  Result<Authenticated, Error> caller = authenticate(authenticator, asked, service, protocol);
  EXPECT_FALSE(caller);
  return caller ? Error({.code = "none"}, "") : caller.error();
}

constexpr auto kS3 = aws::Protocol::kRestXml;
constexpr auto kJson = aws::Protocol::kJson11;
constexpr auto kRestJson = aws::Protocol::kRestJson;
constexpr auto kQuery = aws::Protocol::kQuery;

// ---------------------------------------------------------------- who it is

TEST_F(AuthenticateTest, KnowsAUserByTheirKey) {
  Asked asked;
  asked.body = "{}";
  asked.signed_by(kUserKey, "cloudtrail");
  const auto caller = authenticate(authenticator, asked, trail, kJson);
  ASSERT_TRUE(caller) << caller.error().message;
  EXPECT_EQ(caller->principal.kind, Kind::kUser);
  EXPECT_EQ(caller->principal.account.str(), kAccount);
  EXPECT_EQ(caller->principal.principal_id, "AIDAEXAMPLEEXAMPLE222");
  EXPECT_EQ(caller->principal.arn, "arn:aws:iam::123456789012:user/alice");
  EXPECT_EQ(caller->principal.user_name, "alice");
  EXPECT_EQ(caller->principal.access_key.str(), kUserKey);
  EXPECT_FALSE(caller->principal.is_administrator) << "that is for policies to say";
  EXPECT_EQ(caller->region.str(), "eu-west-1");
  EXPECT_FALSE(caller->presigned);
}

TEST_F(AuthenticateTest, KnowsTheRootUser) {
  Asked asked;
  asked.signed_by(kRootKey, "sts");
  const auto caller = authenticate(authenticator, asked, sts, kQuery);
  ASSERT_TRUE(caller);
  EXPECT_EQ(caller->principal.kind, Kind::kRoot);
  EXPECT_EQ(caller->principal.principal_id, kAccount);
  EXPECT_EQ(caller->principal.arn, "arn:aws:iam::123456789012:root");
}

TEST_F(AuthenticateTest, AnS3CallWithoutSignatureIsAnonymous) {
  Asked asked;
  asked.method = "GET";
  asked.target = "/bucket/key";
  const auto caller = authenticate(authenticator, asked, s3, kS3);
  ASSERT_TRUE(caller);
  EXPECT_EQ(caller->principal.kind, Kind::kAnonymous);
  EXPECT_FALSE(caller->claim);
}

TEST_F(AuthenticateTest, APresignedUrlNamesItsCaller) {
  Asked asked;
  asked.method = "GET";
  asked.target = "/bucket/key";
  asked.presigned_by(kUserKey, std::chrono::seconds(60), kNow - std::chrono::seconds(59));
  const auto caller = authenticate(authenticator, asked, s3, kS3);
  ASSERT_TRUE(caller) << caller.error().message;
  EXPECT_TRUE(caller->presigned);
  EXPECT_EQ(caller->principal.user_name, "alice");
}

TEST_F(AuthenticateTest, AKeyThatWasSwitchedOffStopsWorkingAtOnce) {
  Asked asked;
  asked.signed_by(kUserKey, "cloudtrail");
  ASSERT_TRUE(authenticate(authenticator, asked, trail, kJson));
  add_key(kUserKey, "alice", "Inactive");
  EXPECT_EQ(refusal(authenticator, asked, trail, kJson).kind.code, "UnrecognizedClientException");
}

TEST_F(AuthenticateTest, EachScopeHasItsOwnKeyHoweverManyThereAre) {
  Credentials credentials(store, *sealer);
  for (int day = 1; day <= 28; ++day) {
    for (const char* service : {"cloudtrail", "sts", "lambda"}) {
      const std::string date = fmt::format("202601{:02}", day);
      const auto found = credentials.find(aws::AccessKeyId(kUserKey), "", date, aws::Region("eu-west-1"), service);
      ASSERT_TRUE(found);
      EXPECT_EQ(found->signing_key, aws::sigv4::signing_key(kSecret, date, "eu-west-1", service));
    }
  }
}

TEST_F(AuthenticateTest, ARegionThatIsNoneNeverReachesARecord) {
  for (const std::string region : {"hidden", "us-east-1\"", "\xff\xfe", "us-east-", "US-EAST-1"}) {
    SCOPED_TRACE(region);
    Asked call, get;
    EXPECT_EQ(refusal(authenticator, call.signed_by(kUserKey, "cloudtrail", kNow, "", region), trail, kJson).kind.code,
              "InvalidSignatureException");
    get.method = "GET";
    get.target = "/bucket/key";
    EXPECT_EQ(refusal(authenticator, get.signed_by(kUserKey, "s3", kNow, "", region), s3, kS3).kind.code, "AuthorizationHeaderMalformed");
  }
}

// ---------------------------------------------------------------- S3's refusals

Asked get_object() {
  Asked asked;
  asked.method = "GET";
  asked.target = "/bucket/key";
  return asked;
}

TEST_F(AuthenticateTest, S3DoesNotKnowTheKey) {
  for (const char* key : {"AKIANOBODYNOBODY2222", kIdleKey}) {
    const Error error = refusal(authenticator, get_object().signed_by(key, "s3"), s3, kS3);
    EXPECT_EQ(error.kind.code, "InvalidAccessKeyId");
    EXPECT_EQ(error.kind.status, 403);
    EXPECT_EQ(error.message, "The AWS Access Key Id you provided does not exist in our records.");
    EXPECT_EQ(detail(error, "AWSAccessKeyId"), key);
  }
}

TEST_F(AuthenticateTest, S3ShowsWhatItSignedWhenSignaturesDiffer) {
  Asked asked = get_object().signed_by(kUserKey, "s3");
  const std::string authorization = asked.header("Authorization");
  asked.target = "/bucket/other";
  const Error error = refusal(authenticator, asked, s3, kS3);
  EXPECT_EQ(error.kind.code, "SignatureDoesNotMatch");
  EXPECT_EQ(error.kind.status, 403);
  EXPECT_EQ(error.message,
            "The request signature we calculated does not match the signature you provided. Check your key and signing method.");
  EXPECT_EQ(detail(error, "AWSAccessKeyId"), kUserKey);
  EXPECT_EQ(detail(error, "SignatureProvided"), authorization.substr(authorization.size() - 64));
  EXPECT_TRUE(detail(error, "StringToSign").starts_with("AWS4-HMAC-SHA256\n20260102T030405Z\n20260102/eu-west-1/s3/aws4_request\n"));
  EXPECT_TRUE(detail(error, "StringToSignBytes").starts_with("41 57 53 34 2d 48 4d 41 43"));
  EXPECT_TRUE(detail(error, "CanonicalRequest").starts_with("GET\n/bucket/other\n\nhost:127.0.0.1:4566\n"));
  EXPECT_TRUE(detail(error, "CanonicalRequestBytes").starts_with("47 45 54 0a 2f"));
}

TEST_F(AuthenticateTest, S3AllowsAQuarterOfAnHour) {
  using std::chrono::seconds;
  for (seconds skew : {seconds(-900), seconds(900)}) {
    Asked asked = get_object().signed_by(kUserKey, "s3", kNow + skew);
    EXPECT_TRUE(authenticate(authenticator, asked, s3, kS3)) << skew.count();
  }
  for (seconds skew : {seconds(-901), seconds(901)}) {
    const Error error = refusal(authenticator, get_object().signed_by(kUserKey, "s3", kNow + skew), s3, kS3);
    EXPECT_EQ(error.kind.code, "RequestTimeTooSkewed");
    EXPECT_EQ(error.kind.status, 403);
    EXPECT_EQ(error.message, "The difference between the request time and the current time is too large.");
    EXPECT_EQ(detail(error, "RequestTime"), timestamps::basic(kNow + skew));
    EXPECT_EQ(detail(error, "ServerTime"), "2026-01-02T03:04:05Z");
    EXPECT_EQ(detail(error, "MaxAllowedSkewMilliseconds"), "900000");
  }
}

TEST_F(AuthenticateTest, APresignedUrlEnds) {
  const Error error =
      refusal(authenticator, get_object().presigned_by(kUserKey, std::chrono::seconds(300), kNow - std::chrono::seconds(301)), s3, kS3);
  EXPECT_EQ(error.kind.code, "AccessDenied");
  EXPECT_EQ(error.kind.status, 403);
  EXPECT_EQ(error.message, "Request has expired");
  EXPECT_EQ(detail(error, "X-Amz-Expires"), "300");
  EXPECT_EQ(detail(error, "Expires"), "2026-01-02T03:04:04Z");
  EXPECT_EQ(detail(error, "ServerTime"), "2026-01-02T03:04:05Z");
}

TEST_F(AuthenticateTest, APresignedUrlFromTomorrowIsNotYetValid) {
  const Error error =
      refusal(authenticator, get_object().presigned_by(kUserKey, std::chrono::seconds(300), kNow + std::chrono::hours(24)), s3, kS3);
  EXPECT_EQ(error.message, "Request is not yet valid");
  EXPECT_EQ(detail(error, "X-Amz-Date"), "1767409445000");
  EXPECT_EQ(detail(error, "Expires"), "2026-01-03T03:09:05Z");
}

TEST_F(AuthenticateTest, APresignedUrlLastsAWeekAtMost) {
  const Error error = refusal(authenticator, get_object().presigned_by(kUserKey, std::chrono::seconds(604801)), s3, kS3);
  EXPECT_EQ(error.kind.code, "AuthorizationQueryParametersError");
  EXPECT_EQ(error.kind.status, 400);
  EXPECT_EQ(error.message,
            "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds");
}

TEST_F(AuthenticateTest, S3WantsItsOwnServiceInTheScope) {
  const Error error = refusal(authenticator, get_object().signed_by(kUserKey, "ec2"), s3, kS3);
  EXPECT_EQ(error.kind.code, "AuthorizationHeaderMalformed");
  EXPECT_EQ(error.kind.status, 400);
  EXPECT_EQ(error.message, "The authorization header is malformed; incorrect service \"ec2\". This endpoint belongs to \"s3\".");
}

TEST_F(AuthenticateTest, S3RefusesATokenItDidNotGive) {
  const Error error = refusal(authenticator, get_object().signed_by(kUserKey, "s3", kNow, "made-up"), s3, kS3);
  EXPECT_EQ(error.kind.code, "InvalidToken");
  EXPECT_EQ(error.kind.status, 400);
  EXPECT_EQ(error.message, "The provided token is malformed or otherwise invalid.");
  EXPECT_EQ(detail(error, "Token-0"), "made-up");
}

TEST_F(AuthenticateTest, S3RefusesABodyThatIsNotTheSignedOne) {
  Asked asked;
  asked.method = "PUT";
  asked.target = "/bucket?policy";
  asked.body = "{}";
  asked.signed_by(kUserKey, "s3");
  asked.body = "[]";
  const Error error = refusal(authenticator, asked, s3, kS3);
  EXPECT_EQ(error.kind.code, "XAmzContentSHA256Mismatch");
  EXPECT_EQ(error.kind.status, 400);
  EXPECT_EQ(error.message, "The provided 'x-amz-content-sha256' header does not match what was computed.");
  EXPECT_EQ(detail(error, "ClientComputedContentSHA256"), "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a");
  EXPECT_EQ(detail(error, "S3ComputedContentSHA256"), "4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945");
}

TEST_F(AuthenticateTest, S3WantsTheHashOfTheBody) {
  Asked asked = get_object().signed_by(kUserKey, "s3");
  std::erase_if(asked.headers, [](const auto& header) { return header.first == "X-Amz-Content-Sha256"; });
  EXPECT_EQ(refusal(authenticator, asked, s3, kS3).message, "Missing required header for this request: x-amz-content-sha256");
  asked.header("X-Amz-Content-Sha256") = "nonsense";
  const Error error = refusal(authenticator, asked, s3, kS3);
  EXPECT_EQ(error.kind.code, "InvalidArgument");
  EXPECT_EQ(detail(error, "ArgumentName"), "x-amz-content-sha256");
}

TEST_F(AuthenticateTest, S3SaysWhatIsWrongWithTheHeader) {
  const auto with = [&](std::string authorization) {
    Asked asked = get_object();
    asked.header("X-Amz-Date") = "20260102T030405Z";
    asked.header("Authorization") = std::move(authorization);
    return refusal(authenticator, asked, s3, kS3);
  };
  const Error scheme = with("Bearer abc");
  EXPECT_EQ(scheme.kind.code, "InvalidArgument");
  EXPECT_EQ(scheme.message, "Unsupported Authorization Type");
  EXPECT_EQ(detail(scheme, "ArgumentName"), "Authorization");
  EXPECT_EQ(detail(scheme, "ArgumentValue"), "Bearer abc");
  const Error version2 = with("AWS AKIAEXAMPLEEXAMPLE22:c2lnbmF0dXJl");
  EXPECT_EQ(version2.kind.code, "InvalidRequest");
  EXPECT_EQ(version2.message, "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.");
  const Error credential = with("AWS4-HMAC-SHA256 Credential=k/eu-west-1, SignedHeaders=host, Signature=0");
  EXPECT_EQ(credential.kind.code, "AuthorizationHeaderMalformed");
  EXPECT_EQ(credential.message,
            "The authorization header is malformed; the Credential is mal-formed; expecting "
            "\"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\".");
  const Error date = with("AWS4-HMAC-SHA256 Credential=k/20260101/eu-west-1/s3/aws4_request, SignedHeaders=host, Signature=0");
  EXPECT_EQ(date.message, "The authorization header is malformed; Invalid credential date. Date is not the same as X-Amz-Date.");
}

TEST_F(AuthenticateTest, S3NamesTheHeadersThatWereNotSigned) {
  Asked asked = get_object().signed_by(kUserKey, "s3");
  asked.header("x-amz-acl") = "public-read";
  const Error error = refusal(authenticator, asked, s3, kS3);
  EXPECT_EQ(error.kind.code, "AccessDenied");
  EXPECT_EQ(error.message, "There were headers present in the request which were not signed");
  EXPECT_EQ(detail(error, "HeadersNotSigned"), "x-amz-acl");
}

TEST_F(AuthenticateTest, AnonymousCallersCannotSignChunks) {
  Asked asked = get_object();
  asked.header("x-amz-content-sha256") = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD";
  EXPECT_EQ(refusal(authenticator, asked, s3, kS3).kind.code, "InvalidRequest");
}

// ---------------------------------------------------------------- the other protocols' refusals

struct Expected {
  aws::Protocol protocol;
  const char* code;
  int status;
};

TEST_F(AuthenticateTest, EachProtocolHasItsCodeForAnUnknownKey) {
  for (const Expected& e : {Expected{kJson, "UnrecognizedClientException", 400}, Expected{kRestJson, "UnrecognizedClientException", 403},
                            Expected{kQuery, "InvalidClientTokenId", 403}}) {
    for (const char* token : {"", "made-up"}) {
      const Error error = refusal(authenticator, Asked().signed_by("AKIANOBODYNOBODY2222", "cloudtrail", kNow, token), trail, e.protocol);
      EXPECT_EQ(error.kind.code, e.code);
      EXPECT_EQ(error.kind.status, e.status);
      EXPECT_EQ(error.message, "The security token included in the request is invalid.");
    }
  }
}

TEST_F(AuthenticateTest, EachProtocolHasItsCodeForAWrongSignature) {
  for (const Expected& e : {Expected{kJson, "InvalidSignatureException", 400}, Expected{kRestJson, "InvalidSignatureException", 403},
                            Expected{kQuery, "SignatureDoesNotMatch", 403}}) {
    Asked asked = Asked().signed_by(kUserKey, "cloudtrail");
    asked.body = "changed";
    const Error error = refusal(authenticator, asked, trail, e.protocol);
    EXPECT_EQ(error.kind.code, e.code);
    EXPECT_EQ(error.kind.status, e.status);
    EXPECT_EQ(error.message,
              "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and "
              "signing method. Consult the service documentation for details.");
    EXPECT_TRUE(error.details.empty());
  }
}

TEST_F(AuthenticateTest, EachProtocolHasItsCodeForNoSignatureAtAll) {
  const Error of_json = refusal(authenticator, Asked(), trail, kJson);
  EXPECT_EQ(of_json.kind.code, "MissingAuthenticationTokenException");
  EXPECT_EQ(of_json.kind.status, 400);
  EXPECT_EQ(of_json.message, "Missing Authentication Token");
  const Error of_query = refusal(authenticator, Asked(), sts, kQuery);
  EXPECT_EQ(of_query.kind.code, "MissingAuthenticationToken");
  EXPECT_EQ(of_query.kind.status, 403);
  EXPECT_EQ(of_query.message, "Request is missing Authentication Token");
}

TEST_F(AuthenticateTest, TellsWhichHeaderPartsAreMissing) {
  Asked asked;
  asked.header("Authorization") = "AWS4-HMAC-SHA256 Credential=k/20260102/eu-west-1/sts/aws4_request";
  const Error error = refusal(authenticator, asked, sts, kQuery);
  EXPECT_EQ(error.kind.code, "IncompleteSignature");
  EXPECT_EQ(error.kind.status, 400);
  EXPECT_EQ(error.message,
            "Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter. Authorization "
            "header requires existence of either a 'X-Amz-Date' or a 'Date' header. Authorization=AWS4-HMAC-SHA256 "
            "Credential=k/20260102/eu-west-1/sts/aws4_request");
  asked.header("Authorization") = "AWS4-HMAC-SHA256 Credential= k, SignedHeaders=host, Signature=0";
  EXPECT_EQ(refusal(authenticator, asked, trail, kJson).kind.code, "IncompleteSignatureException");
  EXPECT_EQ(refusal(authenticator, asked, trail, kJson).message,
            "'k' not a valid key=value pair (missing equal-sign) in Authorization header: 'AWS4-HMAC-SHA256 Credential= k, "
            "SignedHeaders=host, Signature=0'.");
}

TEST_F(AuthenticateTest, TellsWhenASignatureExpired) {
  const Error error = refusal(authenticator, Asked().signed_by(kUserKey, "cloudtrail", kNow - std::chrono::minutes(16)), trail, kJson);
  EXPECT_EQ(error.kind.code, "InvalidSignatureException");
  EXPECT_EQ(error.message, "Signature expired: 20260102T024805Z is now earlier than 20260102T024905Z (20260102T030405Z - 15 min.)");
  const Error early = refusal(authenticator, Asked().signed_by(kUserKey, "sts", kNow + std::chrono::minutes(6)), sts, kQuery);
  EXPECT_EQ(early.kind.code, "SignatureDoesNotMatch");
  EXPECT_EQ(early.message, "Signature not yet current: 20260102T031005Z is still later than 20260102T030905Z (20260102T030405Z + 5 min.)");
}

TEST_F(AuthenticateTest, TellsWhichServiceTheScopeShouldName) {
  const Error error = refusal(authenticator, Asked().signed_by(kUserKey, "s3"), trail, kJson);
  EXPECT_EQ(error.kind.code, "InvalidSignatureException");
  EXPECT_EQ(error.message, "Credential should be scoped to correct service: 'cloudtrail'. ");
}

// ---------------------------------------------------------------- --dev

struct DevTest : AuthenticateTest {
  Authenticator dev{store, *sealer, {.dev = true, .default_account = aws::AccountId(kAccount), .default_region = aws::kGlobalRegion}};
};

TEST_F(DevTest, AnyUnknownKeyIsAnAdministrator) {
  Asked asked = Asked().signed_by("test", "cloudtrail", kNow - std::chrono::hours(24 * 365), "token");
  asked.body = "not what was signed";
  const auto caller = authenticate(dev, asked, trail, kJson);
  ASSERT_TRUE(caller) << caller.error().message;
  EXPECT_EQ(caller->principal.account.str(), kAccount);
  EXPECT_EQ(caller->principal.arn, "arn:aws:iam::123456789012:user/dev");
  EXPECT_TRUE(caller->principal.is_administrator);
  EXPECT_EQ(caller->region.str(), "eu-west-1");
}

TEST_F(DevTest, TwelveDigitsNameTheAccount) {
  Asked asked = Asked().signed_by("210987654321", "sts");
  const auto caller = authenticate(dev, asked, sts, kQuery);
  ASSERT_TRUE(caller);
  EXPECT_EQ(caller->principal.account.str(), "210987654321");
  EXPECT_EQ(caller->principal.arn, "arn:aws:iam::210987654321:user/dev");
}

TEST_F(DevTest, WebPagesOfOthersAreNoDevelopers) {
  for (const auto& [name, value] : {std::pair{"Origin", "http://evil.example"}, {"Origin", "null"}, {"Host", "evil.example:4566"}}) {
    Asked asked;
    asked.header(name) = value;
    asked.signed_by("test", "cloudtrail");
    EXPECT_EQ(refusal(dev, asked, trail, kJson).kind.code, "UnrecognizedClientException") << name << ": " << value;
  }
  for (const auto& [name, value] :
       {std::pair{"Origin", "http://localhost:3000"}, {"Host", "bucket.s3.localhost:4566"}, {"Host", "[::1]:4566"}}) {
    Asked asked;
    asked.header(name) = value;
    asked.signed_by("test", "cloudtrail");
    EXPECT_TRUE(authenticate(dev, asked, trail, kJson)) << name << ": " << value;
  }
}

TEST_F(DevTest, AKnownKeyMustStillFitItsSecret) {
  Asked asked = Asked().signed_by(kUserKey, "cloudtrail");
  asked.body = "changed";
  EXPECT_EQ(refusal(dev, asked, trail, kJson).kind.code, "InvalidSignatureException");
}

// ---------------------------------------------------------------- temporary credentials

struct SessionTokens : AuthenticateTest {
  /// Of GetSessionToken for alice; its secret is kSecret, as the tests sign with it.
  identity::Session session(bool mfa = false) {
    identity::Session made;
    made.account = aws::AccountId(kAccount);
    made.issuer = "alice";
    made.issuer_id = "AIDAEXAMPLEEXAMPLE222";
    made.issued = kNow;
    made.expires = kNow + std::chrono::minutes(15);
    made.mfa = mfa;
    identity::draw_credentials(random, made);
    made.secret = kSecret;
    return made;
  }
  Asked asked(const identity::Session& of, const std::string& service) {
    return Asked().signed_by(of.access_key.str(), service, kNow, identity::seal_token(*sealer, random, of));
  }
};

TEST_F(SessionTokens, ExpireInEachProtocolsWords) {
  identity::Session old = session();
  old.expires = kNow;
  const struct {
    const Service& service;
    const char* name;
    aws::Protocol protocol;
    std::string_view code;
    int status;
    std::string_view message;
  } kExpected[] = {
      {s3, "s3", kS3, "ExpiredToken", 400, "The provided token has expired."},
      {sts, "sts", kQuery, "ExpiredToken", 403, "The security token included in the request is expired"},
      {trail, "cloudtrail", kJson, "ExpiredTokenException", 400, "The security token included in the request is expired"},
      {lambda, "lambda", kRestJson, "ExpiredTokenException", 403, "The security token included in the request is expired"},
  };
  for (const auto& e : kExpected) {
    const Error error = refusal(authenticator, asked(old, e.name), e.service, e.protocol);
    EXPECT_EQ(error.kind.code, e.code);
    EXPECT_EQ(error.kind.status, e.status);
    EXPECT_EQ(error.message, e.message);
  }
}

TEST_F(SessionTokens, OfGetSessionTokenCallIamOnlyWithMfa) {
  aws::ServiceModel model;
  model.key = model.signing_name = "iam";
  const Service iam{.model = &model};
  Asked with = asked(session(true), "iam");
  EXPECT_TRUE(authenticate(authenticator, with, iam, kQuery));
  EXPECT_EQ(refusal(authenticator, asked(session(false), "iam"), iam, kQuery).kind.code, "InvalidClientTokenId");
  Asked elsewhere = asked(session(false), "sts");
  const auto caller = authenticate(authenticator, elsewhere, sts, kQuery);
  ASSERT_TRUE(caller);
  EXPECT_EQ(caller->principal.arn, fmt::format("arn:aws:iam::{}:user/alice", kAccount));
}

TEST_F(SessionTokens, OnlyWebIdentitiesComeToStsWithoutASignature) {
  aws::ServiceModel model;
  model.key = model.signing_name = "sts";
  const Service service{.model = &model};
  for (const auto& [name, comes] : {std::pair("AssumeRoleWithWebIdentity", true), {"AssumeRole", false}, {"GetCallerIdentity", false}}) {
    const aws::OperationModel operation{.name = name};
    const Route route{.service = &service, .protocol = kQuery, .model = &operation};
    Asked nobody;
    const auto caller = authenticator.read(nobody.seen(), route, kNow);
    ASSERT_TRUE(caller);
    EXPECT_EQ(caller->principal.kind, Kind::kAnonymous);
    const auto verified = authenticator.verify(*caller, nobody.seen(), route, "");
    EXPECT_EQ(verified.has_value(), comes) << name;
    if (!comes) {
      EXPECT_EQ(verified.error().kind.code, "MissingAuthenticationToken");
    }
  }
}

}  // namespace
}  // namespace cairn::api
