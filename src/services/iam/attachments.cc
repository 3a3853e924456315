#include "api/operation.h"
#include "identity/accounts.h"
#include "identity/policies.h"
#include "services/iam/boundaries.h"
#include "services/iam/entities.h"
#include "services/iam/input.h"

/// Managed policies at users, groups and roles: attached, or as the boundary of what they may be allowed.
namespace cairn::iam {
namespace {

constexpr size_t kAttachedMax = 10;  // to one

/// Only AWS's own policies and those of the account can be attached.
void require_attachable(api::Call& call, const std::string& arn) {
  const std::optional<identity::IamArn> parts = identity::parse_arn(arn);
  if (!parts || parts->type != "policy") throw Error(aws::kValidation, "Invalid ARN:  Could not be parsed!");
  const bool is_within = parts->account == "aws" || parts->account == call.account.str();
  if (!is_within || !identity::managed_policy_text(*call.state, arn))
    throw Error(kNoSuchEntity, "Policy {} does not exist or is not attachable.", arn);
  if (parts->path.starts_with("/aws-service-role/"))
    throw Error(kPolicyNotAttachable, "Cannot attach a Service Role Policy to a Customer Role.");
}

void require_own(const Entity& entity) {
  if (!entity.linked_service.empty())
    throw Error(kUnmodifiable, "Cannot perform the operation on the protected role '{}' - this role is only modifiable by AWS",
                entity.name);
}

template <Kind kind>
void attach(api::Call& call) {
  const std::string arn = text_of(call.in, "PolicyArn");
  Entity entity = named_entity(call, kind);
  require_own(entity);
  require_attachable(call, arn);
  const bool is_new = std::ranges::find(entity.attached, arn) == entity.attached.end();
  if (is_new && entity.attached.size() >= kAttachedMax)
    throw over_quota(kind == Kind::kUser ? "PoliciesPerUser" : kind == Kind::kGroup ? "PoliciesPerGroup" : "PoliciesPerRole", kAttachedMax);
  identity::attach(*call.state, entity, arn);
}

template <Kind kind>
void detach(api::Call& call) {
  const std::string arn = text_of(call.in, "PolicyArn");
  Entity entity = named_entity(call, kind);
  require_own(entity);
  if (std::ranges::find(entity.attached, arn) == entity.attached.end()) throw Error(kNoSuchEntity, "Policy {} was not found.", arn);
  identity::detach(*call.state, entity, arn);
}

template <Kind kind>
void list(api::Call& call) {
  const std::string path = text_of(call.in, "PathPrefix", "/");
  const Entity entity = named_entity(call, kind);
  Json shown = Json::array();
  for (const Json& policy : show_attached(entity))
    if (identity::parse_arn(policy.at("PolicyArn").get<std::string>())->path.starts_with(path)) shown.push_back(policy);
  list_page(call, shown, "AttachedPolicies");
}

template <Kind kind>
void put_boundary(api::Call& call) {
  Entity entity = named_entity(call, kind);
  require_own(entity);
  set_boundary(call, entity, text_of(call.in, "PermissionsBoundary"));
  identity::save(*call.state, entity);
}

template <Kind kind>
void delete_boundary(api::Call& call) {
  Entity entity = named_entity(call, kind);
  require_own(entity);
  clear_boundary(call, entity);
  identity::save(*call.state, entity);
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"AttachGroupPolicy", attach<Kind::kGroup>},
    {"AttachRolePolicy", attach<Kind::kRole>},
    {"AttachUserPolicy", attach<Kind::kUser>},
    {"DeleteRolePermissionsBoundary", delete_boundary<Kind::kRole>},
    {"DeleteUserPermissionsBoundary", delete_boundary<Kind::kUser>},
    {"DetachGroupPolicy", detach<Kind::kGroup>},
    {"DetachRolePolicy", detach<Kind::kRole>},
    {"DetachUserPolicy", detach<Kind::kUser>},
    {"ListAttachedGroupPolicies", list<Kind::kGroup>},
    {"ListAttachedRolePolicies", list<Kind::kRole>},
    {"ListAttachedUserPolicies", list<Kind::kUser>},
    {"PutRolePermissionsBoundary", put_boundary<Kind::kRole>},
    {"PutUserPermissionsBoundary", put_boundary<Kind::kUser>},
});

}  // namespace
}  // namespace cairn::iam

namespace cairn::services {
extern const api::Family iam_attachments;
const api::Family iam_attachments{.service = "iam", .operations = iam::kOperations};
}  // namespace cairn::services
