#include "api/operation.h"
#include "api/ports.h"
#include "base/text.h"
#include "identity/policies.h"
#include "identity/provider_keys.h"
#include "services/sts/roles.h"
#include "services/sts/sessions.h"

/// AssumeRoleWithWebIdentity: the token of an OpenID Connect provider that the role's account knows stands for a signature.
namespace cairn::sts {
namespace {

using identity::Jwt;
using identity::OidcProvider;
using identity::ProviderKeys;
using identity::Session;

constexpr std::chrono::minutes kSkewMax{5};  // of the provider's clock
constexpr std::string_view kTagsClaim = "https://aws.amazon.com/tags";
constexpr std::string_view kSourceIdentityClaim = "https://aws.amazon.com/source_identity";

Error no_key() {
  return Error(kInvalidIdentityToken,
               "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation "
               "for requirements");
}

/// A token whose signature holds, and of whom it tells.
struct WebIdentity {
  OidcProvider provider;
  Jwt token;
  std::string subject, audience;
};

OidcProvider provider_of(api::Call& call, const TargetRole& target, const Jwt& token) {
  constexpr std::string_view kScheme = "https://";
  const std::string issuer = token.text("iss");
  if (issuer.empty()) throw Error(kInvalidIdentityToken, "Missing a required claim: iss");
  std::string url = issuer.starts_with(kScheme) ? issuer.substr(kScheme.size()) : std::string();
  if (url.ends_with('/')) url.pop_back();
  std::optional<OidcProvider> provider =
      identity::find_oidc_provider(*call.state, fmt::format("arn:aws:iam::{}:oidc-provider/{}", target.account.str(), url));
  if (url.empty() || !provider) throw Error(kInvalidIdentityToken, "No OpenIDConnect provider found in your account for {}", issuer);
  return std::move(*provider);
}

void check_signature(api::Call& call, const OidcProvider& provider, const Jwt& token) {
  const Result<ProviderKeys::Keys, ProviderKeys::Failure> keys = call.ports->provider_keys->find(provider, token);
  if (!keys) {
    switch (keys.error()) {
      case ProviderKeys::Failure::kUnreachable:
        throw Error(kIdpCommunication, "Could not reach the identity provider https://{} in time. Please try again.", provider.url);
      case ProviderKeys::Failure::kUntrusted:
        throw Error(kInvalidIdentityToken, "OpenIDConnect provider's HTTPS certificate doesn't match configured thumbprint");
      case ProviderKeys::Failure::kNoKeys:
        throw no_key();
    }
  }
  const identity::JsonWebKey* key = identity::key_of(token, **keys);
  if (key == nullptr) throw no_key();
  if (!identity::is_signed(token, *key)) throw Error(kInvalidIdentityToken, "The signature of the ID Token is not valid.");
}

/// Seconds since 1970; nullopt: absent, or no time that could be meant.
std::optional<Time> time_of(const Jwt& token, std::string_view claim) {
  constexpr double kSecondsMax = 1e11;
  const auto it = token.claims.find(claim);
  if (it == token.claims.end() || !it->is_number()) return std::nullopt;
  const double seconds = it->get<double>();
  if (!(seconds >= 0 && seconds < kSecondsMax)) return std::nullopt;
  return Time(std::chrono::milliseconds(static_cast<int64_t>(seconds * 1000)));
}

void check_times(const Jwt& token, Time now) {
  const std::optional<Time> expires = time_of(token, "exp"), issued = time_of(token, "iat");
  if (!expires) throw Error(kInvalidIdentityToken, "Missing a required claim: exp");
  if (!issued) throw Error(kInvalidIdentityToken, "Missing a required claim: iat");
  if (*expires <= now)
    throw Error(kExpiredToken, "Token expired: current date/time {} must be before the expiration date/time{}",
                std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count(),
                std::chrono::floor<std::chrono::seconds>(*expires).time_since_epoch().count());
  const std::optional<Time> begins = time_of(token, "nbf");
  if (*issued > now + kSkewMax || (begins && *begins > now + kSkewMax))
    throw Error(kInvalidIdentityToken, "The ID Token is not valid yet.");
}

/// azp, where there is one, else aud: it must be one of the provider's client ids.
std::string audience_of(const OidcProvider& provider, const Jwt& token) {
  std::vector<std::string> audiences;
  if (std::string party = token.text("azp"); !party.empty()) {
    audiences.push_back(std::move(party));
  } else if (const auto aud = token.claims.find("aud"); aud != token.claims.end()) {
    if (aud->is_string()) audiences.push_back(aud->get<std::string>());
    if (aud->is_array())
      for (const Json& each : *aud)
        if (each.is_string()) audiences.push_back(each.get<std::string>());
  }
  if (audiences.empty()) throw Error(kInvalidIdentityToken, "Missing a required claim: aud");
  for (std::string& audience : audiences)
    if (std::ranges::find(provider.client_ids, audience) != provider.client_ids.end()) return std::move(audience);
  throw Error(kInvalidIdentityToken, "Incorrect token audience");
}

WebIdentity identify(api::Call& call, const TargetRole& target) {
  std::optional<Jwt> token = identity::parse_jwt(text_of(call.in, "WebIdentityToken"));
  if (!token)
    throw Error(kInvalidIdentityToken, "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)");
  WebIdentity identity{.provider = provider_of(call, target, *token), .token = {}, .subject = {}, .audience = {}};
  check_signature(call, identity.provider, *token);
  check_times(*token, call.now);
  identity.audience = audience_of(identity.provider, *token);
  identity.subject = token->text("sub");
  if (identity.subject.empty()) throw Error(kInvalidIdentityToken, "Missing a required claim: sub");
  identity.token = std::move(*token);
  return identity;
}

/// From here on the record says who calls, and stands in the role's account.
void introduce(api::Call& call, const TargetRole& target, const WebIdentity& identity) {
  const std::string arn = identity.provider.arn();
  call.principal = {};
  call.principal.kind = aws::Principal::Kind::kWebIdentity;
  call.principal.principal_id = fmt::format("{}:{}:{}", arn, identity.audience, identity.subject);
  call.principal.user_name = identity.subject;
  call.principal.identity_provider = arn;
  call.policies = identity::PolicySet::none();
  call.owner = target.account;
}

void take_claimed_tags(api::Call& call, const Jwt& token, Session& session) {
  const auto claim = token.claims.find(kTagsClaim);
  if (claim == token.claims.end() || !claim->is_object()) return;
  std::vector<std::pair<std::string, std::string>> tags;
  Json shown = Json::object();
  if (const auto given = claim->find("principal_tags"); given != claim->end() && given->is_object()) {
    for (const auto& [key, values] : given->items()) {
      const Json& value = values.is_array() && values.size() == 1 ? values.front() : values;
      if (!value.is_string()) throw Error(kInvalidIdentityToken, "The tags of the ID Token are not valid.");
      tags.emplace_back(key, value.get<std::string>());
      shown[key] = value;
    }
  }
  std::vector<std::string> transitive;
  if (const auto keys = claim->find("transitive_tag_keys"); keys != claim->end() && keys->is_array())
    for (const Json& key : *keys)
      if (key.is_string()) transitive.push_back(key.get<std::string>());
  call.recorded_in = call.in;
  (*call.recorded_in)["principalTags"] = std::move(shown);
  if (!transitive.empty()) (*call.recorded_in)["transitiveTagKeys"] = transitive;
  take_tags(call, session, std::move(tags), std::move(transitive));
}

/// PROVIDER:aud, PROVIDER:sub ... "Available keys for AWS OIDC federation".
void describe_token(const WebIdentity& identity, aws::policy::Context& context) {
  const std::string& name = identity.provider.url;
  context.add(name + ":aud", identity.audience);
  context.add(name + ":sub", identity.subject);
  if (identity.audience == identity.token.text("azp"))
    if (const std::string aud = identity.token.text("aud"); !aud.empty()) context.add(name + ":oaud", aud);
  if (const auto amr = identity.token.claims.find("amr"); amr != identity.token.claims.end() && amr->is_array())
    for (const Json& each : *amr)
      if (each.is_string()) context.add(name + ":amr", each.get<std::string>());
}

/// Differs from AWS: no OAuth 2.0 access tokens (ProviderId); RS256 and ES256 only.
void assume_role_with_web_identity(api::Call& call) {
  call.is_decided = true;
  if (has(call.in, "ProviderId"))
    throw Error(aws::kNotImplemented,
                "OAuth 2.0 access tokens (ProviderId) are not taken here; ID tokens of OpenID Connect providers are.");
  const TargetRole target = target_role(call);
  const WebIdentity identity = identify(call, target);
  introduce(call, target, identity);
  Session session = session_of(target, call);
  session.provider = identity.provider.arn();
  session.source_identity = identity.token.text(kSourceIdentityClaim);
  take_claimed_tags(call, identity.token, session);

  aws::policy::Context context;
  describe_session(session, context);
  describe_token(identity, context);
  const auto require = [&](std::string_view action) {
    if (!decide_trust(call, target, action, context).allowed()) throw Error(aws::kAccessDenied, "Not authorized to perform sts:{}", action);
  };
  require("AssumeRoleWithWebIdentity");
  if (!session.limits.tags.empty()) require("TagSession");
  if (!session.source_identity.empty()) require("SetSourceIdentity");

  take_given_policies(call, session);
  enter(call, target, session);
  call.out["SubjectFromWebIdentityToken"] = identity.subject;
  call.out["Provider"] = session.provider;
  call.out["Audience"] = identity.audience;
}

constexpr api::Operation kOperations[] = {
    {.name = "AssumeRoleWithWebIdentity", .handle = assume_role_with_web_identity, .runs = api::Runs::kPool},
};

}  // namespace
}  // namespace cairn::sts

namespace cairn::services {
extern const api::Family sts_web_identity;
const api::Family sts_web_identity{.service = "sts", .operations = sts::kOperations, .decides = api::Decides::kHandler};
}  // namespace cairn::services
