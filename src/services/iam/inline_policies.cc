#include "api/operation.h"
#include "services/iam/entities.h"
#include "services/iam/input.h"
#include "services/iam/policy_document.h"

/// Inline policies: part of the user, group or role that they say something about.
namespace cairn::iam {
namespace {

/// The characters of all inline policies of one, without white space.
size_t characters_max(Kind kind) { return kind == Kind::kUser ? 2048 : kind == Kind::kGroup ? 5120 : 10240; }

const char* name_member(Kind kind) { return kind == Kind::kUser ? "UserName" : kind == Kind::kGroup ? "GroupName" : "RoleName"; }

template <Kind kind>
void put(api::Call& call) {
  Entity entity = named_entity(call, kind);
  const std::string text = text_of(call.in, "PolicyDocument");
  check_identity_policy(text);
  entity.inline_policies[text_of(call.in, "PolicyName")] = text;
  size_t characters = 0;
  for (const auto& [name, policy] : entity.inline_policies) characters += counted_size(policy);
  if (characters > characters_max(kind))
    throw Error(kLimitExceeded, "Maximum policy size of {} bytes exceeded for {} {}", characters_max(kind), word_of(kind), entity.name);
  identity::save(*call.state, entity);
}

std::map<std::string, std::string>::iterator find(Entity& entity, const std::string& name) {
  const auto found = entity.inline_policies.find(name);
  if (found == entity.inline_policies.end())
    throw Error(kNoSuchEntity, "The {} policy with name {} cannot be found.", word_of(entity.kind), name);
  return found;
}

template <Kind kind>
void get(api::Call& call) {
  Entity entity = named_entity(call, kind);
  const auto policy = find(entity, text_of(call.in, "PolicyName"));
  call.out = {{name_member(kind), entity.name}, {"PolicyName", policy->first}, {"PolicyDocument", show_document(policy->second)}};
}

template <Kind kind>
void remove(api::Call& call) {
  Entity entity = named_entity(call, kind);
  entity.inline_policies.erase(find(entity, text_of(call.in, "PolicyName")));
  identity::save(*call.state, entity);
}

template <Kind kind>
void list(api::Call& call) {
  Json names = Json::array();
  for (const auto& [name, policy] : named_entity(call, kind).inline_policies) names.push_back(name);
  list_page(call, names, "PolicyNames");
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"DeleteGroupPolicy", remove<Kind::kGroup>},
    {"DeleteRolePolicy", remove<Kind::kRole>},
    {"DeleteUserPolicy", remove<Kind::kUser>},
    {"GetGroupPolicy", get<Kind::kGroup>},
    {"GetRolePolicy", get<Kind::kRole>},
    {"GetUserPolicy", get<Kind::kUser>},
    {"ListGroupPolicies", list<Kind::kGroup>},
    {"ListRolePolicies", list<Kind::kRole>},
    {"ListUserPolicies", list<Kind::kUser>},
    {"PutGroupPolicy", put<Kind::kGroup>},
    {"PutRolePolicy", put<Kind::kRole>},
    {"PutUserPolicy", put<Kind::kUser>},
});

}  // namespace
}  // namespace cairn::iam

namespace cairn::services {
extern const api::Family iam_inline_policies;
const api::Family iam_inline_policies{.service = "iam", .operations = iam::kOperations};
}  // namespace cairn::services
