#pragma once
#include <string_view>

#include "services/cloudformation/doing.h"

/// What roles, users and groups have in common: inline policies, managed ones, boundaries.
namespace cairn::cloudformation {

struct IdentityKind {
  std::string_view word;  // Role: PutRolePolicy, RoleName ...
};
inline constexpr IdentityKind kRole{"Role"}, kUser{"User"}, kGroup{"Group"};

/// A call such as PutRolePolicy: `format` is "Put{}Policy"; the name's member is filled in.
Json identity_call(Doing& doing, const IdentityKind& kind, std::string_view before, std::string_view after, const std::string& name,
                   Json in);
/// The same; nullopt: there is no such entity.
std::optional<Json> identity_call_if_there(Doing& doing, const IdentityKind& kind, std::string_view before, std::string_view after,
                                           const std::string& name, Json in);

/// Brings ManagedPolicyArns, Policies and PermissionsBoundary from what they were to what they are.
void set_policies(Doing& doing, const IdentityKind& kind);
/// The same three as they are; `entity`: GetRole's Role, GetUser's User. Of inline policies only those that the property names: others
/// belong to others, as managed ones of this stack do.
void read_policies(Doing& doing, const IdentityKind& kind, const Json& entity);
/// Takes away what stands in the way of its deletion.
void drop_policies(Doing& doing, const IdentityKind& kind);

}  // namespace cairn::cloudformation
