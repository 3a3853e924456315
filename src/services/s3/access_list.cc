#include "services/s3/access_list.h"

#include <algorithm>
#include <array>

#include "base/check.h"

namespace cairn::s3 {
namespace {

using aws::policy::Caller;
using aws::policy::NamedAs;

constexpr std::string_view kNames[] = {"READ", "WRITE", "READ_ACP", "WRITE_ACP", "FULL_CONTROL"};  // in Permission's order
constexpr std::string_view kLogWriter = "logging.s3.amazonaws.com";

NamedAs names(std::string_view grantee, const Caller& caller) {
  if (grantee == kAllUsers) return NamedAs::kDirectly;
  if (grantee == kAuthenticatedUsers) return caller.account.empty() ? NamedAs::kNot : NamedAs::kAccount;
  if (grantee == kLogDelivery)
    return caller.kind == Caller::Kind::kService && caller.name == kLogWriter ? NamedAs::kDirectly : NamedAs::kNot;
  return !caller.canonical.empty() && grantee == caller.canonical ? NamedAs::kAccount : NamedAs::kNot;
}

bool is_open(std::string_view grantee) { return grantee == kAllUsers || grantee == kAuthenticatedUsers; }

}  // namespace

std::string_view name_of(Permission permission) { return kNames[static_cast<size_t>(permission)]; }

std::optional<Permission> parse_permission(std::string_view name) {
  const auto* at = std::ranges::find(kNames, name);
  if (at == std::end(kNames)) return std::nullopt;
  return static_cast<Permission>(at - std::begin(kNames));
}

bool is_group(std::string_view grantee) { return grantee == kAllUsers || grantee == kAuthenticatedUsers || grantee == kLogDelivery; }

Grants owners_own(std::string_view owner) { return {{std::string(owner), Permission::kFullControl}}; }

bool is_public(const Grants& grants) {
  return std::ranges::any_of(grants, [](const Grant& grant) { return is_open(grant.grantee); });
}

NamedAs gives(const Grants& grants, Permission wanted, const Caller& caller, PublicGrants open_ones) {
  NamedAs best = NamedAs::kNot;
  for (const Grant& grant : grants) {
    if (grant.permission != wanted && grant.permission != Permission::kFullControl) continue;
    if (open_ones == PublicGrants::kIgnored && is_open(grant.grantee)) continue;
    best = std::max(best, names(grant.grantee, caller));
  }
  return best;
}

Json encode(const Grants& grants) {
  Json document = Json::array();
  for (const Grant& grant : grants) document.push_back(Json::array({grant.grantee, name_of(grant.permission)}));
  return document;
}

Grants decode_grants(const Json& document) {
  Grants grants;
  for (const Json& grant : document) {
    const std::optional<Permission> permission = parse_permission(grant.at(1).get_ref<const std::string&>());
    CHECK(permission.has_value());  // we wrote it
    grants.push_back({grant.at(0).get<std::string>(), *permission});
  }
  return grants;
}

Json show_grantee(std::string_view id) {
  if (is_group(id)) return {{"Type", "Group"}, {"URI", id}};
  return {{"ID", id}, {"Type", "CanonicalUser"}};
}

Json show(const Grants& grants) {
  Json shown = Json::array();
  for (const Grant& grant : grants) {
    Json one;
    one["Grantee"] = show_grantee(grant.grantee);
    one["Permission"] = name_of(grant.permission);
    shown.push_back(std::move(one));
  }
  return shown;
}

}  // namespace cairn::s3
