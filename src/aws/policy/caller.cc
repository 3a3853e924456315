#include "aws/policy/caller.h"

#include <algorithm>

#include "aws/policy/pattern.h"
#include "base/text.h"

namespace cairn::aws::policy {
namespace {

using PrincipalKind = Principal::Kind;

const Json* issuer_of(const Principal& principal) {
  if (!principal.session_context) return nullptr;
  const auto issuer = principal.session_context->find("sessionIssuer");
  return issuer != principal.session_context->end() && issuer->is_object() ? &*issuer : nullptr;
}

std::string member(const Json& object, std::string_view name) {
  const auto it = object.find(name);
  return it != object.end() && it->is_string() ? it->get<std::string>() : std::string();
}

/// arn:aws:sts::111122223333:assumed-role/NAME/SESSION comes from arn:aws:iam::111122223333:role/NAME: paths are lost, so the issuer
/// is asked first.
std::string role_arn(const Principal& principal) {
  if (const Json* issuer = issuer_of(principal))
    if (std::string arn = member(*issuer, "arn"); !arn.empty()) return arn;
  const SplitArn arn(principal.arn);
  if (arn.count != 6) return "";
  const std::vector<std::string_view> parts = text::split(arn.parts[5], '/');
  if (parts.size() < 2) return "";
  return fmt::format("arn:{}:iam::{}:role/{}", arn.parts[1], arn.parts[4], parts[1]);
}

bool is_unique_id(std::string_view s) {
  if (s.size() < 16 || s.size() > 128 || (!s.starts_with("AIDA") && !s.starts_with("AROA"))) return false;
  return std::ranges::all_of(s, [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); });
}

bool is_partition(std::string_view s) { return s == "aws" || s.starts_with("aws-"); }

/// What may stand below AWS, but for `*`, account numbers and unique ids.
bool is_principal_arn(const SplitArn& arn) {
  if (arn.count != 6 || arn.parts[0] != "arn" || !is_partition(arn.parts[1]) || !arn.parts[3].empty()) return false;
  const std::string_view account = arn.parts[4], resource = arn.parts[5];
  if (!is_account_id(account) && account != "cloudfront") return false;
  const auto below = [&](std::string_view prefix) { return resource.starts_with(prefix) && resource.size() > prefix.size(); };
  if (arn.parts[2] == "iam") return below("user/") || below("role/");
  if (arn.parts[2] != "sts") return false;
  if (below("federated-user/")) return true;
  return below("assumed-role/") && resource.substr(13).find('/') != std::string_view::npos && !resource.ends_with('/');
}

}  // namespace

std::string_view Caller::shown() const {
  if (kind == Kind::kAnonymous) return "anonymous";
  return arn.empty() ? std::string_view(name) : std::string_view(arn);
}

Caller caller_of(const Principal& principal) {
  Caller caller;
  caller.account = principal.account.str();
  caller.arn = principal.arn;
  caller.unique_id = principal.principal_id.substr(0, principal.principal_id.find(':'));
  switch (principal.kind) {
    case PrincipalKind::kAnonymous:
      return {};
    case PrincipalKind::kRoot:
      caller.kind = Caller::Kind::kRoot;
      break;
    case PrincipalKind::kUser:
      caller.kind = Caller::Kind::kUser;
      break;
    case PrincipalKind::kAssumedRole:
      caller.kind = Caller::Kind::kRoleSession;
      caller.base_arn = role_arn(principal);
      break;
    case PrincipalKind::kFederatedUser:
      caller.kind = Caller::Kind::kFederatedUser;
      if (const Json* issuer = issuer_of(principal)) caller.base_arn = member(*issuer, "arn");
      break;
    case PrincipalKind::kWebIdentity:
      return {.kind = Caller::Kind::kWebIdentity, .name = principal.identity_provider};
    case PrincipalKind::kService:
      return {.kind = Caller::Kind::kService, .name = principal.user_name};
  }
  return caller;
}

void describe_caller(const Principal& principal, Time now, Context& context) {
  const auto add = [&](std::string_view key, std::string value) {
    if (!value.empty()) context.add(key, std::move(value));
  };
  if (principal.kind == PrincipalKind::kAnonymous) {
    context.add("aws:PrincipalAccount", "anonymous");
    context.add("aws:PrincipalType", "Anonymous");
    context.add("aws:userid", "anonymous");
    return;
  }
  context.add("aws:PrincipalIsAWSService", principal.kind == PrincipalKind::kService);
  if (principal.kind == PrincipalKind::kService) {
    add("aws:PrincipalServiceName", principal.user_name);
    add("aws:PrincipalServiceNamesList", principal.user_name);
    add("aws:SourceArn", principal.source_arn);
    add("aws:SourceAccount", principal.source_account.str());
    return;
  }
  if (principal.kind == PrincipalKind::kWebIdentity) return add("aws:FederatedProvider", principal.identity_provider);
  const Caller caller = caller_of(principal);
  add("aws:PrincipalAccount", principal.account.str());
  add("aws:PrincipalArn", caller.kind == Caller::Kind::kRoleSession ? caller.base_arn : principal.arn);
  add("aws:userid", principal.principal_id);
  switch (principal.kind) {
    case PrincipalKind::kRoot:
      context.add("aws:PrincipalType", "Account");
      break;
    case PrincipalKind::kUser:
      context.add("aws:PrincipalType", "User");
      add("aws:username", principal.user_name);
      break;
    case PrincipalKind::kAssumedRole:
      context.add("aws:PrincipalType", "AssumedRole");
      break;
    default:
      context.add("aws:PrincipalType", "FederatedUser");
      break;
  }
  if (!principal.session_context) return;
  add("aws:SourceIdentity", member(*principal.session_context, "sourceIdentity"));
  if (const auto web = principal.session_context->find("webIdFederationData"); web != principal.session_context->end())
    add("aws:FederatedProvider", member(*web, "federatedProvider"));
  const auto attributes = principal.session_context->find("attributes");
  if (attributes == principal.session_context->end() || !attributes->is_object()) return;
  const std::string issued = member(*attributes, "creationDate"), mfa = member(*attributes, "mfaAuthenticated");
  add("aws:TokenIssueTime", issued);
  add("aws:MultiFactorAuthPresent", mfa);
  const std::optional<Time> since = timestamps::parse_iso8601(issued);
  if (mfa == "true" && since)
    add("aws:MultiFactorAuthAge", std::to_string(std::chrono::duration_cast<std::chrono::seconds>(now - *since).count()));
}

std::optional<PrincipalName> PrincipalName::parse(std::string_view type, std::string_view text) {
  if (type == "AWS") {
    if (text == "*") return everyone();
    if (is_account_id(text)) return PrincipalName(Form::kAccount, text);
    if (is_unique_id(text)) return PrincipalName(Form::kUniqueId, text);
    if (text.find_first_of("*?") != std::string_view::npos) return std::nullopt;
    const SplitArn arn(text);
    if (arn.count == 6 && arn.parts[0] == "arn" && is_partition(arn.parts[1]) && arn.parts[2] == "iam" && arn.parts[3].empty() &&
        is_account_id(arn.parts[4]) && arn.parts[5] == "root")
      return PrincipalName(Form::kAccount, arn.parts[4]);
    if (is_principal_arn(arn)) return PrincipalName(Form::kArn, text);
    return std::nullopt;
  }
  if (text.empty() || text.find_first_of("*? ") != std::string_view::npos) return std::nullopt;
  if (type == "Service") {
    if (text.find('.') == std::string_view::npos || text.find('/') != std::string_view::npos) return std::nullopt;
    return PrincipalName(Form::kService, text);
  }
  if (type == "Federated") return PrincipalName(Form::kFederated, text);
  if (type == "CanonicalUser") {
    if (text.size() != 64 || !text::from_hex(text)) return std::nullopt;
    return PrincipalName(Form::kCanonicalUser, text);
  }
  return std::nullopt;
}

NamedAs PrincipalName::names(const Caller& caller) const {
  const bool root = caller.kind == Caller::Kind::kRoot;
  switch (form_) {
    case Form::kEveryone:
      return NamedAs::kDirectly;
    case Form::kAccount:
      if (caller.account.empty() || text_ != caller.account) return NamedAs::kNot;
      return root ? NamedAs::kDirectly : NamedAs::kAccount;
    case Form::kCanonicalUser:
      if (caller.canonical.empty() || text_ != caller.canonical) return NamedAs::kNot;
      return root ? NamedAs::kDirectly : NamedAs::kAccount;
    case Form::kArn:
      if (caller.account.empty()) return NamedAs::kNot;
      if (text_ == caller.arn) return NamedAs::kDirectly;
      return text_ == caller.base_arn ? NamedAs::kBase : NamedAs::kNot;
    case Form::kUniqueId:
      if (caller.unique_id.empty() || text_ != caller.unique_id) return NamedAs::kNot;
      return caller.base_arn.empty() ? NamedAs::kDirectly : NamedAs::kBase;
    case Form::kService:
      return caller.kind == Caller::Kind::kService && text_ == caller.name ? NamedAs::kDirectly : NamedAs::kNot;
    case Form::kFederated:
      return caller.kind == Caller::Kind::kWebIdentity && text_ == caller.name ? NamedAs::kDirectly : NamedAs::kNot;
  }
  return NamedAs::kNot;
}

NamedAs PrincipalNames::find(const Caller& caller) const {
  NamedAs closest = NamedAs::kNot;
  for (const PrincipalName& name : names) closest = std::max(closest, name.names(caller));
  return closest;
}

NamedAs PrincipalNames::applies(const Caller& caller, bool allows) const {
  if (!negated) return find(caller);
  if (allows) return find(caller) == NamedAs::kNot ? NamedAs::kDirectly : NamedAs::kNot;
  const auto named_as = [&](NamedAs how) {
    return std::ranges::any_of(names, [&](const auto& name) { return name.names(caller) == how; });
  };
  const bool has_base = !caller.base_arn.empty();
  const bool has_account = !caller.account.empty() && caller.kind != Caller::Kind::kRoot;
  const bool whole =
      named_as(NamedAs::kDirectly) && (!has_base || named_as(NamedAs::kBase)) && (!has_account || named_as(NamedAs::kAccount));
  return whole ? NamedAs::kNot : NamedAs::kDirectly;
}

}  // namespace cairn::aws::policy
