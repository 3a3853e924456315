#include "api/refusals.h"

#include "api/authenticate.h"
#include "base/text.h"

namespace cairn::api {
namespace {

using aws::Error;
using aws::ErrorKind;
using aws::sigv4::Claim;
using aws::sigv4::Problem;
using aws::sigv4::Refusal;

constexpr ErrorKind kInvalidAccessKeyId{.code = "InvalidAccessKeyId", .status = 403};
constexpr ErrorKind kInvalidToken{.code = "InvalidToken", .status = 400};
constexpr ErrorKind kSignatureDoesNotMatch{.code = "SignatureDoesNotMatch", .status = 403};
constexpr ErrorKind kRequestTimeTooSkewed{.code = "RequestTimeTooSkewed", .status = 403};
constexpr ErrorKind kAuthorizationHeaderMalformed{.code = "AuthorizationHeaderMalformed", .status = 400};
constexpr ErrorKind kAuthorizationQueryParametersError{.code = "AuthorizationQueryParametersError", .status = 400};
constexpr ErrorKind kInvalidArgument{.code = "InvalidArgument", .status = 400};
constexpr ErrorKind kInvalidRequest{.code = "InvalidRequest", .status = 400};
constexpr ErrorKind kContentHashMismatch{.code = "XAmzContentSHA256Mismatch", .status = 400};

constexpr std::string_view kS3Mismatch =
    "The request signature we calculated does not match the signature you provided. Check your key and signing method.";
constexpr std::string_view kMismatch =
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing "
    "method. Consult the service documentation for details.";
constexpr std::string_view kOneMechanism =
    "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, Signature query string parameter or the "
    "Authorization header should be specified";

bool is_presigned(const Problem& problem) { return problem.form == Claim::Form::kPresigned; }

/// "57 65 ...", as S3 shows what it signed.
std::string spaced_hex(std::string_view bytes) {
  const std::string hex = text::hex(bytes);
  std::string out;
  out.reserve(bytes.size() * 3);
  for (size_t i = 0; i < hex.size(); i += 2) {
    if (i > 0) out += ' ';
    out.append(hex, i, 2);
  }
  return out;
}

/// One sentence per missing part, as the common front end of the non-S3 services words it.
std::string missing_sentences(const Problem& problem) {
  std::string out;
  for (std::string_view part : text::split(problem.detail, ';')) {
    if (!out.empty()) out += ' ';
    if (is_presigned(problem))
      out += fmt::format("AWS query-string parameters must include '{}'. Re-examine the query-string parameters.", part);
    else if (part == "X-Amz-Date") out += "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.";
    else out += fmt::format("Authorization header requires '{}' parameter.", part);
  }
  return out;
}

}  // namespace

Refusals::Refusals(const aws::ServiceModel& service, aws::Protocol protocol)
    : service_(service),
      dialect_(protocol == aws::Protocol::kRestXml    ? Dialect::kS3
               : protocol == aws::Protocol::kQuery    ? Dialect::kQuery
               : protocol == aws::Protocol::kRestJson ? Dialect::kRestJson
                                                      : Dialect::kJson) {}

ErrorKind Refusals::missing_token() const {
  if (dialect_ == Dialect::kQuery) return {.code = "MissingAuthenticationToken", .status = 403};
  return {.code = "MissingAuthenticationTokenException", .status = dialect_ == Dialect::kRestJson ? 403 : 400};
}
ErrorKind Refusals::unknown() const {
  if (dialect_ == Dialect::kQuery) return {.code = "InvalidClientTokenId", .status = 403};
  return {.code = "UnrecognizedClientException", .status = dialect_ == Dialect::kRestJson ? 403 : 400};
}
ErrorKind Refusals::bad_signature() const {
  if (dialect_ == Dialect::kQuery) return kSignatureDoesNotMatch;
  return {.code = "InvalidSignatureException", .status = dialect_ == Dialect::kRestJson ? 403 : 400};
}
ErrorKind Refusals::incomplete() const {
  if (dialect_ == Dialect::kQuery) return {.code = "IncompleteSignature", .status = 400};
  return {.code = "IncompleteSignatureException", .status = dialect_ == Dialect::kRestJson ? 403 : 400};
}

Error Refusals::unreadable(const Problem& problem, const http::Head& head) const {
  if (dialect_ == Dialect::kS3) return unreadable_by_s3(problem, head);
  const std::string_view authorization = head.header("authorization").value_or("");
  switch (problem.refusal) {
    case Refusal::kMissing:
      return Error(missing_token(), "{}",
                   dialect_ == Dialect::kQuery ? "Request is missing Authentication Token" : "Missing Authentication Token");
    case Refusal::kAmbiguous:
      return Error(incomplete(), "{}", kOneMechanism);
    case Refusal::kUnsupported:
    case Refusal::kNoParameters:
      if (is_presigned(problem)) return Error(incomplete(), "Unsupported AWS 'algorithm': '{}'.", problem.detail);
      return Error(incomplete(),
                   "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. "
                   "Authorization header requires 'SignedHeaders' parameter. Authorization={}",
                   authorization);
    case Refusal::kMalformedPart:
      return Error(incomplete(), "'{}' not a valid key=value pair (missing equal-sign) in Authorization header: '{}'.", problem.detail,
                   authorization);
    case Refusal::kMissingParts:
      if (is_presigned(problem)) return Error(incomplete(), "{}", missing_sentences(problem));
      return Error(incomplete(), "{} Authorization={}", missing_sentences(problem), authorization);
    case Refusal::kMalformedCredential:
      return Error(incomplete(), "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '{}'",
                   problem.detail);
    case Refusal::kTerminator:
      return Error(bad_signature(), "Credential should be scoped with a valid terminator: 'aws4_request', not '{}'.", problem.detail);
    case Refusal::kBadDate:
      return Error(incomplete(), "Date must be in ISO-8601 'basic format'. Got '{}'. See http://en.wikipedia.org/wiki/ISO_8601",
                   problem.detail);
    case Refusal::kScopeDate:
    case Refusal::kDateMismatch: {
      const std::string_view scope = problem.refusal == Refusal::kScopeDate ? problem.detail : problem.other;
      const std::string_view date =
          problem.refusal == Refusal::kScopeDate ? head.header("x-amz-date").value_or("") : std::string_view(problem.detail);
      return Error(bad_signature(),
                   "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '{}' != '{}', from '{}'.",
                   scope, date.substr(0, 8), date);
    }
    case Refusal::kHostUnsigned:
      return Error(bad_signature(), "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.");
    default:
      return Error(bad_signature(), "X-Amz-Expires must be between 0 and {} seconds.", aws::sigv4::kExpiresMax.count());
  }
}

Error Refusals::unreadable_by_s3(const Problem& problem, const http::Head& head) const {
  const std::string authorization(head.header("authorization").value_or(""));
  const bool presigned = is_presigned(problem);
  // S3 says the same of a header and of a query, under two codes.
  const auto malformed = [&](std::string_view what) {
    if (presigned) return Error(kAuthorizationQueryParametersError, "Error parsing the X-Amz-Credential parameter; {}", what);
    return Error(kAuthorizationHeaderMalformed, "The authorization header is malformed; {}", what);
  };
  const auto bad_header = [&](std::string_view what) {
    return detailed(Error(kInvalidArgument, "{}", what), {{"ArgumentName", "Authorization"}, {"ArgumentValue", authorization}});
  };
  switch (problem.refusal) {
    case Refusal::kMissing:
      return Error(aws::kAccessDenied, "Access Denied");
    case Refusal::kAmbiguous:
      return bad_header(kOneMechanism);
    case Refusal::kNoParameters:
      return bad_header("Authorization header is invalid -- one and only one ' ' (space) required");
    case Refusal::kUnsupported:
      if (problem.detail == "AWS" || problem.detail.starts_with("AWS4-ECDSA"))
        return Error(kInvalidRequest, "The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.");
      if (presigned)
        return Error(kAuthorizationQueryParametersError, "X-Amz-Algorithm only supports \"AWS4-HMAC-SHA256 and AWS4-ECDSA-P256-SHA256\"");
      return bad_header("Unsupported Authorization Type");
    case Refusal::kMalformedPart:
      return malformed(fmt::format("the authorization component \"{}\" is malformed.", problem.detail));
    case Refusal::kMissingParts:
      if (presigned)
        return Error(kAuthorizationQueryParametersError,
                     "Query-string authentication version 4 requires the X-Amz-Algorithm, X-Amz-Credential, X-Amz-Signature, X-Amz-Date, "
                     "X-Amz-SignedHeaders, and X-Amz-Expires parameters.");
      if (problem.detail == "X-Amz-Date") return Error(aws::kAccessDenied, "AWS authentication requires a valid Date or x-amz-date header");
      return malformed("the authorization header requires three components: Credential, SignedHeaders, and Signature.");
    case Refusal::kMalformedCredential:
      return malformed("the Credential is mal-formed; expecting \"<YOUR-AKID>/YYYYMMDD/REGION/SERVICE/aws4_request\".");
    case Refusal::kScopeDate:
      return malformed(
          fmt::format("incorrect date format \"{}\". This date in the credential must be in the format \"yyyyMMdd\".", problem.detail));
    case Refusal::kTerminator:
      return malformed(fmt::format("incorrect terminal \"{}\". This endpoint uses \"aws4_request\".", problem.detail));
    case Refusal::kBadDate:
      if (presigned)
        return Error(kAuthorizationQueryParametersError, "X-Amz-Date must be in the ISO8601 Long Format \"yyyyMMdd'T'HHmmss'Z'\"");
      return Error(aws::kAccessDenied, "AWS authentication requires a valid Date or x-amz-date header");
    case Refusal::kDateMismatch:
      if (presigned)
        return Error(kAuthorizationQueryParametersError, "Invalid credential date \"{}\". This date is not the same as X-Amz-Date: \"{}\".",
                     problem.other, std::string_view(problem.detail).substr(0, 8));
      return malformed("Invalid credential date. Date is not the same as X-Amz-Date.");
    case Refusal::kExpiresNumber:
      return Error(kAuthorizationQueryParametersError, "X-Amz-Expires should be a number");
    case Refusal::kExpiresNegative:
      return Error(kAuthorizationQueryParametersError, "X-Amz-Expires must be non-negative");
    case Refusal::kExpiresTooLarge:
      return Error(
          kAuthorizationQueryParametersError,
          "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than 604800 seconds");
    case Refusal::kHostUnsigned:
    case Refusal::kUnsignedHeaders:
      return detailed(Error(aws::kAccessDenied, "There were headers present in the request which were not signed"),
                      {{"HeadersNotSigned", problem.detail.empty() ? "host" : problem.detail}});
  }
  return Error(aws::kAccessDenied, "Access Denied");
}

Error Refusals::wrong_service(const Claim& claim) const {
  if (dialect_ != Dialect::kS3)
    return Error(bad_signature(), "Credential should be scoped to correct service: '{}'. ", service_.signing_name);
  if (claim.form == Claim::Form::kPresigned)
    return Error(kAuthorizationQueryParametersError,
                 "Error parsing the X-Amz-Credential parameter; incorrect service \"{}\". This endpoint belongs to \"s3\".", claim.service);
  return Error(kAuthorizationHeaderMalformed,
               "The authorization header is malformed; incorrect service \"{}\". This endpoint belongs to \"s3\".", claim.service);
}

Error Refusals::wrong_region(const Claim& claim, const aws::Region& expected) const {
  const std::string& wrong = claim.region.str();
  if (dialect_ != Dialect::kS3) return Error(bad_signature(), "Credential should be scoped to a valid region. ");
  const bool presigned = claim.form == Claim::Form::kPresigned;
  Error error = presigned
                    ? Error(kAuthorizationQueryParametersError,
                            "Error parsing the X-Amz-Credential parameter; the region '{}' is wrong; expecting '{}'", wrong, expected.str())
                    : Error(kAuthorizationHeaderMalformed,
                            "The authorization header is malformed; the region '{}' is wrong; expecting '{}'", wrong, expected.str());
  return detailed(std::move(error), {{"Region", expected.str()}});
}

Error Refusals::unknown_key(const Claim& claim) const {
  if (dialect_ != Dialect::kS3) return Error(unknown(), "The security token included in the request is invalid.");
  return detailed(Error(kInvalidAccessKeyId, "The AWS Access Key Id you provided does not exist in our records."),
                  {{"AWSAccessKeyId", claim.access_key.str()}});
}

Error Refusals::invalid_token(const Claim& claim) const {
  if (dialect_ != Dialect::kS3) return Error(unknown(), "The security token included in the request is invalid.");
  return detailed(Error(kInvalidToken, "The provided token is malformed or otherwise invalid."), {{"Token-0", claim.session_token}});
}

Error Refusals::expired_token(const Claim& claim) const {
  constexpr std::string_view kWords = "The security token included in the request is expired";
  switch (dialect_) {
    case Dialect::kS3:
      return detailed(Error({.code = "ExpiredToken", .status = 400}, "The provided token has expired."),
                      {{"Token-0", claim.session_token}});
    case Dialect::kQuery:
      return Error({.code = "ExpiredToken", .status = 403}, "{}", kWords);
    case Dialect::kJson:
    case Dialect::kRestJson:
      break;
  }
  return Error({.code = "ExpiredTokenException", .status = dialect_ == Dialect::kRestJson ? 403 : 400}, "{}", kWords);
}

Error Refusals::skewed(const Claim& claim, Time now) const {
  using timestamps::basic;
  if (dialect_ == Dialect::kS3) {
    return detailed(Error(kRequestTimeTooSkewed, "The difference between the request time and the current time is too large."),
                    {{"RequestTime", claim.date_time},
                     {"ServerTime", timestamps::iso8601(now)},
                     {"MaxAllowedSkewMilliseconds", std::to_string(std::chrono::milliseconds(kSkewMax).count())}});
  }
  if (claim.time > now) {
    return Error(bad_signature(), "Signature not yet current: {} is still later than {} ({} + {} min.)", claim.date_time,
                 basic(now + kFutureSkewMax), basic(now), kFutureSkewMax.count());
  }
  return Error(bad_signature(), "Signature expired: {} is now earlier than {} ({} - {} min.)", claim.date_time, basic(now - kSkewMax),
               basic(now), kSkewMax.count());
}

Error Refusals::expired(const Claim& claim, Time now) const {
  const Time end = claim.time + *claim.expires;
  if (dialect_ != Dialect::kS3)
    return Error(bad_signature(), "Signature expired: {} is now earlier than {}", timestamps::basic(end), timestamps::basic(now));
  return detailed(Error(aws::kAccessDenied, "Request has expired"), {{"X-Amz-Expires", std::to_string(claim.expires->count())},
                                                                     {"Expires", timestamps::iso8601(end)},
                                                                     {"ServerTime", timestamps::iso8601(now)}});
}

Error Refusals::not_yet_valid(const Claim& claim, Time now) const {
  if (dialect_ != Dialect::kS3) return skewed(claim, now);
  return detailed(Error(aws::kAccessDenied, "Request is not yet valid"),
                  {{"X-Amz-Date", std::to_string(claim.time.time_since_epoch().count())},
                   {"Expires", timestamps::iso8601(claim.time + *claim.expires)},
                   {"ServerTime", timestamps::iso8601(now)}});
}

Error Refusals::wrong_signature(const Claim& claim, std::string_view canonical_request) const {
  if (dialect_ != Dialect::kS3) return Error(bad_signature(), "{}", kMismatch);
  const std::string string_to_sign = aws::sigv4::string_to_sign(claim, canonical_request);
  return detailed(Error(kSignatureDoesNotMatch, "{}", kS3Mismatch), {{"AWSAccessKeyId", claim.access_key.str()},
                                                                     {"StringToSign", string_to_sign},
                                                                     {"SignatureProvided", claim.signature},
                                                                     {"StringToSignBytes", spaced_hex(string_to_sign)},
                                                                     {"CanonicalRequest", std::string(canonical_request)},
                                                                     {"CanonicalRequestBytes", spaced_hex(canonical_request)}});
}

Error Refusals::wrong_form_signature(const Claim& claim, std::string_view policy) const {
  return detailed(Error(kSignatureDoesNotMatch, "{}", kS3Mismatch), {{"AWSAccessKeyId", claim.access_key.str()},
                                                                     {"StringToSign", std::string(policy)},
                                                                     {"SignatureProvided", claim.signature},
                                                                     {"StringToSignBytes", spaced_hex(policy)}});
}

Error detailed(Error error, std::initializer_list<std::pair<std::string_view, std::string>> details) {
  for (const auto& [name, value] : details) error.details.emplace_back(name, value);
  return error;
}

Error wrong_chunk_signature(const Claim& claim) {
  return detailed(Error(kSignatureDoesNotMatch, "{}", kS3Mismatch), {{"AWSAccessKeyId", claim.access_key.str()}});
}

Error content_hash_mismatch(std::string_view declared, std::string_view computed) {
  return detailed(Error(kContentHashMismatch, "The provided 'x-amz-content-sha256' header does not match what was computed."),
                  {{"ClientComputedContentSHA256", std::string(declared)}, {"S3ComputedContentSHA256", std::string(computed)}});
}

}  // namespace cairn::api
