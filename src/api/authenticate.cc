#include "api/authenticate.h"

#include <algorithm>

#include "api/refusals.h"
#include "base/crypto.h"
#include "base/log.h"
#include "base/text.h"

namespace cairn::api {
namespace {

using aws::Error;
using aws::sigv4::Claim;
using aws::sigv4::Problem;

constexpr aws::ErrorKind kInvalidRequest{.code = "InvalidRequest", .status = 400};
constexpr std::string_view kUnsignedPayload = "UNSIGNED-PAYLOAD";
constexpr std::string_view kDeveloperId = "AIDACAIRNDEVELOPER234";  // what --dev calls everybody

bool is_s3(const Route& route) { return route.protocol == aws::Protocol::kRestXml; }

aws::sigv4::Request request_of(const http::Head& head) {
  aws::sigv4::Request request{.method = head.method, .path = head.path, .query = head.query, .headers = {}};
  request.headers.reserve(head.headers.size());
  for (const http::Header& header : head.headers) request.headers.emplace_back(header.name, header.value);
  return request;
}

bool is_signed_header(const Claim& claim, std::string_view name) {
  const std::vector<std::string_view> names = text::split(claim.signed_headers, ';');
  return std::find(names.begin(), names.end(), name) != names.end();
}

bool is_hash(std::string_view s) {
  return s.size() == 64 &&
         std::all_of(s.begin(), s.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); });
}

/// What S3 takes as x-amz-content-sha256.
std::optional<Error> check_payload_hash(std::string_view hash) {
  if (hash == kUnsignedPayload || is_hash(hash)) return std::nullopt;
  if (hash == "STREAMING-UNSIGNED-PAYLOAD-TRAILER" || hash == "STREAMING-AWS4-HMAC-SHA256-PAYLOAD" ||
      hash == "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER")
    return std::nullopt;
  if (hash.starts_with("STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD"))
    return detailed(Error(aws::kNotImplemented, "A header you provided implies functionality that is not implemented"),
                    {{"Header", "x-amz-content-sha256"}});
  Error wrong({.code = "InvalidArgument", .status = 400},
              "x-amz-content-sha256 must be UNSIGNED-PAYLOAD, STREAMING-UNSIGNED-PAYLOAD-TRAILER, STREAMING-AWS4-HMAC-SHA256-PAYLOAD, "
              "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER, STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD, "
              "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER or a valid sha256 value.");
  return detailed(std::move(wrong), {{"ArgumentName", "x-amz-content-sha256"}, {"ArgumentValue", std::string(hash)}});
}

/// The last line of S3's canonical request: what the client says of its body, before any of it was read.
Result<std::string_view, Error> declared_hash(const Claim& claim) {
  if (claim.form == Claim::Form::kPresigned) {
    const bool declared = !claim.payload_hash.empty() && is_signed_header(claim, "x-amz-content-sha256");
    return declared ? std::string_view(claim.payload_hash) : kUnsignedPayload;
  }
  if (claim.payload_hash.empty())
    return tl::unexpected(Error(kInvalidRequest, "Missing required header for this request: x-amz-content-sha256"));
  if (std::optional<Error> wrong = check_payload_hash(claim.payload_hash)) return tl::unexpected(std::move(*wrong));
  return std::string_view(claim.payload_hash);
}

std::optional<Error> check_time(const Refusals& refusals, const Claim& claim, bool s3, Time now) {
  const Time latest = now + (s3 ? kSkewMax : kFutureSkewMax);
  if (claim.expires) {
    if (claim.time > latest) return refusals.not_yet_valid(claim, now);
    if (claim.time + *claim.expires < now) return refusals.expired(claim, now);
    return std::nullopt;
  }
  if (claim.time > latest || claim.time < now - kSkewMax) return refusals.skewed(claim, now);
  return std::nullopt;
}

std::optional<Error> check_signature(const Refusals& refusals, const http::Head& head, const Claim& claim, std::string_view signing_key,
                                     std::string_view body_hash) {
  const std::string canonical = aws::sigv4::canonical_request(request_of(head), claim, body_hash);
  const std::string expected = aws::sigv4::signature(signing_key, aws::sigv4::string_to_sign(claim, canonical));
  if (crypto::equal_constant_time(expected, claim.signature)) return std::nullopt;
  return refusals.wrong_signature(claim, canonical);
}

/// --dev: whoever comes with a key that nobody made.
aws::Principal developer(const aws::AccessKeyId& key, const aws::AccountId& default_account) {
  aws::Principal principal;
  principal.kind = aws::Principal::Kind::kUser;
  principal.account = aws::is_account_id(key.str()) ? aws::AccountId(key.str()) : default_account;
  principal.principal_id = kDeveloperId;
  principal.user_name = "dev";
  principal.arn = fmt::format("arn:aws:iam::{}:user/dev", principal.account.str());
  principal.access_key = key;
  principal.is_administrator = true;
  return principal;
}

/// "You cannot call any IAM API operations" with credentials of GetFederationToken, nor with those of GetSessionToken unless they were
/// given for an MFA code (IAM User Guide, "Compare AWS STS credentials").
bool may_call_iam(const aws::Principal& principal) {
  using Kind = aws::Principal::Kind;
  if (principal.kind == Kind::kFederatedUser) return false;
  if (principal.session == nullptr || principal.kind == Kind::kAssumedRole) return true;
  return principal.session_context->at("attributes").at("mfaAuthenticated") == "true";
}

bool is_streamed(const Route& route) {
  if (route.model == nullptr || route.model->input == nullptr) return false;
  const std::vector<aws::Member>& members = route.model->input->members;
  return std::any_of(members.begin(), members.end(), [](const aws::Member& m) { return m.payload && m.shape->streaming; });
}

bool is_here(std::string_view host) {
  const std::string name = text::lower(host.substr(0, host.starts_with('[') ? host.find(']') + 1 : host.find(':')));
  return name == "localhost" || name.ends_with(".localhost") || name.starts_with("127.") || name == "[::1]";
}

/// --dev asks for no secret, so that any page in the developer's browser could be administrator: by a form sent across sites (it
/// bears an Origin), or by a name of the attacker's that resolves to loopback (it stands in Host).
bool comes_from_here(const http::Head& head) {
  if (!is_here(head.header("host").value_or(""))) return false;
  const std::optional<std::string_view> origin = head.header("origin");
  const size_t scheme = origin ? origin->find("://") : 0;
  return !origin || (scheme != std::string_view::npos && is_here(origin->substr(scheme + 3)));
}

}  // namespace

Authenticator::Authenticator(state::Store& store, const state::Sealer& sealer, AuthenticatorOptions options)
    : credentials_(store, sealer), options_(std::move(options)) {}

Result<Authenticated, Error> Authenticator::read(const http::Head& head, const Route& route, Time now) {
  now_.store(now.time_since_epoch().count(), std::memory_order_relaxed);
  const bool s3 = is_s3(route);
  const Refusals refusals(*route.service->model, route.protocol);
  Authenticated caller;
  if (is_preflight(route) || is_form(route)) {  // whatever query and headers have
    caller.region = options_.default_region;
    return caller;
  }

  Result<Claim, Problem> read = aws::sigv4::read_claim(request_of(head));
  if (!read) {
    const bool is_missing = read.error().refusal == aws::sigv4::Refusal::kMissing;
    if (is_missing &&
        (route.service->model->key == "sts" || route.service->model->key == "sns")) {  // the body will tell whether that will do: verify
      caller.region = options_.default_region;
      return caller;
    }
    if (!s3 || !is_missing) return tl::unexpected(refusals.unreadable(read.error(), head));
    if (head.header("x-amz-content-sha256").value_or("").starts_with("STREAMING-AWS4-"))
      return tl::unexpected(Error(kInvalidRequest,
                                  "Anonymous requests don't support this x-amz-content-sha256 value. Please use UNSIGNED-PAYLOAD or "
                                  "STREAMING-UNSIGNED-PAYLOAD-TRAILER."));
    caller.region = options_.default_region;
    return caller;
  }
  const Claim::Form form = read->form;
  Result<Authenticated, Error> identified = identify(std::move(*read), head, route, now);
  if (!identified) return identified;
  caller = std::move(*identified);
  caller.presigned = form == Claim::Form::kPresigned;
  const Claim& claim = *caller.claim;
  const bool is_developer = caller.signing_key.empty();
  // A test suite that stops its own clock must run in --dev; a presigned URL ends there too.
  if (!is_developer || claim.expires)
    if (std::optional<Error> wrong = check_time(refusals, claim, s3, now)) return tl::unexpected(std::move(*wrong));
  if (s3 && !is_developer) {
    const Result<std::string_view, Error> hash = declared_hash(claim);
    if (!hash) return tl::unexpected(hash.error());
    if (std::optional<Error> wrong = check_signature(refusals, head, claim, caller.signing_key, *hash))
      return tl::unexpected(std::move(*wrong));
  }
  return caller;
}

/// Whose key the claim names; its signature is to be compared with `signing_key`, unless that is empty (--dev).
Result<Authenticated, Error> Authenticator::identify(Claim claim, const http::Head& head, const Route& route, Time now) {
  const Refusals refusals(*route.service->model, route.protocol);
  if (claim.service != route.service->model->signing_name) return tl::unexpected(refusals.wrong_service(claim));
  // The region goes into the record: no caller may hide events where nobody looks, or write there what is no region.
  if (!aws::is_region(claim.region.str())) return tl::unexpected(refusals.wrong_region(claim, options_.default_region));
  std::optional<Credentials::Found> found =
      credentials_.find(claim.access_key, claim.session_token, claim.date, claim.region, claim.service);
  const bool is_developer = !found && options_.dev && comes_from_here(head);
  if (!found && !is_developer)
    return tl::unexpected(claim.session_token.empty() ? refusals.unknown_key(claim) : refusals.invalid_token(claim));
  if (found && found->expires && *found->expires <= now) return tl::unexpected(refusals.expired_token(claim));
  if (found && route.service->model->key == "iam" && !may_call_iam(*found->principal)) return tl::unexpected(refusals.unknown_key(claim));
  Authenticated caller;
  caller.region = claim.region;
  caller.principal = is_developer ? developer(claim.access_key, options_.default_account) : *found->principal;
  if (!is_developer) caller.signing_key = std::move(found->signing_key);
  caller.claim = std::move(claim);
  return caller;
}

Result<Authenticated, Error> Authenticator::read_form(const aws::FormFields& fields, const http::Head& head, const Route& route, Time now) {
  static constexpr std::pair<std::string_view, std::string_view> kNeeded[] = {{"x-amz-algorithm", "X-Amz-Algorithm"},
                                                                              {"x-amz-credential", "X-Amz-Credential"},
                                                                              {"x-amz-date", "X-Amz-Date"},
                                                                              {"x-amz-signature", "X-Amz-Signature"},
                                                                              {"policy", "Policy"}};
  const auto field = [&](std::string_view name) {
    const auto at = fields.find(name);
    return at == fields.end() ? std::string() : at->second;
  };
  const auto has = [&](const auto& needed) { return fields.contains(needed.first); };
  if (std::ranges::none_of(kNeeded, has)) {
    Authenticated anonymous;
    anonymous.region = options_.default_region;
    return anonymous;
  }
  const Refusals refusals(*route.service->model, route.protocol);
  if (fields.contains("awsaccesskeyid")) return tl::unexpected(refusals.unreadable({.refusal = aws::sigv4::Refusal::kUnsupported}, head));
  if (std::ranges::count_if(kNeeded, has) == 1 && fields.contains("policy"))
    return tl::unexpected(Error(aws::kAccessDenied, "Access Denied"));
  for (const auto& [name, shown] : kNeeded) {
    if (fields.contains(name)) continue;
    return tl::unexpected(detailed(Error({.code = "InvalidArgument", .status = 400},
                                         "Bucket POST must contain a field named '{}'.  If it is specified, please check the order of the "
                                         "fields.",
                                         shown),
                                   {{"ArgumentName", std::string(shown)}, {"ArgumentValue", ""}}));
  }
  Result<Claim, Problem> read = aws::sigv4::read_form_claim({.algorithm = field("x-amz-algorithm"),
                                                             .credential = field("x-amz-credential"),
                                                             .date = field("x-amz-date"),
                                                             .signature = field("x-amz-signature"),
                                                             .session_token = field("x-amz-security-token")});
  if (!read) return tl::unexpected(refusals.unreadable(read.error(), head));
  Result<Authenticated, Error> caller = identify(std::move(*read), head, route, now);
  if (!caller || caller->signing_key.empty()) return caller;
  const std::string policy = field("policy");
  if (!crypto::equal_constant_time(aws::sigv4::signature(caller->signing_key, policy), caller->claim->signature))
    return tl::unexpected(refusals.wrong_form_signature(*caller->claim, policy));
  return caller;
}

Result<void, Error> Authenticator::verify(const Authenticated& caller, const http::Head& head, const Route& route, std::string_view body) {
  if (is_s3(route)) {
    const std::string_view declared = head.header("x-amz-content-sha256").value_or("");
    if (is_streamed(route) || declared.empty() || declared == kUnsignedPayload || caller.signing_key.empty()) return {};
    if (!is_hash(declared)) return tl::unexpected(Error(kInvalidRequest, "The value of x-amz-content-sha256 header is invalid."));
    const std::string computed = text::hex(crypto::sha256(body));
    if (!text::equals_ignoring_case(declared, computed)) return tl::unexpected(content_hash_mismatch(declared, computed));
    return {};
  }
  const Refusals refusals(*route.service->model, route.protocol);
  if (!caller.claim) {
    if (route.model != nullptr && needs_no_signature(*route.service->model, *route.model)) return {};
    return tl::unexpected(refusals.unreadable({.refusal = aws::sigv4::Refusal::kMissing}, head));
  }
  if (caller.signing_key.empty()) return {};
  if (std::optional<Error> wrong = check_signature(refusals, head, *caller.claim, caller.signing_key, text::hex(crypto::sha256(body))))
    return tl::unexpected(std::move(*wrong));
  return {};
}

void Authenticator::count_refusal(std::string_view source_ip, const Error& error) {
  const std::optional<uint64_t> unlogged = log_limit_.admit(Time(Time::duration(now_.load(std::memory_order_relaxed))));
  if (!unlogged) return;
  log::warning("authentication failed",
               {{"source", std::string(source_ip)}, {"code", std::string(error.kind.code)}, {"unlogged", std::to_string(*unlogged)}});
}

}  // namespace cairn::api
