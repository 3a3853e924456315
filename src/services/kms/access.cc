#include "services/kms/access.h"

#include "api/authorize.h"
#include "api/request_context.h"
#include "aws/policy/decide.h"
#include "identity/policies.h"
#include "services/kms/documents.h"
#include "services/kms/policy_document.h"
#include "services/kms/tag_set.h"

namespace cairn::kms {
namespace {

using aws::policy::Decision;
using aws::policy::Policies;
using aws::policy::Policy;
using aws::policy::Request;
using Kind = aws::Principal::Kind;

constexpr std::string_view kForwarding = "fas.";  // how some services are named that call for their callers
constexpr size_t kAliasesShownMax = 50;           // as many as a key may have

Request request_of(const api::Call& call, std::string_view action, const std::string& resource, const ConditionKeys& more) {
  Request request;
  request.caller = aws::policy::caller_of(call.principal);
  request.action = fmt::format("kms:{}", action);
  request.resource = resource;
  api::describe_request(call, request.context);
  if (!call.principal.account.empty()) request.context.add("kms:CallerAccount", call.principal.account.str());
  if (const std::string& by = call.principal.invoked_by; !by.empty()) {
    const std::string_view service = std::string_view(by).substr(by.starts_with(kForwarding) ? kForwarding.size() : 0);
    request.context.add("kms:ViaService", fmt::format("{}.{}.amazonaws.com", service.substr(0, service.find('.')), call.region.str()));
  }
  for (const auto& [key, value] : more) request.context.add(key, value);
  return request;
}

void describe_key(api::Call& call, const Named& named, aws::policy::Context& context) {
  const Key& key = named.key;
  context.add("aws:ResourceAccount", key.account.str());
  context.add("kms:KeyOrigin", "AWS_KMS");
  context.add("kms:KeySpec", "SYMMETRIC_DEFAULT");
  context.add("kms:KeyUsage", "ENCRYPT_DECRYPT");
  context.add("kms:MultiRegion", false);
  if (!named.alias.empty()) context.add("kms:RequestAlias", named.alias);
  const std::string prefix = documents::aliases_of(key.id);
  for (const state::Item& item : call.state->list(prefix, "", kAliasesShownMax).items)
    context.add("kms:ResourceAliases", item.key.substr(prefix.size()));
  for (const auto& [name, value] : read_tags(*call.state, key)) context.add("aws:ResourceTag/" + name, value);
}

void describe_context(const EncryptionContext& encryption_context, aws::policy::Context& context) {
  context.add("kms:EncryptionAlgorithm", "SYMMETRIC_DEFAULT");
  for (const auto& [key, value] : encryption_context) {
    context.add("kms:EncryptionContext:" + key, value);
    context.add("kms:EncryptionContextKeys", key);
  }
}

Request request_of(api::Call& call, const Named& named, const Ask& ask) {
  Request request = request_of(call, ask.action, named.key.arn(), ask.more);
  request.resource_account = named.key.account.str();
  describe_key(call, named, request.context);
  if (ask.context != nullptr) describe_context(*ask.context, request.context);
  return request;
}

Decision decide(api::Call& call, const Request& request, const Policy& key_policy) {
  Policies policies = api::policies_of(call);
  policies.resource = &key_policy;
  policies.resource_must_allow = true;
  return aws::policy::decide(request, policies);
}

std::shared_ptr<const Policy> policy_of(api::Call& call, const Key& key) {
  const std::optional<std::string> text = call.state->get(documents::policy(key.id));
  if (!text) throw std::runtime_error("the policy of key " + key.id + " is missing");
  return compiled_policy(*text);
}

std::string_view shown(const api::Call& call) {
  return call.principal.kind == Kind::kService ? call.principal.user_name : call.principal.arn;
}

/// Callers of another account do not learn whether there is such a key.
Error denied(const api::Call& call, const Named& named, const Ask& ask, const Decision& decision) {
  const std::string action = fmt::format("kms:{}", ask.action);
  const bool is_other = call.principal.account != named.key.account;
  const std::string on = is_other && ask.by_ciphertext ? "the resource associated with this ciphertext" : "resource: " + named.key.arn();
  const std::string why = is_other && decision.kind == aws::policy::Kind::kResource
                              ? "because the resource does not exist in this Region, no resource-based policies allow access, or a "
                                "resource-based policy explicitly denies access"
                              : aws::policy::because(decision, action);
  return Error(aws::kAccessDenied, "User: {} is not authorized to perform: {} on {} {}", shown(call), action, on, why);
}

bool identity_allows(api::Call& call, const Request& request) {
  Policies policies = api::policies_of(call);
  Request own = request;
  own.resource_account.clear();  // the caller's side of it alone
  return aws::policy::decide(own, policies).allowed();
}

/// What a grant gives to an account, the caller's own policies must give as well; what it gives to the role of a session, or to the user
/// who federated, boundary and session policies still take away from, as from what a key policy gives to them.
bool gives(api::Call& call, const Request& request, const Permission& permission) {
  if (permission.to_account) return identity_allows(call, request);
  return names(permission.grant.grantee, request.caller) != aws::policy::NamedAs::kBase || limits_allow(call, request);
}

}  // namespace

bool limits_allow(api::Call& call, const Request& request) {
  const Policies own = api::policies_of(call);
  if (request.caller.kind == aws::policy::Caller::Kind::kFederatedUser && own.session.empty()) return false;
  const Policies everything = identity::PolicySet::everything()->policies();
  Request limited = request;
  limited.resource_account.clear();
  return aws::policy::decide(limited, {.identity = everything.identity, .boundary = own.boundary, .session = own.session}).allowed();
}

std::optional<Grant> require(api::Call& call, const Named& named, const Ask& ask) {
  call.is_decided = true;
  const bool is_service = call.principal.kind == Kind::kService;
  if (ask.accounts == Accounts::kOwn && !is_service && call.principal.account != named.key.account)
    throw denied(call, named, ask, {.kind = aws::policy::Kind::kResource});
  const Request request = request_of(call, named, ask);
  const std::shared_ptr<const Policy> policy = policy_of(call, named.key);
  const Decision decision = decide(call, request, *policy);
  if (decision.allowed()) return std::nullopt;
  if (decision.outcome == Decision::Outcome::kImplicitDeny) {
    const GrantAsk grant_ask{request.caller, ask.action, ask.context, call.principal.source_arn};
    std::optional<Permission> permission = find_permission(*call.state, named.key, grant_ask);
    if (permission && gives(call, request, *permission)) return std::move(permission->grant);
  }
  throw denied(call, named, ask, decision);
}

Key open_key(api::Call& call, const Ask& ask) {
  Named named = find_key(call, call.in["KeyId"].get<std::string>(), Names::kKeys);
  require(call, named, ask);
  return std::move(named.key);
}

void require_own(api::Call& call, std::string_view action, const std::string& resource, const ConditionKeys& more) {
  call.is_decided = true;
  Policies policies = api::policies_of(call);
  const Request request = request_of(call, action, resource, more);
  const Decision decision = aws::policy::decide(request, policies);
  if (decision.allowed()) return;
  throw Error(aws::kAccessDenied, "User: {} is not authorized to perform: {} on resource: {} {}", shown(call), request.action, resource,
              aws::policy::because(decision, request.action));
}

bool could_put_policy(api::Call& call, const Key& key, const Policy& policy) {
  const Named named{key, ""};
  const Ask ask{.action = "PutKeyPolicy"};
  return decide(call, request_of(call, named, ask), policy).allowed();
}

bool own_policies_allow(api::Call& call, std::string_view action, const Key& key) {
  return identity_allows(call, request_of(call, Named{key, ""}, Ask{.action = action}));
}

ConditionKeys describe_tags(const Json& tags) {
  ConditionKeys keys;
  for (const Json& tag : tags) {
    const std::string key = tag.value("TagKey", "");
    keys.emplace_back("aws:RequestTag/" + key, tag.value("TagValue", ""));
    keys.emplace_back("aws:TagKeys", key);
  }
  return keys;
}

}  // namespace cairn::kms
