#include <algorithm>
#include <array>

#include "api/operation.h"
#include "api/ports.h"
#include "aws/policy/pattern.h"
#include "base/text.h"
#include "services/kms/access.h"
#include "services/kms/documents.h"
#include "services/kms/grant.h"
#include "services/kms/key.h"
#include "services/kms/page.h"

namespace cairn::kms {
namespace {

using aws::policy::NamedAs;

constexpr size_t kListed = 50, kListedMax = 100;
constexpr size_t kGrantIdBytes = 32;

/// Grant operations that no symmetric encryption key has.
constexpr auto kOfOtherKeys = std::to_array<std::string_view>(
    {"Decapsulate", "DeriveSharedSecret", "Encapsulate", "GenerateMac", "GetPublicKey", "Sign", "Verify", "VerifyMac"});

std::string text_of(const Json& in, std::string_view member) {
  const auto it = in.find(member);
  return it == in.end() ? std::string() : it->get<std::string>();
}

void stop_dry_run(const api::Call& call) {
  if (call.in.value("DryRun", false)) throw Error(kDryRunOperation, "The request would have succeeded, but the DryRun option is set.");
}

/// The principal of a member, or of its twin for services.
struct Principal {
  std::string text;
  bool is_service = false;
};
Principal principal_of(const Json& in, std::string_view role) {
  const std::string principal = text_of(in, fmt::format("{}Principal", role));
  const std::string service = text_of(in, fmt::format("{}ServicePrincipal", role));
  if (!principal.empty() && !service.empty())
    throw Error(aws::kValidation, "You can specify either {}Principal or {}ServicePrincipal, but not both.", role, role);
  const std::string& text = principal.empty() ? service : principal;
  if (!text.empty() && !is_principal(text)) throw Error(kInvalidArn, "{} is not the name of a principal.", text);
  return {text, !service.empty()};
}

Grant asked_grant(const api::Call& call) {
  const Json& in = call.in;
  Grant grant;
  grant.name = text_of(in, "Name");
  grant.created = call.now;
  grant.issuer = call.account;
  const Principal grantee = principal_of(in, "Grantee"), retiring = principal_of(in, "Retiring");
  if (grantee.text.empty()) throw null_member("granteePrincipal");
  grant.grantee = grantee.text;
  grant.grantee_is_service = grantee.is_service;
  grant.retiring = retiring.text;
  grant.retiring_is_service = retiring.is_service;
  if (in.contains("Constraints")) grant.constraints = in["Constraints"];
  if (grantee.is_service && (!grant.constraints.contains("SourceArn") || retiring.text.empty()))
    throw Error(aws::kValidation,
                "When you specify a GranteeServicePrincipal, you must also specify a SourceArn grant constraint and a retiring principal.");
  for (const Json& operation : in["Operations"])
    if (!grant.allows(operation.get<std::string>())) grant.operations.push_back(operation.get<std::string>());
  if (grant.operations.size() == 1 && grant.operations.front() == "CreateGrant")
    throw Error(aws::kValidation, "Grants must not contain only the CreateGrant operation.");
  for (const std::string& operation : grant.operations)
    if (std::ranges::find(kOfOtherKeys, operation) != kOfOtherKeys.end())
      throw Error(aws::kValidation, "The operation {} is not valid for keys of the spec SYMMETRIC_DEFAULT.", operation);
  return grant;
}

ConditionKeys conditions_of(const api::Call& call) {
  const Json& in = call.in;
  ConditionKeys keys;
  for (const Json& operation : in["Operations"]) keys.emplace_back("kms:GrantOperations", operation.get<std::string>());
  if (in.contains("GranteePrincipal")) keys.emplace_back("kms:GranteePrincipal", text_of(in, "GranteePrincipal"));
  if (in.contains("RetiringPrincipal")) keys.emplace_back("kms:RetiringPrincipal", text_of(in, "RetiringPrincipal"));
  if (in.contains("Constraints"))
    for (const std::string_view type : {"EncryptionContextEquals", "EncryptionContextSubset", "SourceArn"})
      if (in["Constraints"].contains(type)) keys.emplace_back("kms:GrantConstraintType", std::string(type));
  keys.emplace_back("kms:GrantIsForAWSResource", call.principal.kind == aws::Principal::Kind::kService ? "true" : "false");
  return keys;
}

ConditionKeys for_aws_resource(const api::Call& call) {
  return {{"kms:GrantIsForAWSResource", call.principal.kind == aws::Principal::Kind::kService ? "true" : "false"}};
}

/// Differs from AWS: a grant counts at once, its token is not needed.
void create_grant(api::Call& call) {
  check_grant_tokens(call);
  const Named named = find_key(call, call.in["KeyId"].get<std::string>(), Names::kKeys);
  const Key& key = named.key;
  const std::optional<Grant> parent =
      require(call, named, {.action = "CreateGrant", .accounts = Accounts::kAny, .more = conditions_of(call)});
  check_enabled(key);
  Grant grant = asked_grant(call);
  if (parent && !is_within(grant, *parent))
    throw Error(aws::kAccessDenied,
                "User: {} is not authorized to perform: kms:CreateGrant on resource: {} beyond the grant {} that allows it",
                call.principal.arn, key.arn(), parent->id);
  stop_dry_run(call);
  if (std::optional<Grant> before = find_same_grant(*call.state, key, grant)) {
    grant = std::move(*before);
  } else {
    grant.id = text::hex(call.ports->random->bytes(kGrantIdBytes));
    put_grant(*call.state, key, grant);
  }
  call.out = {{"GrantToken", grant_token(key, grant)}, {"GrantId", grant.id}};
  call.recorded_out = Json{{"GrantId", grant.id}, {"KeyId", key.arn()}};
}

Grant open_grant(api::Call& call, const Key& key, const std::string& id) {
  if (std::optional<Grant> grant = read_grant(*call.state, key, id)) return std::move(*grant);
  if (id.size() == 2 * kGrantIdBytes && text::from_hex(id)) throw Error(kNotFound, "Grant ID {} not found", id);
  throw Error(kInvalidGrantId, "Grant ID {} is not valid", id);
}

void revoke_grant(api::Call& call) {
  const Key key = open_key(call, {.action = "RevokeGrant", .accounts = Accounts::kAny, .more = for_aws_resource(call)});
  const Grant grant = open_grant(call, key, call.in["GrantId"].get<std::string>());
  stop_dry_run(call);
  erase_grant(*call.state, key, grant);
  answer_nothing(call, key);
}

/// The retiring principal, the grantee if the grant says so, and whoever may by policy.
void check_may_retire(api::Call& call, const Key& key, const Grant& grant) {
  call.is_decided = true;
  const aws::policy::Caller caller = aws::policy::caller_of(call.principal);
  NamedAs named = grant.retiring.empty() ? NamedAs::kNot : names(grant.retiring, caller);
  if (grant.allows("RetireGrant")) named = std::max(named, names(grant.grantee, caller));
  if (named == NamedAs::kDirectly) return;
  if (named == NamedAs::kBase) {
    aws::policy::Request request{.caller = caller, .action = "kms:RetireGrant", .resource = key.arn()};
    if (limits_allow(call, request)) return;
  }
  const bool is_of_account = named == NamedAs::kAccount || call.principal.account == grant.issuer;
  if (is_of_account && own_policies_allow(call, "RetireGrant", key)) return;
  require(call, {key, ""}, {.action = "RetireGrant", .accounts = Accounts::kAny});
}

void retire_grant(api::Call& call) {
  std::optional<Key> key;
  std::string id = text_of(call.in, "GrantId");
  if (call.in.contains("GrantToken")) {
    const std::optional<GrantToken> token = parse_grant_token(text_of(call.in, "GrantToken"));
    if (token) key = key_of_id(call, token->key_id);
    if (!key) throw Error(kInvalidGrantToken, "The specified grant token is not valid.");
    show_key(call, *key);
    id = token->grant_id;
    call.additional = Json{{"grantId", id}};
  } else {
    if (!call.in.contains("KeyId")) throw null_member("keyId");
    if (id.empty()) throw null_member("grantId");
    key = find_key(call, call.in["KeyId"].get<std::string>(), Names::kKeys).key;
  }
  const std::optional<Grant> grant = read_grant(*call.state, *key, id);
  // Only of keys of the own account one learns that there is no such grant.
  if (!grant && call.principal.account != key->account) require(call, {*key, ""}, {.action = "RetireGrant"});
  if (!grant) open_grant(call, *key, id);
  check_may_retire(call, *key, *grant);
  stop_dry_run(call);
  erase_grant(*call.state, *key, *grant);
  answer_nothing(call, *key);
}

void list_grants(api::Call& call) {
  const Key key = open_key(call, {.action = "ListGrants", .accounts = Accounts::kAny, .more = for_aws_resource(call)});
  const Principal grantee = principal_of(call.in, "Grantee");
  call.out["Grants"] = Json::array();
  const auto add = [&](const std::string& id) {
    if (const std::optional<Grant> grant = read_grant(*call.state, key, id)) call.out["Grants"].push_back(list_entry(*grant, key));
  };
  if (call.in.contains("GrantId")) {
    add(call.in["GrantId"].get<std::string>());
    call.out["Truncated"] = false;
    return;
  }
  const std::string prefix = grantee.text.empty() ? documents::grants_of(key.id) : documents::granted_to(key.id, grantee.text);
  for (const state::Item& item : list_page(call, prefix, kListed, kListedMax)) add(item.key);
}

/// Grants of keys of any account, but only for principals of the caller's own.
void list_retirable_grants(api::Call& call) {
  const Principal retiring = principal_of(call.in, "Retiring");
  if (retiring.text.empty()) throw null_member("retiringPrincipal");
  const bool is_service = call.principal.kind == aws::Principal::Kind::kService;
  const aws::policy::SplitArn arn(retiring.text);
  const bool is_own = is_service ? retiring.text == call.principal.user_name
                                 : retiring.text == call.account.str() || (arn.count == 6 && arn.parts[4] == call.account.str());
  if (!is_own)
    throw Error(aws::kAccessDenied, "User: {} is not authorized to perform: kms:ListRetirableGrants on resource: {}",
                is_service ? call.principal.user_name : call.principal.arn, retiring.text);
  if (!is_service) require_own(call, "ListRetirableGrants", retiring.text);
  call.out["Grants"] = Json::array();
  for (const state::Item& item : list_page(call, documents::retirable_by(call.region, retiring.text), kListed, kListedMax)) {
    const size_t slash = item.key.find('/');
    const std::optional<Key> key = key_of_id(call, item.key.substr(0, slash));
    if (!key) continue;
    if (const std::optional<Grant> grant = read_grant(*call.state, *key, item.key.substr(slash + 1)))
      call.out["Grants"].push_back(list_entry(*grant, *key));
  }
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"CreateGrant", create_grant},
    {"ListGrants", list_grants},
    {"ListRetirableGrants", list_retirable_grants},
    {"RetireGrant", retire_grant},
    {"RevokeGrant", revoke_grant},
});

}  // namespace
}  // namespace cairn::kms

namespace cairn::services {
extern const api::Family kms_grants;
const api::Family kms_grants{.service = "kms", .operations = kms::kOperations, .decides = api::Decides::kHandler};
}  // namespace cairn::services
