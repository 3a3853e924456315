#include "api/operation.h"
#include "api/ports.h"
#include "base/text.h"
#include "identity/accounts.h"
#include "services/iam/boundaries.h"
#include "services/iam/entities.h"
#include "services/iam/input.h"
#include "services/iam/last_used.h"
#include "services/iam/policy_document.h"

/// Roles, also those that are linked to a service.
namespace cairn::iam {
namespace {

constexpr size_t kRolesMax = 1000;  // of an account
constexpr std::string_view kLinkedPath = "/aws-service-role/";

/// The services that have a role of their own here.
struct LinkedService {
  std::string_view service, role, description, policy_arn;
};
constexpr LinkedService kLinkedServices[] = {
    {"cloudtrail.amazonaws.com", "AWSServiceRoleForCloudTrail", "Service Linked Role for CloudTrail",
     "arn:aws:iam::aws:policy/aws-service-role/CloudTrailServiceRolePolicy"},
};

void require_new(api::Call& call, const std::string& name) {
  if (identity::find_entity(*call.state, Kind::kRole, call.account, name))
    throw Error(kAlreadyExists, "Role with name {} already exists.", name);
  if (count_below(call, identity::entity_prefix(Kind::kRole, call.account), kRolesMax) == kRolesMax)
    throw over_quota("RolesPerAccount", kRolesMax);
}

void require_own(const Entity& role) {
  if (!role.linked_service.empty())
    throw Error(kUnmodifiable, "Cannot perform the operation on the protected role '{}' - this role is only modifiable by AWS", role.name);
}

int session_seconds(const Json& in) {
  const auto it = in.find("MaxSessionDuration");
  return it != in.end() && it->is_number() ? it->get<int>() : 3600;
}

void create_role(api::Call& call) {
  const std::string name = text_of(call.in, "RoleName"), trust = text_of(call.in, "AssumeRolePolicyDocument");
  require_new(call, name);
  check_trust_policy(call, trust);
  Entity role{.kind = Kind::kRole,
              .account = call.account,
              .name = name,
              .id = identity::new_id(*call.ports->random, "AROA"),
              .path = path_given(call.in),
              .created = call.now};
  if (role.path.starts_with(kLinkedPath))
    throw Error(aws::kValidation, "Path starting with {} is reserved for service linked roles.", kLinkedPath);
  role.trust = trust;
  role.description = text_of(call.in, "Description");
  role.max_session_seconds = session_seconds(call.in);
  add_tags(role.tags, tags_given(call.in));
  if (has(call.in, "PermissionsBoundary")) set_boundary(call, role, text_of(call.in, "PermissionsBoundary"));
  identity::save(*call.state, role);
  call.out["Role"] = show(role, Shown::kDetails);
}

void get_role(api::Call& call) {
  const Entity role = named_entity(call, Kind::kRole);
  Json shown = show(role, Shown::kDetails), used = Json::object();
  if (const std::optional<LastUse> use = call.ports->history != nullptr ? last_use_of_role(call, role.arn()) : std::nullopt)
    used = {{"LastUsedDate", timestamps::iso8601(use->time)}, {"Region", use->region}};
  shown["RoleLastUsed"] = std::move(used);
  call.out["Role"] = std::move(shown);
}

void list_roles(api::Call& call) {
  const std::string path = text_of(call.in, "PathPrefix", "/");
  list_page(call, identity::entity_prefix(Kind::kRole, call.account), "Roles", [&](const state::Item& item) -> std::optional<Json> {
    const Entity role = identity::decode_entity(Kind::kRole, call.account, item.value);
    if (!role.path.starts_with(path)) return std::nullopt;
    return show(role, Shown::kBrief);
  });
}

void update_role(api::Call& call) {
  Entity role = named_entity(call, Kind::kRole);
  require_own(role);
  if (has(call.in, "Description")) role.description = text_of(call.in, "Description");
  if (has(call.in, "MaxSessionDuration")) role.max_session_seconds = session_seconds(call.in);
  identity::save(*call.state, role);
}

void update_role_description(api::Call& call) {
  update_role(call);
  call.out["Role"] = show(named_entity(call, Kind::kRole), Shown::kDetails);
}

void update_assume_role_policy(api::Call& call) {
  Entity role = named_entity(call, Kind::kRole);
  require_own(role);
  const std::string trust = text_of(call.in, "PolicyDocument");
  check_trust_policy(call, trust);
  role.trust = trust;
  identity::save(*call.state, role);
}

void erase(api::Call& call, const Entity& role) {
  if (!role.boundary.empty()) call.state->erase(identity::usage_key(call.account, role.boundary, identity::Usage::kBoundary, role));
  call.state->erase(identity::entity_key(Kind::kRole, call.account, role.name));
}

void delete_role(api::Call& call) {
  const Entity role = named_entity(call, Kind::kRole);
  require_own(role);
  if (count_below(call, identity::role_profile_prefix(call.account, role.name), 1) > 0) throw in_use("remove roles from instance profile");
  if (!role.attached.empty()) throw in_use("detach all policies");
  if (!role.inline_policies.empty()) throw in_use("delete policies");
  erase(call, role);
}

void tag_role(api::Call& call) {
  Entity role = named_entity(call, Kind::kRole);
  add_tags(role.tags, tags_given(call.in));
  identity::save(*call.state, role);
}

void untag_role(api::Call& call) {
  Entity role = named_entity(call, Kind::kRole);
  remove_tags(role.tags, list_of(call.in, "TagKeys"));
  identity::save(*call.state, role);
}

void list_role_tags(api::Call& call) { list_page(call, show_tags(named_entity(call, Kind::kRole).tags), "Tags"); }

/// Differs from AWS: CloudTrail is the one service that has such a role here.
void create_service_linked_role(api::Call& call) {
  const std::string service = text_of(call.in, "AWSServiceName");
  const auto* linked = std::ranges::find(kLinkedServices, service, &LinkedService::service);
  if (linked == std::end(kLinkedServices)) throw Error(kInvalidInput, "Service Linked Role template not found for {}", service);
  if (has(call.in, "CustomSuffix")) throw Error(kInvalidInput, "Custom suffix is not allowed for {}", service);
  const std::string name(linked->role);
  if (identity::find_entity(*call.state, Kind::kRole, call.account, name))
    throw Error(kInvalidInput, "Service role name {} has been taken in this account, please try a different suffix.", name);
  require_new(call, name);
  Entity role{.kind = Kind::kRole,
              .account = call.account,
              .name = name,
              .id = identity::new_id(*call.ports->random, "AROA"),
              .path = fmt::format("{}{}/", kLinkedPath, service),
              .created = call.now};
  role.trust = fmt::format(
      R"({{"Version":"2012-10-17","Statement":[{{"Action":["sts:AssumeRole"],"Effect":"Allow","Principal":{{"Service":["{}"]}}}}]}})",
      service);
  role.description = text_of(call.in, "Description", linked->description);
  role.linked_service = service;
  identity::attach(*call.state, role, linked->policy_arn);
  call.out["Role"] = show(role, Shown::kDetails);
}

/// The role is gone at once; its deletion task is known by the role's name and has always succeeded.
void delete_service_linked_role(api::Call& call) {
  Entity role = named_entity(call, Kind::kRole);
  if (role.linked_service.empty()) throw Error(kInvalidInput, "The role {} is not a service-linked role.", role.name);
  for (const std::string& arn : std::vector(role.attached)) identity::detach(*call.state, role, arn);
  erase(call, role);
  call.out["DeletionTaskId"] = fmt::format("task{}{}/{}", role.path, role.name, call.ports->random->uuid());
}

void get_deletion_status(api::Call& call) {
  const std::string task = text_of(call.in, "DeletionTaskId");
  const std::vector<std::string_view> parts = text::split(task, '/');
  if (parts.size() != 5 || parts[0] != "task") throw Error(kNoSuchEntity, "No deletion task {} was found.", task);
  const bool exists = identity::find_entity(*call.state, Kind::kRole, call.account, parts[3]).has_value();
  call.out["Status"] = exists ? "NOT_STARTED" : "SUCCEEDED";
}

constexpr auto kOperations = std::to_array<api::Operation>({
    {"CreateRole", create_role},
    {"CreateServiceLinkedRole", create_service_linked_role},
    {"DeleteRole", delete_role},
    {"DeleteServiceLinkedRole", delete_service_linked_role},
    {"GetRole", get_role, api::Runs::kPool},
    {"GetServiceLinkedRoleDeletionStatus", get_deletion_status},
    {"ListRoleTags", list_role_tags},
    {"ListRoles", list_roles},
    {"TagRole", tag_role},
    {"UntagRole", untag_role},
    {"UpdateAssumeRolePolicy", update_assume_role_policy},
    {"UpdateRole", update_role},
    {"UpdateRoleDescription", update_role_description},
});

}  // namespace
}  // namespace cairn::iam

namespace cairn::services {
extern const api::Family iam_roles;
const api::Family iam_roles{.service = "iam", .operations = iam::kOperations};
}  // namespace cairn::services
